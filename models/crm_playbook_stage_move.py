import logging
from functools import partial

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .engine import as_engine, in_batches, unless_in_the_way
from .lookup import existing

# The first batch is moved while somebody waits for the button; the scheduler moves the
# rest, one transaction a batch.
BATCH = 300

_logger = logging.getLogger(__name__)


class CrmPlaybookStageMove(models.Model):
    """Opportunities that are sent from one stage to another, all for one reason.

    Either those that wait in a stage with nothing left to do, because they are to catch
    up with the stage after it; or all that are in a stage, because it is retired. Who
    was moved is not found again: a move that is broken off goes on where it stopped.
    That of a retired stage stays, for whoever comes into it late: what was under way
    when it was retired, or is opened again.
    """

    _name = "crm.playbook.stage.move"
    _description = "Move to Another Stage"
    _order = "id"

    from_stage_id = fields.Many2one(
        "crm.playbook.stage",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    to_stage_id = fields.Many2one(
        "crm.playbook.stage",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    only_waiting = fields.Boolean(
        readonly=True, help="Only those with nothing left to do in the stage."
    )
    user_id = fields.Many2one(
        "res.users", "Asked By", required=True, readonly=True, ondelete="cascade"
    )
    total = fields.Integer(readonly=True, help="How many there were at first.")
    problem = fields.Char(readonly=True, help="Why somebody could not be moved.")

    @api.model
    def _start(self, **values):
        """Begin a move: the first are moved at once, the scheduler moves the rest."""
        move = as_engine(self).create(values | {"user_id": self.env.uid})
        move.total = move._count_left()
        move._move_batch(move._next_batch())
        if not move._end_if_caught_up():
            self.env.ref("crm_playbook.ir_cron_move_between_stages").sudo()._trigger()

    @api.model
    def _cron_move(self):
        """Go on with what is under way, batch by batch."""
        progress = self.env["ir.cron"]._commit_progress
        moves = as_engine(self).search([])
        progress(remaining=sum(move._count_left() for move in moves))
        for move in moves:
            move.problem = False
            for leads in in_batches(move._next_batch):
                unless_in_the_way(self.env, partial(move._move_batch, leads))
                if not progress(len(leads)):
                    return
            move._end_if_caught_up()

    def _next_batch(self, after=0):
        """Who is to be moved next, in the order of their ids.

        :param int after: an opportunity; those up to it were tried already
        """
        return self.env["crm.lead"].browse(self._query(after, "id", BATCH))

    def _move_batch(self, leads):
        """Move opportunities, but those whom somebody else has at this moment."""
        free = leads.try_lock_for_update(allow_referencing=True)
        try:
            with self.env.cr.savepoint():
                self._move(free)
        except OperationalError:
            raise  # the whole batch is tried again
        except Exception:
            _logger.info("Moved one by one instead", exc_info=True)
            for lead in free:
                self._move_alone(lead)

    def _move_alone(self, lead):
        try:
            with self.env.cr.savepoint():
                self._move(lead)
        except OperationalError:
            raise
        except Exception as error:
            _logger.warning("%s could not be moved", lead, exc_info=True)
            self.problem = f"{lead.display_name}: {error}"

    def _move(self, leads):
        """Enter the new stage; what the old one had planned is cancelled."""
        if not leads:
            return
        quiet = leads.with_user(self.user_id).with_context(tracking_disable=True)
        leads = as_engine(quiet)
        leads._planned_actions().filtered(
            lambda action: action.playbook_stage_id == self.from_stage_id
        )._move_to("cancelled", cancel_reason=self._reason())
        lines = leads._open_lines("moved")
        lines._note(effects=self._reason())
        leads._enter_stage(self.to_stage_id, lines)

    def _end_if_caught_up(self):
        """Nobody catches up any more who comes later.

        :return: whether the move is over
        """
        return self.only_waiting and not self._count_left() and self.unlink()

    def _count_left(self):
        return len(self._query())

    def _query(self, after=0, order=None, limit=None):
        """Who is left to be moved."""
        leads = self.env["crm.lead"].sudo()
        query = leads._search(
            self.from_stage_id._open_domain() & Domain("id", ">", after),
            order=order,
            limit=limit,
        )
        if self.only_waiting:
            query.add_where(leads._has_nothing_to_do())
        return query

    # === WORDS === #

    def _reason(self):
        if self.only_waiting:
            return self.env._("Nothing was left to do in %s.", self.from_stage_id.name)
        return self.env._("Stage %s was retired.", self.from_stage_id.name)

    def _sentence(self):
        """How far it is, as a person would say it; empty where nobody goes."""
        left = self._count_left()
        if not left:
            return ""
        sentence = self.env._(
            "From %(old)s to %(new)s: %(left)s of %(total)s opportunities still go.",
            old=self.from_stage_id.name,
            new=self.to_stage_id.name,
            left=f"{left:,}",
            total=f"{max(self.total, left):,}",
        )
        if not self.problem:
            return sentence
        return self.env._(
            "%(sentence)s Somebody could not: %(problem)s",
            sentence=sentence,
            problem=self.problem,
        )


class CrmPlaybookStage(models.Model):
    """Who is in a stage moves on together: to catch up, or because it is retired."""

    _inherit = "crm.playbook.stage"

    catch_up = fields.Boolean(
        copy=False,
        help="Open opportunities in the stage just before this one, for which nothing "
        "is planned, enter it when it is saved.",
    )

    # === CATCHING UP === #

    @api.model_create_multi
    def create(self, vals_list):
        stages = super().create(vals_list)
        stages._catch_up_unless_later()
        return stages

    def write(self, vals):
        result = super().write(vals)
        if vals.get("catch_up"):
            self._catch_up_unless_later()
        if vals.get("active"):
            moves = self.env["crm.playbook.stage.move"].sudo()
            moves.search([("from_stage_id", "in", self.ids)]).unlink()
        return result

    def _catch_up_unless_later(self):
        """Not while a whole playbook is saved: its order is not known before."""
        if not self.env.context.get("saving_playbook"):
            self._catch_up()

    def _catch_up(self):
        """Bring in who waits before the stages, from the first to the last."""
        asked = self.filtered("catch_up")
        for stage in asked.playbook_id._stages() & asked:
            before = stage._previous()
            if before._waiting_counts():
                self.env["crm.playbook.stage.move"]._start(
                    from_stage_id=before.id, to_stage_id=stage.id, only_waiting=True
                )
        asked.catch_up = False

    # === RETIRING === #

    def retire(self, to_stage_id=None):
        """Archive the stage; who is in it, and the rules that go to it, go elsewhere.

        :param int to_stage_id: another stage of the playbook; needed where somebody is
            in this one, or a rule goes to it
        :raise UserError: when there is no such stage, or one is needed
        """
        self.ensure_one()
        self.check_access("write")
        to_stage = self._checked_replacement(to_stage_id)
        moves = self.env["crm.playbook.stage.move"]
        if to_stage:
            rules = self.with_context(active_test=False)._rules_to_it()
            rules.write({"target_stage_id": to_stage.id})
            under_way = as_engine(moves).search([("to_stage_id", "=", self.id)])
            under_way.to_stage_id = to_stage
        as_engine(self).write({"active": False})
        if to_stage:
            moves._start(from_stage_id=self.id, to_stage_id=to_stage.id)
        return True

    def _checked_replacement(self, to_stage_id):
        if not to_stage_id:
            if self._why_not_archived():
                raise UserError(
                    self.env._(
                        "Choose the stage that takes the place of %s.", self.name
                    )
                )
            return self.browse()
        to_stage = existing(self.env, "crm.playbook.stage", to_stage_id)
        if to_stage not in self.playbook_id._stages() - self:
            raise UserError(
                self.env._(
                    "%(stage)s is not another stage of playbook %(playbook)s.",
                    stage=to_stage.name,
                    playbook=self.playbook_id.name,
                )
            )
        return to_stage

    def _why_not_archived(self):
        moves = self.env["crm.playbook.stage.move"].sudo()
        under_way = moves.search([("to_stage_id", "in", self.ids)])
        if any(move._count_left() for move in under_way):
            return self.env._(
                "Opportunities are under way to stage %s: retire it, which sends them "
                "to another one.",
                self.name,
            )
        return super()._why_not_archived()

    # === WHO WAITS === #

    def _planned_count(self):
        """How many planned tasks are cancelled with the stage."""
        actions = self.env["crm.action"].sudo()
        return actions.search_count(
            Domain("playbook_stage_id", "in", self.ids)
            & Domain("state", "=", "planned")
            & Domain("lead_id", "any", self._open_domain())
        )

    def _waiting_counts(self):
        """How many open opportunities have nothing left to do there, {id: count}."""
        return self._open_counts(self.env["crm.lead"]._has_nothing_to_do())

    def _task_counts(self):
        """For how many the task of the stage is planned, {id: count}."""
        return self._open_counts(
            SQL(
                "EXISTS (SELECT FROM crm_action task WHERE task.lead_id = crm_lead.id"
                " AND task.playbook_stage_id = crm_lead.playbook_stage_id"
                " AND task.planned_by = 'stage' AND task.state = 'planned')"
            )
        )


class CrmPlaybook(models.Model):
    _inherit = "crm.playbook"

    move_notice = fields.Text(compute="_compute_move_notice")

    def _compute_move_notice(self):
        """Who is under way from stage to stage, one sentence a line."""
        moves = self.env["crm.playbook.stage.move"].sudo()
        for playbook in self:
            own = moves.search(
                [("to_stage_id.playbook_id", "in", playbook._origin.ids)]
            )
            playbook.move_notice = "\n".join(
                sentence for move in own if (sentence := move._sentence())
            )

    @api.model_create_multi
    def create(self, vals_list):
        saving = self.with_context(saving_playbook=True)
        playbooks = super(CrmPlaybook, saving).create(vals_list).with_env(self.env)
        playbooks.stage_ids._catch_up()
        return playbooks

    def write(self, vals):
        saving = self.with_context(saving_playbook=True)
        result = super(CrmPlaybook, saving).write(vals)
        if "stage_ids" in vals:
            self.stage_ids._catch_up()
        return result


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model
    def _has_nothing_to_do(self):
        """That nothing is planned, nor about to be; SQL on ``crm_lead``."""
        return SQL(
            "NOT EXISTS (SELECT FROM crm_action task WHERE task.lead_id = crm_lead.id"
            " AND (task.state = 'planned' OR task.skip_pending_since IS NOT NULL))"
        )

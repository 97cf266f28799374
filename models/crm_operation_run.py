import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from . import bulk
from .crm_action_scheduler import _reason_of
from .crm_operation_effects import REASONS
from .engine import CONFLICTS, LOCKED, as_engine, unless_in_the_way

# What costs little beside its rows, and does not keep anybody waiting for long.
BATCH = 1000
# So many are done while somebody waits for the button; the scheduler does more.
AT_ONCE = 300
# When the next round looks again after somebody else.
BUSY_FOR = timedelta(minutes=1)
# For how long it is kept whom a run left out; how many they were stays.
KEPT_DAYS = 90

STATES = [
    ("planned", "Planned"),
    ("running", "Running"),
    ("done", "Done"),
    ("failed", "Failed"),
    ("stopped", "Stopped"),
]
TARGET_STATES = [
    ("waiting", "Waiting"),
    ("done", "Done"),
    ("left_out", "Left Out"),
    ("failed", "Failed"),
]
UNDER_WAY = ("planned", "running")

_logger = logging.getLogger(__name__)


class CrmOperationRun(models.Model):
    """One run of a stored operation: who was found, and what became of each.

    Whom it works on is fixed when it begins. They are done by batches, each one
    transaction that locks its own: workers share a run, and one that is killed leaves
    its batch as it was. Within a batch, where that goes wrong, half of them are done
    and the other half, until the one at fault is alone: it is set aside.
    """

    _name = "crm.operation.run"
    _description = "Run Of A Stored Operation"
    _inherit = ["crm.engine.guarded"]
    _order = "id desc"
    _rec_name = "operation_id"

    _transitions = {
        "planned": {"running", "failed", "stopped"},
        "running": {"done", "failed", "stopped"},
        "stopped": {"running"},
        "done": set(),
        "failed": {"running"},
    }

    operation_id = fields.Many2one(
        "crm.operation",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="operation_id.company_id", store=True)
    state = fields.Selection(STATES, required=True, default="planned", readonly=True)
    user_id = fields.Many2one("res.users", "By", required=True, readonly=True)
    scheduled_for = fields.Datetime(
        readonly=True, help="When it was to begin by its schedule; empty if by hand."
    )
    started_at = fields.Datetime("Began", readonly=True)
    ended_at = fields.Datetime("Ended", readonly=True)
    failure = fields.Char("Why It Failed", readonly=True)
    target_ids = fields.One2many(
        "crm.operation.target", "run_id", "Records", readonly=True
    )
    final_counts = fields.Json(readonly=True)
    found_count = fields.Integer("Found", compute="_compute_counts")
    done_count = fields.Integer("Worked On", compute="_compute_counts")
    left_out_count = fields.Integer("Left Out", compute="_compute_counts")
    failed_count = fields.Integer("Set Aside", compute="_compute_counts")
    waiting_count = fields.Integer("Waiting", compute="_compute_counts")
    left_out_text = fields.Char("Why", compute="_compute_counts")
    progress = fields.Json(compute="_compute_progress")

    _one_at_a_time_index = models.UniqueIndex(
        "(operation_id) WHERE state IN ('planned', 'running')",
        "The operation is running already.",
    )

    _engine_fields = frozenset(
        {
            *("operation_id", "state", "user_id", "scheduled_for", "started_at"),
            *("ended_at", "failure", "final_counts", "target_ids"),
        }
    )

    # === COUNTS === #

    @api.depends("state", "final_counts")
    @api.depends_context("lang")
    def _compute_counts(self):
        labels = self.env["crm.operation.target"]._reason_labels()
        counted = self.filtered(lambda run: not run.final_counts)._counted()
        for run in self:
            counts = run.final_counts or counted[run]
            left_out = counts["left_out"]
            run.done_count = counts["done"]
            run.failed_count = counts["failed"]
            run.waiting_count = counts["waiting"]
            run.left_out_count = sum(left_out.values())
            run.found_count = (
                run.done_count
                + run.failed_count
                + run.waiting_count
                + run.left_out_count
            )
            run.left_out_text = ", ".join(
                f"{labels[reason].lower()}: {count}"
                for reason, count in left_out.items()
            )

    def _counted(self):
        """How many there are by what became of them, {run: counts}."""
        counts = defaultdict(
            lambda: {"done": 0, "failed": 0, "waiting": 0, "left_out": {}}
        )
        rows = (
            self.env["crm.operation.target"]
            .sudo()
            ._read_group(
                [("run_id", "in", self.ids)],
                ["run_id", "state", "reason"],
                ["__count"],
            )
        )
        for run, state, reason, count in rows:
            if state == "left_out":
                counts[run.with_env(self.env)]["left_out"][reason] = count
            else:
                counts[run.with_env(self.env)][state] += count
        return counts

    @api.depends("state", "final_counts")
    def _compute_progress(self):
        """How far it is, for the screen; empty where it does not run."""
        for run in self:
            run.progress = run._progress() if run.state == "running" else {}

    def _progress(self):
        """Counts, and the time left at this pace (seconds; -1 while unknown)."""
        total = self.done_count + self.failed_count + self.waiting_count
        done = total - self.waiting_count
        spent = (fields.Datetime.now() - self.started_at).total_seconds()
        left = spent * self.waiting_count / done if done else -1
        return {"done": done, "total": total, "seconds_left": left}

    # === ACTIONS === #

    def action_stop(self):
        """Stop runs; what was done stays done."""
        self.operation_id.check_access("write")
        self._move_to("stopped", ended_at=fields.Datetime.now())
        return True

    def action_go_on(self):
        """Have stopped and failed runs go on where they stood, by the scheduler."""
        self.operation_id.check_access("write")
        for run in self:
            run.operation_id._check_not_under_way()
            if not run.sudo().started_at:
                run._begin()
            else:
                run._move_to("running", ended_at=False, failure=False)
        self._wake()
        return True

    def action_view_targets(self):
        """Open whom it found, by what became of them."""
        return self._open("crm_operation_target_action", [("run_id", "in", self.ids)])

    def action_view_ledger(self):
        """Open the lines of the ledger that it wrote."""
        own = [("operation_run_id", "in", self.ids)]
        return self._open("crm_transition_action", own)

    def action_view_actions(self):
        """Open the actions that it planned, and those of campaigns it started."""
        own = [("transition_id.operation_run_id", "in", self.ids)]
        return self._open("crm_action_action", own)

    def action_view_leads(self):
        """Open the opportunities that it started or worked on."""
        return self._open(
            "crm_lead_action_open",
            [("transition_ids.operation_run_id", "in", self.ids)],
        )

    @api.model
    def _open(self, name, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(f"crm_playbook.{name}")
        return action | {"domain": domain, "context": {"create": False}}

    # === BEGIN === #

    @api.model
    def _under_way(self, operations=None):
        """The runs that are not over, of these operations or of all."""
        domain = Domain("state", "in", UNDER_WAY)
        if operations is not None:
            domain &= Domain("operation_id", "in", operations.ids)
        return self.search(domain, order="id")

    def _acting(self):
        """The operation as it acts in this run."""
        run = self.sudo()
        return run.operation_id._acting_for(run.user_id)

    def _begin(self):
        """Fix whom it works on: those that the operation finds now.

        Its cost grows with those who are found: one search, a few queries to sort them
        out, one statement to note them.
        """
        operation = self._acting()
        operation._check_ready()
        found = operation._found().with_env(operation.env)
        left_out, _refusals = operation._sort_out(found)
        self._note_targets(operation, found.ids, left_out)
        self._move_to("running", started_at=fields.Datetime.now(), ended_at=False)

    def _note_targets(self, operation, ids, left_out):
        """A row for each; those that wait take turns, where the last run ended."""
        targets = as_engine(self.env["crm.operation.target"])
        turn, turns = targets._turns_taken(operation), []
        for record_id in ids:
            turns.append(turn)
            turn += record_id not in left_out
        pointer = targets._pointer(operation)
        bulk.insert_columns(
            targets,
            {
                pointer: ids,
                "turn": turns,
                "state": ["left_out" if one in left_out else "waiting" for one in ids],
                "reason": [left_out.get(one, False) for one in ids],
            },
            {"run_id": self.id, "operation_id": operation.id},
        )

    # === WORK === #

    def _work_now(self):
        """Do all of it in this transaction."""
        self._begin()
        while targets := self._next_batch():
            self._do(targets)
        self._end_if_over()

    @api.model
    def _cron_run(self):
        """Begin what is due, and go on with what is under way."""
        self.env["crm.operation"]._start_due()
        self._under_way()._run_in_turns()

    def _run_in_turns(self):
        """Do a batch of each run in turn, while there is something to do, and time.

        A run that cannot go on does not keep the others from it.
        """
        progress = self.env["ir.cron"]._commit_progress
        runs = self.sudo()
        progress(remaining=sum(runs.mapped("waiting_count")) + len(runs))
        while runs:
            going_on = runs.browse()
            for run in runs:
                if run._take_turn():
                    going_on += run
                if not progress(1):
                    return
            runs = going_on

    def _take_turn(self):
        """Do what comes next, in a transaction of its own.

        :return: whether something may follow it
        """
        self.env.invalidate_all()
        steps = []
        if not unless_in_the_way(self.env, lambda: steps.append(self._step())):
            self._wake(fields.Datetime.now() + BUSY_FOR)
            return False
        return steps[-1]

    def _step(self):
        if targets := self._next_batch():
            return self._do_or_fail(targets)
        if self.state == "planned":
            return self._begin_or_fail()
        self._end_if_over()
        return False

    def _do_or_fail(self, targets):
        """Do a batch; what is in the way of all of them ends the run."""
        try:
            self._acting()._check_ready()
        except UserError as error:
            self._fail(str(error))
            return False
        self._do(targets)
        return True

    def _begin_or_fail(self):
        try:
            with self.env.cr.savepoint():
                self._begin()
        except CONFLICTS:
            raise  # it is tried again
        except Exception as error:
            _logger.warning("%s could not begin", self, exc_info=True)
            self._fail(_reason_of(error))
            return False
        return True

    def _next_batch(self):
        """Lock the next ones that wait and that nobody else has.

        In the scheduler it is the first statement of its transaction, so that what it
        sees is what there is.
        """
        self.env.flush_all()
        query = SQL(
            "SELECT target.id FROM crm_operation_target target"
            " JOIN crm_operation_run run ON run.id = target.run_id"
            " WHERE run.id = %s AND run.state = 'running'"
            " AND target.state = 'waiting'"
            " ORDER BY target.id LIMIT %s FOR NO KEY UPDATE OF target SKIP LOCKED",
            self.id,
            BATCH,
        )
        self.env.cr.execute(query, log_exceptions=False)
        targets = self.env["crm.operation.target"]
        return targets.browse([target_id for (target_id,) in self.env.cr.fetchall()])

    def _do(self, targets):
        """Do a batch; whatever happens, none of it waits any more."""
        operation = self._acting()
        targets = as_engine(targets.with_env(operation.env))
        try:
            with self.env.cr.savepoint():
                operation._apply(targets)
        except LOCKED:
            raise  # a retry cures it: nobody is at fault
        except Exception as error:
            if len(targets) == 1:
                _logger.warning("%s was set aside", targets, exc_info=True)
                targets._end("failed", failure=_reason_of(error))
                self.env.flush_all()
                return
            _logger.info("%s are done by halves", len(targets), exc_info=True)
            middle = len(targets) // 2
            self._do(targets[:middle])
            self._do(targets[middle:])

    def _end_if_over(self):
        """Done, when nobody waits any more, nor is being worked on."""
        run = self.sudo()
        if run.state != "running" or run.target_ids.search_count(
            [("run_id", "=", self.id), ("state", "=", "waiting")], limit=1
        ):
            return
        counts = run._counted()[run]
        run._move_to("done", ended_at=fields.Datetime.now(), final_counts=counts)

    def _fail(self, reason):
        """The run as a whole cannot be made: its owner is told."""
        run = self.sudo()
        run._move_to("failed", ended_at=fields.Datetime.now(), failure=reason)
        operation = run.operation_id.with_context(lang=run.operation_id.user_id.lang)
        operation.message_post(
            body=self.env._("The operation could not run: %s", reason),
            partner_ids=operation.user_id.partner_id.ids,
            subtype_xmlid="mail.mt_comment",
        )

    @api.model
    def _wake(self, moment=None):
        """Have the scheduler look at once, or then."""
        self.env.ref("crm_playbook.ir_cron_run_operations").sudo()._trigger(moment)


class CrmOperationTarget(models.Model):
    """Whom a run has found, and what became of it."""

    _name = "crm.operation.target"
    _description = "Record Of A Run"
    _inherit = ["crm.engine.guarded"]
    _order = "id"

    run_id = fields.Many2one(
        "crm.operation.run", required=True, readonly=True, ondelete="cascade"
    )
    operation_id = fields.Many2one(
        "crm.operation", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="run_id.company_id")
    partner_id = fields.Many2one(
        "res.partner", "Entity", readonly=True, ondelete="cascade"
    )
    lead_id = fields.Many2one(
        "crm.lead", "Opportunity", readonly=True, ondelete="cascade"
    )
    turn = fields.Integer(
        readonly=True, help="The how-manieth it is that the operation works on."
    )
    state = fields.Selection(
        TARGET_STATES, required=True, default="waiting", readonly=True
    )
    reason = fields.Selection(REASONS, readonly=True, help="Why it was left out.")
    failure = fields.Char("What Went Wrong", readonly=True)
    transition_id = fields.Many2one(
        "crm.transition",
        "Ledger Line",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    effects = fields.Text(related="transition_id.effects", string="What Followed")

    _run_index = models.Index("(run_id, state, id) INCLUDE (reason)")
    # These find who was done before too.
    _partner_index = models.Index(
        "(partner_id, operation_id) WHERE partner_id IS NOT NULL"
    )
    _lead_index = models.Index("(lead_id, operation_id) WHERE lead_id IS NOT NULL")

    _engine_fields = frozenset(
        {
            *("run_id", "operation_id", "partner_id", "lead_id", "turn"),
            *("state", "reason", "failure", "transition_id"),
        }
    )

    @api.depends("partner_id", "lead_id")
    def _compute_display_name(self):
        for target in self:
            target.display_name = target._worked_on().sudo().display_name

    def _worked_on(self):
        """What the operation looked at: opportunities, else entities."""
        return self.lead_id or self.partner_id

    def _entity(self):
        return self._worked_on()._entity_of_operation()

    @api.model
    def _reason_labels(self):
        """{reason: as the user reads it}."""
        return dict(self._fields["reason"]._description_selection(self.env))

    def _key(self):
        """What makes its ledger line the only one: for a run, or for all of them."""
        operation, record = self.operation_id, self._worked_on()
        scope = record._name if operation.repeat == "once" else self.run_id.id
        return f"operation/{operation.id}/{scope}/{record.id}"

    def _end(self, state, **values):
        if self:
            as_engine(self).write({"state": state, **values})

    @api.model
    def _pointer(self, operation):
        """By which field it points at what the operation looks at."""
        return "lead_id" if operation.looks_at == "crm.lead" else "partner_id"

    @api.model
    def _done_before(self, operation, records):
        """Which of the records a run of the operation has worked on, as ids."""
        pointer = self._pointer(operation)
        rows = self.sudo()._read_group(
            [
                ("operation_id", "=", operation.id),
                (pointer, "in", records.ids),
                ("state", "=", "done"),
            ],
            [pointer],
        )
        return [record.id for (record,) in rows]

    @api.model
    def _turns_taken(self, operation):
        """How many the operation has worked on so far."""
        done = [("operation_id", "=", operation.id), ("state", "=", "done")]
        return self.sudo().search_count(done)

    @api.autovacuum
    def _gc_left_out(self):
        """Forget whom runs have left out that ended long ago; their counts stay."""
        before = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.env["crm.operation.run"].search(
            [("final_counts", "!=", False), ("ended_at", "<", before)]
        )
        as_engine(self).search(
            [("run_id", "in", old.ids), ("state", "=", "left_out")]
        ).unlink()


class CrmOperation(models.Model):
    """How an operation is run: by a button, from outside, or by its schedule."""

    _inherit = "crm.operation"

    run_count = fields.Integer(compute="_compute_runs")
    last_run_id = fields.Many2one("crm.operation.run", compute="_compute_runs")
    last_run_at = fields.Datetime("Last Began", compute="_compute_runs")
    last_run_state = fields.Selection(
        STATES, "How The Last Ended", compute="_compute_runs"
    )
    last_done_count = fields.Integer("Worked On Last", compute="_compute_runs")

    @api.depends("run_ids.state")
    def _compute_runs(self):
        rows = self.env["crm.operation.run"]._read_group(
            [("operation_id", "in", self.ids)],
            ["operation_id"],
            ["__count", "id:max"],
        )
        runs = {operation.id: of_it for operation, *of_it in rows}
        for operation in self:
            count, latest = runs.get(operation._origin.id, (0, False))
            last = self.env["crm.operation.run"].browse(latest or ())
            operation.run_count, operation.last_run_id = count, last
            operation.last_run_at = last.started_at
            operation.last_run_state = last.state
            operation.last_done_count = last.done_count

    # === CONTRACT === #

    def run(self):
        """Run the operation now.

        A few hundred are done at once; of more, whatever else is to do is left to the
        scheduler, whose progress the run tells.

        :return: id of the run
        :rtype: int
        :raise UserError: when it cannot run as things are, or is running already
        """
        self.ensure_one()
        self.check_access("write")
        self._check_ready()
        run = self._plan_run(self.env.user)
        if len(self._found(limit=AT_ONCE + 1)) > AT_ONCE:
            run._wake()
        else:
            run._work_now()
        return run.id

    def _plan_run(self, user, **values):
        self._check_not_under_way()
        values |= {"operation_id": self.id, "user_id": user.id}
        run = as_engine(self.env["crm.operation.run"]).create(values)
        return run.with_env(self.env)

    # === ACTIONS === #

    def action_run(self):
        """Run it and open the run."""
        run = self.env["crm.operation.run"].browse(self.run())
        return run.get_formview_action()

    def action_view_runs(self):
        """Open its runs."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_playbook.crm_operation_run_action"
        )
        return action | {"domain": [("operation_id", "in", self.ids)]}

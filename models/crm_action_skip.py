from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain

from .engine import as_engine, in_batches, unless_in_the_way
from .event import Event

BATCH = 500
# Of what a rule does, all that a message does which was not sent.
EFFECTS_OF_SKIPPING = ["move", "task"]


class CrmAction(models.Model):
    """How an opportunity goes on when its message is skipped.

    A skipped message is cancelled, and the way goes on as though it had been sent: the
    rule that would have answered moves the opportunity and plans its next task, but
    gives no status and no points. That happens in batches; until its own is reached,
    a message keeps the moment at which it was skipped.
    """

    _inherit = "crm.action"

    skip_pending_since = fields.Datetime(
        readonly=True,
        copy=False,
        help="When it was skipped; empty as soon as its opportunity has gone on.",
    )

    _skip_pending_index = models.Index(
        "(crm_campaign_id, id) WHERE skip_pending_since IS NOT NULL"
    )

    def _move_to(self, state, **values):
        """Who plans a skipped message again decides anew what follows from it."""
        if any(action.skip_pending_since for action in self):
            values["skip_pending_since"] = False
        return super()._move_to(state, **values)

    @api.model
    def _cron_answer_skipped(self):
        """Let the opportunities of skipped messages go on, batch by batch."""
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=self.search_count(self._skip_pending_domain()))
        for pending in in_batches(partial(self._skip_pending, BATCH)):
            if not unless_in_the_way(self.env, pending._answer_skipped):
                self._go_on_later()
            if not progress(len(pending)):
                return

    def _answer_skipped(self):
        """Let the opportunities of skipped messages go on, unless somebody does it."""
        free = as_engine(self.try_lock_for_update(allow_referencing=True))
        self.env["crm.playbook.rule"]._tell_all(
            [action._skip_event() for action in free]
        )
        free.write({"skip_pending_since": False})

    @api.model
    def _skip_pending(self, limit, after=0):
        """The next skipped messages whose opportunities have not gone on."""
        domain = Domain("id", ">", after) & self._skip_pending_domain()
        return self.search(domain, limit=limit, order="id")

    @api.model
    def _skip_pending_domain(self):
        return Domain("skip_pending_since", "!=", False)

    def _skip_event(self):
        return Event.of_action(
            "skipped",
            self,
            key=f"skipped/{self.id}/{self.skip_pending_since:%Y%m%dT%H%M%S}",
            counts_as=self.action_type_id.sent_outcome_id,
        )

    @api.model
    def _go_on_later(self):
        self.env.ref("crm_playbook.ir_cron_answer_skipped").sudo()._trigger()


class CrmPlaybookRule(models.Model):
    _inherit = "crm.playbook.rule"

    @api.model
    def _effects(self, trigger):
        effects = super()._effects(trigger)
        if trigger != "skipped":
            return effects
        return [name for name in effects if name in EFFECTS_OF_SKIPPING]

    @api.model
    def _comes_too_late(self, event):
        """A message skipped in one stay says nothing of the next ones."""
        return super()._comes_too_late(event) or (
            event.trigger == "skipped"
            and event.action.stage_visit not in (0, event.journey.stage_visit)
        )

    def _attempts_made(self, event):
        """A skipped message counts as though it had been sent."""
        return super()._attempts_made(event) + (event.trigger == "skipped")

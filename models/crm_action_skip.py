import logging

from odoo import api, fields, models

from .engine import CONFLICTS, as_engine
from .event import Event

BATCH = 500
# Of what a rule does, all that a message does which was not sent.
EFFECTS_OF_SKIPPING = ["move", "task"]

_logger = logging.getLogger(__name__)


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
        while answered := self._answer_skipped_if_free():
            if not progress(answered):
                return

    @api.model
    def _answer_skipped_if_free(self):
        """A batch; nothing where somebody else is in the way, who is let through.

        :return: how many were answered
        """
        try:
            answered = len(self._answer_skipped())
            self.env.flush_all()
        except CONFLICTS as conflict:
            _logger.info("Skipped messages wait: %s", conflict)
            self.env.cr.rollback()
            self._go_on_later()
            return 0
        return answered

    @api.model
    def _answer_skipped(self, limit=BATCH):
        """Let the opportunities of the next skipped messages go on.

        :return: the messages that were answered, none when nothing is left
        """
        pending = self.search(self._skip_pending_domain(), limit=limit, order="id")
        taken = as_engine(pending.try_lock_for_update())
        self.env["crm.playbook.rule"]._tell_all(
            [action._skip_event() for action in taken]
        )
        taken.write({"skip_pending_since": False})
        return taken

    @api.model
    def _skip_pending_domain(self):
        return [("skip_pending_since", "!=", False)]

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

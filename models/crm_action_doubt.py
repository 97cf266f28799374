from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class CrmAction(models.Model):
    """Actions whose message may or may not have arrived: a person decides.

    The mark is on the trace of the message (see ``outbox.py``).
    """

    _inherit = "crm.action"

    is_in_doubt = fields.Boolean(
        "In Doubt",
        compute="_compute_is_in_doubt",
        search="_search_is_in_doubt",
        help="Its message was handed over, but no answer came: it may or may not have "
        "arrived.",
    )
    in_doubt_since = fields.Datetime(compute="_compute_is_in_doubt")

    @api.depends("mailing_trace_ids.trace_status", "mailing_trace_ids.failure_type")
    def _compute_is_in_doubt(self):
        self.is_in_doubt = False
        self.in_doubt_since = False
        for trace in self._traces_in_doubt():
            trace.crm_action_id.is_in_doubt = True
            trace.crm_action_id.in_doubt_since = trace.write_date

    def _search_is_in_doubt(self, operator, value):
        if operator != "in":
            return NotImplemented
        traces = self.env["mailing.trace"].sudo()
        doubtful = traces._search(traces._in_doubt_domain())
        return Domain("id", "in", doubtful.subselect("crm_action_id"))

    # === CONTRACT === #

    def confirm_sent(self):
        """Say of messages in doubt that they were sent; they count as sent then.

        :raise UserError: when none of the actions is in doubt, or one of their messages
            is being sent at this moment
        """
        doubtful = self._take_doubtful()
        doubtful._traces_in_doubt()._settle()
        for messages in doubtful._messages():
            messages._settle()
        doubtful._note_decision("confirmed_sent", self.env._("It counts as sent."))
        return True

    def send_again(self):
        """Send messages in doubt once more: the same ones go back into Odoo's queues.

        :raise UserError: when none of the actions is in doubt, or one of their messages
            is being sent at this moment, or was deleted
        """
        doubtful = self._take_doubtful()
        doubtful._check_messages_exist()
        for messages in doubtful._messages():
            messages._queue_again()
        doubtful._note_decision("sent_again", self.env._("It is sent once more."))
        return True

    # === THE DOUBT === #

    def _take_doubtful(self):
        """The actions in doubt, for the one person who is first to decide."""
        self.check_access("write")
        doubtful = self.filtered("is_in_doubt")
        if not doubtful:
            raise UserError(self.env._("Nothing of this is in doubt any more."))
        traces = doubtful._traces_in_doubt()
        for trace in traces - traces._hold():
            raise UserError(
                self.env._(
                    "%s is being sent at this moment: wait until it is known what "
                    "became of it.",
                    trace.crm_action_id.display_name,
                )
            )
        return doubtful

    def _traces_in_doubt(self):
        traces = self.sudo().mailing_trace_ids
        return traces.filtered_domain(traces._in_doubt_domain())

    def _messages(self):
        """The messages of the actions: the mails, then the SMS."""
        own = Domain("crm_action_id", "in", self.ids)
        for name in ("mail.mail", "sms.sms"):
            if messages := self.env[name].sudo().search(own):
                yield messages

    def _check_messages_exist(self):
        kept = {action.id for m in self._messages() for action in m.crm_action_id}
        for action in self.filtered(lambda action: action.id not in kept):
            raise UserError(
                self.env._(
                    "The message of %s was deleted: plan another action instead.",
                    action.display_name,
                )
            )

    def _note_decision(self, trigger, effects):
        """Leave in the ledger who decided, and what."""
        self.env["crm.transition"]._open_all(
            trigger,
            {
                "lead_id": [action.lead_id.id for action in self.sudo()],
                "action_id": self.ids,
            },
            user_id=self.env.uid,
            effects=effects,
        )


class CrmCampaign(models.Model):
    """How many messages of a campaign are in doubt."""

    _inherit = "crm.campaign"

    in_doubt_count = fields.Integer(
        "Messages in Doubt", compute="_compute_in_doubt_count"
    )

    def _compute_in_doubt_count(self):
        counts = dict(
            self.env["crm.action"]
            .sudo()
            ._read_group(
                [("crm_campaign_id", "in", self.ids), ("is_in_doubt", "=", True)],
                ["crm_campaign_id"],
                ["__count"],
            )
        )
        for campaign in self:
            campaign.in_doubt_count = counts.get(campaign, 0)

from odoo import fields, models

from .event import Event

# What the recipient did, by the status that Odoo gives the trace.
STATUS_TRIGGERS = {"open": "mail_opened", "reply": "mail_replied"}
# What is wrong on the sender's side says nothing of the recipient.
OWN_FAULTS = {
    "unknown",
    "in_doubt",
    "mail_smtp",
    "mail_from_invalid",
    "mail_from_missing",
    "sms_credit",
    "sms_server",
    "sms_acc",
    "sms_registration_needed",
    "twilio_authentication",
    "twilio_callback",
    "twilio_from_missing",
    "twilio_from_to",
}


class MailingTrace(models.Model):
    """Source of the mail events (and, by ``event_sms``, of SMS): Odoo's traces."""

    _inherit = "mailing.trace"

    crm_action_id = fields.Many2one(
        "crm.action", "Action", copy=False, ondelete="set null"
    )

    def write(self, vals):
        result = super().write(vals)
        for trace in self.sudo().filtered("crm_action_id"):
            for trigger in trace._triggers(vals):
                event = Event.of_action(trigger, trace.crm_action_id)
                self.env["crm.playbook.rule"]._tell(event)
        return result

    def _triggers(self, vals):
        """What just happened, as far as rules may answer it."""
        triggers = []
        status = vals.get("trace_status")
        if vals.get("links_click_datetime"):
            triggers.append("mail_clicked")
        if status in STATUS_TRIGGERS and self.trace_type == "mail":
            triggers.append(STATUS_TRIGGERS[status])
        if status in ("bounce", "error") and self.failure_type not in OWN_FAULTS:
            triggers.append(self._failure_trigger())
        return triggers

    def _failure_trigger(self):
        return "mail_bounced"


class MailingMailing(models.Model):
    """One mailing for each campaign and stage: where Odoo counts what was sent."""

    _inherit = "mailing.mailing"

    crm_campaign_id = fields.Many2one(
        "crm.campaign", "Playbook Campaign", readonly=True, ondelete="cascade"
    )
    playbook_stage_id = fields.Many2one(
        "crm.playbook.stage", readonly=True, ondelete="set null"
    )
    crm_action_type_id = fields.Many2one(
        "crm.action.type", readonly=True, ondelete="restrict"
    )

    _one_per_stage_index = models.UniqueIndex(
        "(COALESCE(crm_campaign_id, 0), COALESCE(playbook_stage_id, 0), "
        "crm_action_type_id) WHERE crm_action_type_id IS NOT NULL"
    )

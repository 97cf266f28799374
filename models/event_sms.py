from odoo import models


class MailingTrace(models.Model):
    """Source of ``sms_failed``: the trace of an SMS that could not be delivered."""

    _inherit = "mailing.trace"

    def _failure_trigger(self):
        return "sms_failed" if self.trace_type == "sms" else super()._failure_trigger()

from odoo import models

from .rehearsal import is_rehearsing


class MailThread(models.AbstractModel):
    """What is only rehearsed is told to nobody's devices, which Odoo tells at once."""

    _inherit = "mail.thread"

    def _notify_thread_by_web_push(self, *args, **kwargs):
        if is_rehearsing(self.env.cr):
            return None
        return super()._notify_thread_by_web_push(*args, **kwargs)

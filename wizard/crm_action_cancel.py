from odoo import fields, models


class CrmActionCancel(models.TransientModel):
    """Ask why actions are cancelled."""

    _name = "crm.action.cancel"
    _description = "Cancel Actions"
    _inherit = ["crm.action.wizard"]

    reason = fields.Char()

    def action_cancel(self):
        self.action_ids.cancel(self.reason)
        return {"type": "ir.actions.act_window_close"}

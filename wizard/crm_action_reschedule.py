from odoo import fields, models


class CrmActionReschedule(models.TransientModel):
    """Ask for the new date of actions."""

    _name = "crm.action.reschedule"
    _description = "Re-plan Actions"
    _inherit = ["crm.action.wizard"]

    date = fields.Datetime("New Date", required=True)

    def action_reschedule(self):
        self.action_ids.reschedule(self.date)
        return {"type": "ir.actions.act_window_close"}

from odoo import fields, models


class CrmActionReassign(models.TransientModel):
    """Ask to whom actions are given."""

    _name = "crm.action.reassign"
    _description = "Reassign Actions"
    _inherit = ["crm.action.wizard"]

    user_id = fields.Many2one(
        "res.users", "Give To", required=True, domain=[("share", "=", False)]
    )

    def action_reassign(self):
        self.action_ids.reassign(self.user_id.id)
        return {"type": "ir.actions.act_window_close"}

from odoo import fields, models


class CrmLeadStartPlaybook(models.TransientModel):
    """Ask which playbook opportunities begin."""

    _name = "crm.lead.start.playbook"
    _description = "Start Playbook"

    lead_ids = fields.Many2many(
        "crm.lead",
        required=True,
        default=lambda self: self.env.context.get("active_ids"),
    )
    playbook_id = fields.Many2one("crm.playbook", required=True)
    stage_line = fields.Json(related="playbook_id.stage_line")

    def action_start(self):
        self.lead_ids.start_playbook(self.playbook_id.id)
        return {"type": "ir.actions.act_window_close"}

from odoo import fields, models


class CrmLeadGoToStage(models.TransientModel):
    """Ask to which stage of its playbook an opportunity goes."""

    _name = "crm.lead.go.to.stage"
    _description = "Go to Stage"

    lead_id = fields.Many2one(
        "crm.lead",
        required=True,
        default=lambda self: self.env.context.get("active_id"),
    )
    playbook_id = fields.Many2one(related="lead_id.playbook_id")
    current_stage_id = fields.Many2one(
        related="lead_id.playbook_stage_id", string="Now"
    )
    stage_id = fields.Many2one("crm.playbook.stage", "Go To", required=True)

    def action_go(self):
        self.lead_id.go_to_stage(self.stage_id.id)
        return {"type": "ir.actions.act_window_close"}

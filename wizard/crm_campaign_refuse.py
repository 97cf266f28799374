from odoo import fields, models


class CrmCampaignRefuse(models.TransientModel):
    """Ask why a campaign is refused."""

    _name = "crm.campaign.refuse"
    _description = "Refuse Campaign"

    campaign_id = fields.Many2one(
        "crm.campaign",
        required=True,
        default=lambda self: self.env.context.get("active_id"),
    )
    reason = fields.Text(required=True)

    def action_refuse(self):
        """Refuse the campaign for this reason."""
        return self.campaign_id.action_refuse(self.reason)

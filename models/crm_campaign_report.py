from odoo import fields, models


class CrmCampaignReport(models.AbstractModel):
    """What the reports on campaigns share: whose a row is, where, of what and when.

    The reports are queries, not tables.
    """

    _name = "crm.campaign.report"
    _inherit = ["crm.ratios"]
    _description = "Report on Campaigns"

    crm_campaign_id = fields.Many2one("crm.campaign", "Campaign", readonly=True)
    playbook_id = fields.Many2one("crm.playbook", readonly=True)
    playbook_stage_id = fields.Many2one("crm.playbook.stage", "Stage", readonly=True)
    segment_id = fields.Many2one("crm.segment", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", readonly=True)
    date = fields.Date(readonly=True, help="When it happened, where the company is.")
    company_id = fields.Many2one("res.company", readonly=True)

    def _opened(self, action, domain, context=None):
        """A window action with these records; lists come first."""
        action = self.env["ir.actions.act_window"]._for_xml_id(action)
        return action | {
            "views": sorted(action["views"], key=lambda view: view[1] != "list"),
            "domain": list(domain),
            "context": context or {},
        }

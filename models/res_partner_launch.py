from odoo import fields, models

from .lookup import existing


class ResPartner(models.Model):
    """Entities are found by what launching a campaign would do with them."""

    _inherit = "res.partner"

    crm_launch = fields.Char(
        "What a Launch Would Do",
        compute="_compute_crm_launch",
        search="_search_crm_launch",
        help="To be searched only: the id of a campaign and “entering”, or why it "
        "would leave somebody out, such as 7/unwilling.",
    )

    def _compute_crm_launch(self):
        self.crm_launch = False

    def _search_crm_launch(self, operator, value):
        if operator != "in" or len(value) != 1:
            return NotImplemented
        campaign_id, _slash, place = next(iter(value)).partition("/")
        campaign = existing(self.env, "crm.campaign", int(campaign_id))
        campaign.check_access("write")
        return campaign._launch_domain(place)

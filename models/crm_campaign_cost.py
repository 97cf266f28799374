from odoo import api, fields, models

from .crm_action_type import MONEY_GROUPS


class CrmCampaignCost(models.Model):
    """What a campaign costs on a day, whatever is done.

    Bills come late: costs of closed campaigns are entered as well.
    """

    _name = "crm.campaign.cost"
    _description = "Fixed Cost"
    _order = "date desc, id desc"

    crm_campaign_id = fields.Many2one(
        "crm.campaign", "Campaign", required=True, index=True, ondelete="cascade"
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    kind_id = fields.Many2one("crm.cost.kind", required=True, ondelete="restrict")
    name = fields.Char(
        "What For",
        required=True,
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
    )
    amount = fields.Monetary(
        required=True, help="Without tax. What was given back is negative."
    )
    company_id = fields.Many2one(related="crm_campaign_id.company_id", store=True)
    currency_id = fields.Many2one(related="crm_campaign_id.currency_id")

    @api.depends("kind_id")
    def _compute_name(self):
        for cost in self:
            cost.name = cost.name or cost.kind_id.name


class CrmCampaign(models.Model):
    """The fixed costs of a campaign, as lines and as one sum."""

    _inherit = "crm.campaign"

    cost_ids = fields.One2many(
        "crm.campaign.cost",
        "crm_campaign_id",
        "Fixed Costs",
        copy=True,
        groups=MONEY_GROUPS,
    )
    fixed_cost = fields.Monetary(
        compute="_compute_fixed_cost",
        inverse="_inverse_fixed_cost",
        store=True,
        tracking=True,
        groups=MONEY_GROUPS,
        help="What the campaign costs whatever is done. Giving another sum adds a line "
        "with the difference.",
    )

    @api.depends("cost_ids.amount")
    def _compute_fixed_cost(self):
        for campaign in self:
            campaign.fixed_cost = sum(campaign.cost_ids.mapped("amount"))

    def _inverse_fixed_cost(self):
        """Nothing of what was there is lost: the difference is a line of its own."""
        lines = []
        for campaign in self:
            listed = sum(campaign.cost_ids.mapped("amount"))
            difference = campaign.fixed_cost - listed
            if not campaign.currency_id.is_zero(difference):
                lines.append(campaign._cost_of_one_sum(difference))
        self.env["crm.campaign.cost"].create(lines)

    def _cost_of_one_sum(self, amount):
        return {
            "crm_campaign_id": self.id,
            "date": self.date_start or self._today(),
            "kind_id": self.env["crm.cost.kind"]._other().id,
            "amount": amount,
        }

    def _today(self):
        """Which day it is where the campaign's days begin."""
        return fields.Datetime.now().astimezone(self._zone()).date()

    def copy_data(self, default=None):
        """The costs of a copy lie as far from its start as those of the original."""
        vals_list = super().copy_data(default)
        for campaign, values in zip(self, vals_list, strict=True):
            campaign._move_costs(values)
        return vals_list

    def _move_costs(self, values):
        costs = [cost for _command, _id, cost in values.get("cost_ids", ())]
        if not costs:
            return
        start = fields.Date.to_date(values.get("date_start")) or self._today()
        distance = start - (self.date_start or min(cost["date"] for cost in costs))
        for cost in costs:
            cost["date"] += distance

from odoo import api, fields, models
from odoo.tools import SQL

from . import sale_money
from .crm_action_type import MONEY_GROUPS


class CrmCampaign(models.Model):
    """What a campaign cost and brought, in its company's currency.

    Figures are of the whole campaign, whoever looks: they are counted with the rights
    of the system, and shown to those who may see the campaign.
    """

    _inherit = "crm.campaign"

    budget = fields.Monetary(tracking=True, groups=MONEY_GROUPS)
    opportunity_count = fields.Integer(
        "Number of Opportunities", compute="_compute_figures"
    )
    open_count = fields.Integer("Open", compute="_compute_figures")
    won_count = fields.Integer("Won", compute="_compute_figures")
    lost_count = fields.Integer("Lost", compute="_compute_figures")
    conversion = fields.Float(
        compute="_compute_figures", help="Won opportunities of all."
    )
    planned_action_count = fields.Integer("Planned Actions", compute="_compute_figures")
    done_action_count = fields.Integer("Actions Done", compute="_compute_figures")
    failed_action_count = fields.Integer("Failed Actions", compute="_compute_figures")
    action_cost = fields.Monetary(
        groups=MONEY_GROUPS,
        compute="_compute_figures",
        help="What the done actions cost, at the marginal cost of their types at the "
        "time.",
    )
    order_count = fields.Integer("Orders", compute="_compute_revenue")
    ordered = fields.Monetary(
        groups=MONEY_GROUPS,
        compute="_compute_revenue",
        help="Confirmed orders of the opportunities, without tax.",
    )
    refunded = fields.Monetary(
        groups=MONEY_GROUPS,
        compute="_compute_revenue",
        help="What was credited of these orders and not invoiced again, without tax.",
    )
    revenue = fields.Monetary(
        groups=MONEY_GROUPS,
        compute="_compute_revenue",
        help="What is ordered less what is refunded.",
    )
    invoiced = fields.Monetary(
        groups=MONEY_GROUPS,
        compute="_compute_revenue",
        help="Posted invoices of these orders less refunds, without tax.",
    )
    paid = fields.Monetary(
        groups=MONEY_GROUPS,
        compute="_compute_revenue",
        help="The paid share of these invoices, without tax.",
    )
    cost = fields.Monetary(
        groups=MONEY_GROUPS,
        compute="_compute_roi",
        help="Fixed cost and the cost of what was done.",
    )
    roi = fields.Float(
        "ROI",
        groups=MONEY_GROUPS,
        compute="_compute_roi",
        digits=(16, 4),
        help="(Revenue - cost) / cost. Not defined while there is no cost.",
    )
    is_roi_defined = fields.Boolean(compute="_compute_roi", groups=MONEY_GROUPS)

    @api.depends(
        "lead_ids.won_status",
        "action_ids.state",
        "action_ids.cost",
        "action_ids.corrected_by_id",
    )
    def _compute_figures(self):
        figures = self.env["crm.campaign.figure"].sudo()._by_campaign(self)
        for campaign in self:
            campaign.update(figures[campaign])
            campaign.conversion = (
                campaign.won_count / campaign.opportunity_count
                if campaign.opportunity_count
                else 0.0
            )

    @api.depends("lead_ids.order_ids.invoice_ids.payment_state")
    def _compute_revenue(self):
        sold = self._sums_of_orders(
            sale_money.sale_lines(),
            "sum(part.orders), sum(part.ordered), sum(part.refunded), "
            "sum(part.revenue)",
        )
        billed = self._sums_of_orders(
            sale_money.invoice_lines(), "sum(part.invoiced), sum(part.paid)"
        )
        for campaign in self:
            (
                campaign.order_count,
                campaign.ordered,
                campaign.refunded,
                campaign.revenue,
            ) = sold.get(campaign.id, (0, 0.0, 0.0, 0.0))
            campaign.invoiced, campaign.paid = billed.get(campaign.id, (0.0, 0.0))

    @api.depends("fixed_cost", "action_cost", "revenue")
    def _compute_roi(self):
        for campaign in self:
            campaign.cost = campaign.fixed_cost + campaign.action_cost
            campaign.is_roi_defined = not campaign.currency_id.is_zero(campaign.cost)
            campaign.roi = (
                (campaign.revenue - campaign.cost) / campaign.cost
                if campaign.is_roi_defined
                else 0.0
            )

    def _sums_of_orders(self, lines, sums):
        """Sum up the lines of confirmed orders by campaign, in one query.

        :param lines: a query of ``sale_money``
        :param str sums: SQL over ``part``, a line
        :return: {campaign id: tuple of sums}
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT lead.crm_campaign_id, %s
                     FROM (%s) part
                     JOIN crm_lead lead ON lead.id = part.opportunity_id
                    WHERE lead.crm_campaign_id = ANY(%s)
                 GROUP BY lead.crm_campaign_id""",
                SQL(sums),  # pylint: disable=sql-injection
                lines,
                self.ids,
            )
        )
        return {campaign_id: tuple(map(_number, sums)) for campaign_id, *sums in rows}


def _number(figure):
    """Sums of PostgreSQL come as decimals, or as nothing at all."""
    return float(figure or 0) if not isinstance(figure, int) else figure

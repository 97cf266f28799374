from odoo import api, fields, models
from odoo.tools import SQL

from .crm_action_type import MONEY_GROUPS


class CrmCampaign(models.Model):
    """What a campaign cost and brought, in its company's currency.

    Figures are of the whole campaign, whoever looks: they are counted with the rights
    of the system, and shown to those who may see the campaign.
    """

    _inherit = "crm.campaign"

    budget = fields.Monetary(tracking=True, groups=MONEY_GROUPS)
    fixed_cost = fields.Monetary(
        groups=MONEY_GROUPS,
        tracking=True,
        help="What the campaign costs whatever is done.",
    )
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
    revenue = fields.Monetary(
        groups=MONEY_GROUPS,
        compute="_compute_revenue",
        help="Confirmed orders of the opportunities, without tax.",
    )
    invoiced = fields.Monetary(
        groups=MONEY_GROUPS,
        compute="_compute_invoiced",
        help="Posted invoices of these orders less refunds, without tax.",
    )
    paid = fields.Monetary(
        groups=MONEY_GROUPS,
        compute="_compute_invoiced",
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

    @api.depends("lead_ids.order_ids.state", "lead_ids.order_ids.amount_untaxed")
    def _compute_revenue(self):
        figures = self._figures_of_orders(
            SQL(
                "count(*), "
                "sum(o.amount_untaxed / coalesce(nullif(o.currency_rate, 0), 1))"
            )
        )
        for campaign in self:
            campaign.order_count, campaign.revenue = figures.get(campaign.id, (0, 0.0))

    @api.depends("lead_ids.order_ids.invoice_ids.payment_state")
    def _compute_invoiced(self):
        figures = self._figures_of_orders(
            SQL("-sum(item.balance), -sum(item.balance * item.paid_share)"),
            SQL(
                """JOIN LATERAL (
                    SELECT DISTINCT entry.id, entry.balance,
                           CASE WHEN move.amount_total = 0 THEN 1
                                ELSE 1 - move.amount_residual / move.amount_total
                           END AS paid_share
                      FROM sale_order_line line
                      JOIN sale_order_line_invoice_rel link
                        ON link.order_line_id = line.id
                      JOIN account_move_line entry ON entry.id = link.invoice_line_id
                      JOIN account_move move ON move.id = entry.move_id
                     WHERE line.order_id = o.id AND move.state = 'posted'
                ) item ON true"""
            ),
        )
        for campaign in self:
            campaign.invoiced, campaign.paid = figures.get(campaign.id, (0.0, 0.0))

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

    def _figures_of_orders(self, figures, join=None):
        """Aggregate the confirmed orders of the campaigns in one query.

        SQL because each order divides by its own rate, which no ORM aggregate does.

        :return: {campaign id: tuple of figures}
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT lead.crm_campaign_id, %s
                     FROM sale_order o
                     JOIN crm_lead lead ON lead.id = o.opportunity_id
                     %s
                    WHERE lead.crm_campaign_id = ANY(%s) AND o.state = 'sale'
                 GROUP BY lead.crm_campaign_id""",
                figures,
                join or SQL(),
                self.ids,
            )
        )
        return {
            campaign_id: tuple(n or 0 for n in numbers)
            for campaign_id, *numbers in rows
        }

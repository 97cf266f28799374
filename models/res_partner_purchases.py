from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .audience import SALESPEOPLE
from .res_partner_history import (
    Trail,
    compute_figures,
    of_history,
    search_figure,
    trail_field,
)

ORDERED_PRODUCTS = Trail(
    "sale.order.line",
    partner="order_partner_id",
    end="product_id",
    date="order_id.date_order",
    only=Domain("state", "=", "sale"),
)


class ResPartner(models.Model):
    """What an entity has ordered: confirmed orders, without tax."""

    _inherit = "res.partner"

    ordered_amount = fields.Monetary(
        "Ordered",
        compute="_compute_ordered",
        search=search_figure("_ordered_query", "amount", 0),
        groups=SALESPEOPLE,
        help="Confirmed orders without tax, in the company's currency; of the period, "
        "where the segment has one.",
    )
    ordered_count = fields.Integer(
        "Orders",
        compute="_compute_ordered",
        search=search_figure("_ordered_query", "count", 0),
        groups=SALESPEOPLE,
        help="How many confirmed orders; of the period, where the segment has one.",
    )
    buyer_rank = fields.Float(
        "Rank Among Buyers (%)",
        compute="_compute_buyer_rank",
        search=search_figure("_buyer_rank_query", "rank"),
        groups=SALESPEOPLE,
        help="What share of the buyers of the period has ordered for more: below 10 is "
        "the top tenth by amount.",
    )
    first_order_date = fields.Datetime(
        compute="_compute_order_dates",
        search=search_figure(
            "_order_dates_query", "first", as_figure=fields.Datetime.to_datetime
        ),
        groups=SALESPEOPLE,
        help="Of the first order ever.",
    )
    last_order_date = fields.Datetime(
        compute="_compute_order_dates",
        search=search_figure(
            "_order_dates_query", "last", as_figure=fields.Datetime.to_datetime
        ),
        groups=SALESPEOPLE,
        help="Of the latest order ever.",
    )
    days_since_first_order = fields.Integer(
        compute="_compute_order_dates",
        search=search_figure("_order_dates_query", "days_since_first"),
        groups=SALESPEOPLE,
        help="Who never ordered has no such number: neither few nor many days.",
    )
    days_since_last_order = fields.Integer(
        compute="_compute_order_dates",
        search=search_figure("_order_dates_query", "days_since_last"),
        groups=SALESPEOPLE,
        help="Who never ordered has no such number: neither few nor many days.",
    )
    bought_product_ids = trail_field(
        "bought_product_ids",
        "product.product",
        ORDERED_PRODUCTS,
        string="Products Bought",
    )
    bought_category_ids = fields.Many2many(
        "product.category",
        string="Product Categories Bought",
        compute="_compute_bought_category_ids",
        search="_search_bought_category_ids",
        groups=SALESPEOPLE,
        help="With the categories that are within them.",
    )

    _compute_ordered = compute_figures(
        "_ordered_query", "ordered_amount", "ordered_count", absent=0
    )
    _compute_buyer_rank = compute_figures("_buyer_rank_query", "buyer_rank")
    _compute_order_dates = compute_figures(
        "_order_dates_query",
        *("first_order_date", "last_order_date"),
        *("days_since_first_order", "days_since_last_order"),
    )

    @of_history
    def _compute_bought_category_ids(self):
        for partner in self:
            partner.bought_category_ids = partner.sudo().bought_product_ids.categ_id

    def _search_bought_category_ids(self, operator, value):
        self._check_may_search(SALESPEOPLE)
        if operator == "any":
            value = self.env["product.category"]._search(value)
        elif operator != "in":
            return NotImplemented
        elif False in value:
            some = self._search_bought_category_ids("in", value - {False})
            return self._search_ends([ORDERED_PRODUCTS], "in", {False}) | some
        within = Domain("product_id.categ_id", "child_of", list(value))
        return self._at_start_of(ORDERED_PRODUCTS, within)

    def _ordered_query(self):
        """Amounts as in Odoo's own sales report, to the cent of the currency."""
        rate = SQL("coalesce(nullif(o.currency_rate, 0), 1)")
        return SQL(
            """SELECT partner.commercial_partner_id AS entity,
                      round(sum(o.amount_untaxed / %(rate)s
                                * account_currency_table.rate)::numeric,
                            %(decimals)s) AS amount,
                      count(*) AS count
                 FROM sale_order o
                 JOIN res_partner partner ON partner.id = o.partner_id
                 JOIN %(currencies)s ON account_currency_table.company_id = o.company_id
                WHERE o.state = 'sale' AND %(during)s
             GROUP BY partner.commercial_partner_id""",
            rate=rate,
            decimals=self.env.company.currency_id.decimal_places,
            currencies=self._currency_table(),
            during=self._during(SQL("o.date_order")),
        )

    def _buyer_rank_query(self):
        return SQL(
            """SELECT entity,
                      100.0 * (rank() OVER (ORDER BY amount DESC) - 1)
                      / count(*) OVER () AS rank
                 FROM (%s) buyers""",
            self._ordered_query(),
        )

    def _order_dates_query(self):
        return SQL(
            """SELECT partner.commercial_partner_id AS entity,
                      min(o.date_order) AS first, max(o.date_order) AS last,
                      %s AS days_since_first, %s AS days_since_last
                 FROM sale_order o
                 JOIN res_partner partner ON partner.id = o.partner_id
                WHERE o.state = 'sale' AND o.company_id = ANY(%s)
             GROUP BY partner.commercial_partner_id""",
            self._days_since(SQL("min(o.date_order)")),
            self._days_since(SQL("max(o.date_order)")),
            self.env.companies.ids,
        )

from odoo import api, fields, models
from odoo.tools import SQL

from . import sale_money

# So many campaigns fit between the ids of two orders.
CAMPAIGNS = 2**20


class CrmAttribution(models.Model):
    """Which campaigns a sale is owed to, by several views side by side.

    One row for each confirmed order and campaign that touched its customer. Touches are
    the done actions of campaigns with the customer's company and its contacts, up to
    the order's date, for the days that the order's company says; of a corrected action,
    the correcting one counts. The campaign of the order's own opportunity touched it
    when the opportunity was made, if nothing else of it did.

    Each view gives away the whole order once: an order's rows sum up to what it is
    worth, to the cent. What no campaign is owed has a row without campaign.
    """

    _name = "crm.attribution"
    _description = "Attribution of Sales"
    _auto = False
    _rec_name = "order_id"
    _order = "date desc, id desc"
    _depends = {
        "account.move": ["state"],
        "sale.order": ["partner_id", "user_id", "team_id", "date_order", "state"],
        "sale.order.line": ["price_subtotal"],
        "account.move.line": ["price_subtotal", "balance"],
        "crm.action": [
            *("state", "done_at", "partner_id", "crm_campaign_id", "corrected_by_id"),
        ],
        "crm.campaign": ["company_id"],
        "crm.lead": ["crm_campaign_id"],
        "res.company": ["crm_attribution_days", "crm_attribution_half_life"],
        "res.partner": ["parent_id"],
    }

    order_id = fields.Many2one("sale.order", "Sales Order", readonly=True)
    date = fields.Datetime("Order Date", readonly=True)
    crm_campaign_id = fields.Many2one("crm.campaign", "Campaign", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    touch_count = fields.Integer("Touches", readonly=True)
    first_touch = fields.Monetary(
        readonly=True, help="All of the order to the campaign that touched first."
    )
    last_touch = fields.Monetary(
        readonly=True, help="All of the order to the campaign that touched last."
    )
    linear = fields.Monetary(
        readonly=True, help="The same share of the order for each touch."
    )
    time_decay = fields.Monetary(
        readonly=True,
        help="A touch counts half as much as one that came later by the half-life that "
        "the settings say.",
    )
    direct = fields.Monetary(
        readonly=True,
        help="All of the order to the campaign of its own opportunity, as the revenue "
        "of campaigns is counted.",
    )

    def action_view_order(self):
        """Open the order of the row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "views": [(False, "form")],
        }

    @api.model
    def _search(self, *args, **kwargs):
        """PostgreSQL would compile for seconds what it then runs in less."""
        self.env.cr.execute("SET LOCAL jit = off")
        return super()._search(*args, **kwargs)

    # === SQL === #

    @property
    def _table_query(self):
        """Cost grows with the confirmed orders and what was done with their customers.

        Amounts are shared out by what has been given so far: each campaign gets what is
        rounded up to it, less what is rounded up to the one before. So nothing is lost.
        """
        return SQL(
            """WITH sale AS MATERIALIZED (%(sales)s),
                    action_touch AS MATERIALIZED (%(actions)s),
                    touch AS (%(touches)s),
                    weighed AS (%(weighed)s),
                    campaign AS (%(campaigns)s),
                    shared AS (%(shared)s)
               SELECT sale.order_id * %(width)s::bigint
                          + coalesce(shared.crm_campaign_id, 0) AS id,
                      sale.order_id, sale.date_order AS date, shared.crm_campaign_id,
                      sale.partner_id, sale.user_id, sale.team_id, sale.company_id,
                      sale.currency_id, shared.touch_count,
                      CASE WHEN shared.is_first THEN sale.total ELSE 0 END
                          AS first_touch,
                      CASE WHEN shared.is_last THEN sale.total ELSE 0 END AS last_touch,
                      round(sale.total * shared.linear_to, sale.decimals)
                          - lag(round(sale.total * shared.linear_to, sale.decimals),
                                1, 0::numeric) OVER until AS linear,
                      round(sale.total * shared.decay_to, sale.decimals)
                          - lag(round(sale.total * shared.decay_to, sale.decimals),
                                1, 0::numeric) OVER until AS time_decay,
                      CASE WHEN shared.crm_campaign_id
                                IS NOT DISTINCT FROM sale.own_campaign_id
                           THEN sale.total ELSE 0 END AS direct
                 FROM shared JOIN sale ON sale.order_id = shared.order_id
               WINDOW until AS (PARTITION BY sale.order_id
                                ORDER BY shared.crm_campaign_id)""",
            sales=self._sales(),
            actions=self._action_touches(),
            touches=self._touches(),
            weighed=self._weighed(),
            campaigns=self._campaigns(),
            shared=self._shared(),
            width=CAMPAIGNS,
        )

    @api.model
    def _sales(self):
        """One row for each confirmed order: what it is worth, whose it is."""
        return SQL(
            """SELECT o.id AS order_id, o.date_order, o.partner_id, o.user_id,
                      o.team_id, o.company_id, company.currency_id,
                      partner.commercial_partner_id AS entity_id,
                      lead.crm_campaign_id AS own_campaign_id,
                      lead.create_date AS own_since,
                      company.crm_attribution_days * interval '1 day' AS days,
                      company.crm_attribution_half_life AS half_life,
                      currency.decimal_places AS decimals,
                      round(money.revenue, currency.decimal_places) AS total
                 FROM (SELECT part.order_id, sum(part.revenue) AS revenue
                         FROM (%s) part GROUP BY part.order_id) money
                 JOIN sale_order o ON o.id = money.order_id
                 JOIN res_partner partner ON partner.id = o.partner_id
                 JOIN res_company company ON company.id = o.company_id
                 JOIN res_currency currency ON currency.id = company.currency_id
            LEFT JOIN crm_lead lead ON lead.id = o.opportunity_id""",
            sale_money.sale_lines(),
        )

    @api.model
    def _action_touches(self):
        """One row for each order and action that touched its customer.

        The campaign is looked at last: joined, PostgreSQL would go through the actions
        of each customer once for each campaign of the company.
        """
        return SQL(
            """SELECT sale.order_id, action.crm_campaign_id, action.done_at AS at,
                      action.id AS place, sale.half_life
                 FROM sale
                 JOIN res_partner contact
                   ON contact.commercial_partner_id = sale.entity_id
                 JOIN crm_action action ON action.partner_id = contact.id
                WHERE action.state = 'done' AND action.corrected_by_id IS NULL
                  AND action.done_at <= sale.date_order
                  AND action.done_at > sale.date_order - sale.days
                  AND sale.company_id = (
                      SELECT company_id FROM crm_campaign
                       WHERE crm_campaign.id = action.crm_campaign_id)"""
        )

    @api.model
    def _touches(self):
        """With the own opportunity's campaign, where nothing else of it did."""
        return SQL(
            """SELECT * FROM action_touch
            UNION ALL
               SELECT order_id, own_campaign_id, least(own_since, date_order), 0,
                      half_life
                 FROM sale
                WHERE own_campaign_id IS NOT NULL
                  AND NOT EXISTS (
                      SELECT FROM action_touch
                       WHERE action_touch.order_id = sale.order_id
                         AND action_touch.crm_campaign_id = sale.own_campaign_id)"""
        )

    @api.model
    def _weighed(self):
        """Each touch with its weight; the last one of an order weighs 1."""
        return SQL(
            """SELECT order_id, crm_campaign_id,
                      row_number() OVER early = 1 AS is_first,
                      row_number() OVER late = 1 AS is_last,
                      power(2, greatest(
                          extract(epoch FROM at - first_value(at) OVER late)
                          / 86400 / half_life, -1000)) AS weight
                 FROM touch
               WINDOW early AS (PARTITION BY order_id ORDER BY at, place),
                      late AS (PARTITION BY order_id ORDER BY at DESC, place DESC)"""
        )

    @api.model
    def _campaigns(self):
        """The touches of each campaign together."""
        return SQL(
            """SELECT order_id, crm_campaign_id, count(*) AS touch_count,
                      bool_or(is_first) AS is_first, bool_or(is_last) AS is_last,
                      sum(weight) AS weight
                 FROM weighed GROUP BY order_id, crm_campaign_id"""
        )

    @api.model
    def _shared(self):
        """Of each order (1), how much is given away with each campaign's share.

        The row without campaign comes last: nothing is left for it, unless it is alone.
        """
        return SQL(
            """SELECT order_id, crm_campaign_id, touch_count, is_first, is_last,
                      sum(touch_count) OVER until / sum(touch_count) OVER whole
                          AS linear_to,
                      (sum(weight) OVER until / sum(weight) OVER whole)::numeric
                          AS decay_to
                 FROM campaign
               WINDOW whole AS (PARTITION BY order_id),
                      until AS (PARTITION BY order_id ORDER BY crm_campaign_id)
            UNION ALL
               SELECT sale.order_id, NULL, 0, untouched, untouched, 1, 1
                 FROM sale
                CROSS JOIN LATERAL (
                    SELECT NOT EXISTS (SELECT FROM campaign
                                        WHERE campaign.order_id = sale.order_id)
                ) without(untouched)
                WHERE untouched OR sale.own_campaign_id IS NULL"""
        )

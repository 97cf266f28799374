from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from . import company_day, sale_money
from .crm_action_type import MONEY_GROUPS
from .crm_campaign_figure_delta import FIGURES, KEYS

APPOINTMENTS = ("visit", "meeting")
# What campaigns show of themselves, where nothing happened yet.
NOTHING = dict.fromkeys(
    (
        "opportunity_count",
        "open_count",
        "won_count",
        "lost_count",
        "planned_action_count",
        "done_action_count",
        "failed_action_count",
        "action_cost",
    ),
    0,
)
# Every branch of the report has these columns, in this order; the type is that of
# branches that have nothing to tell there.
COLUMNS = {
    "id": "bigint",
    "kind": "text",
    "crm_campaign_id": "int",
    "user_id": "int",
    "team_id": "int",
    "playbook_stage_id": "int",
    "source_id": "int",
    "lost_reason_id": "int",
    "action_type_id": "int",
    "product_id": "int",
    "cost_kind_id": "int",
    "date": "date",
    "date_opened": "date",
}
MEASURES = {
    "opportunity_count": "int",
    "open_count": "int",
    "won_count": "int",
    "lost_count": "int",
    "days_to_win": "float",
    "planned_action_count": "int",
    "done_action_count": "int",
    "failed_action_count": "int",
    "points": "int",
    "action_cost": "numeric",
    "fixed_cost": "numeric",
    "order_count": "int",
    "ordered": "numeric",
    "refunded": "numeric",
    "revenue": "numeric",
    "invoiced": "numeric",
    "paid": "numeric",
}
KINDS = [
    ("opportunity", "Opportunities"),
    ("closing", "Won and lost"),
    ("action", "Actions"),
    ("fixed_cost", "Fixed costs"),
    ("sale", "Orders"),
    ("invoice", "Invoices"),
]


class CrmCampaignFigure(models.Model):
    """What came of campaigns, by whose, where, of what and when.

    Each fact counts on its own day, where the company is: an opportunity when it was
    made, and again when it was won or lost; an action when it was done (or is due), a
    cost when it was spent, an order when it was confirmed, an invoice on its date.
    ``date_opened`` is the month in which the opportunity was made, so that those made
    together can be followed. Opportunities, and what they bought, count for the
    salesperson who has them and the stage they are in; actions for whoever is to do or
    did them, in the stage that they belong to.

    Counts of opportunities and actions are kept (``crm.campaign.figure.delta``); money
    is read from the orders and invoices themselves.
    """

    _name = "crm.campaign.figure"
    _inherit = ["crm.campaign.report"]
    _description = "Campaign Result"
    _auto = False
    _rec_name = "crm_campaign_id"
    _order = "crm_campaign_id, date, kind, id"
    _ratios = {
        "conversion": ("won_count", "opportunity_count"),
        "days_per_sale": ("days_to_win", "won_count"),
        "appointments_per_sale": ("appointment_count", "won_count"),
        "average_sale": ("revenue", "order_count"),
        "roi": ("profit", "cost"),
    }
    _depends = {
        "crm.campaign": ["company_id", "segment_id", "playbook_id"],
        "crm.campaign.cost": ["crm_campaign_id", "date", "kind_id", "amount"],
        "crm.lead": [
            "crm_campaign_id",
            "user_id",
            "team_id",
            "playbook_stage_id",
            "source_id",
            "lost_reason_id",
            "won_status",
            "date_closed",
        ],
        "crm.action": [
            "crm_campaign_id",
            "user_id",
            "team_id",
            "playbook_stage_id",
            "action_type_id",
            "state",
            "date_start",
            "done_at",
            "corrected_by_id",
            "cost",
            "points",
        ],
        "crm.action.type": ["channel"],
        "sale.order": ["opportunity_id", "state", "date_order", "currency_rate"],
        "sale.order.line": ["order_id", "product_id", "price_subtotal"],
        "account.move": ["state", "amount_residual", "invoice_date"],
        "account.move.line": ["balance", "sale_line_ids"],
    }

    kind = fields.Selection(KINDS, string="What", readonly=True)
    source_id = fields.Many2one("utm.source", readonly=True)
    lost_reason_id = fields.Many2one("crm.lost.reason", readonly=True)
    action_type_id = fields.Many2one("crm.action.type", "Type of Action", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    cost_kind_id = fields.Many2one(
        "crm.cost.kind", "Kind of Cost", readonly=True, groups=MONEY_GROUPS
    )
    date_opened = fields.Date(
        "Opened",
        readonly=True,
        help="The month in which the opportunity was made: group by it to follow those "
        "that were made together.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)

    opportunity_count = fields.Integer("Opportunities", readonly=True)
    open_count = fields.Integer("Open", readonly=True)
    won_count = fields.Integer("Won", readonly=True)
    lost_count = fields.Integer("Lost", readonly=True)
    conversion = fields.Float(
        readonly=True, aggregator="avg", help="Won opportunities of all."
    )
    days_to_win = fields.Float(
        readonly=True, help="From when opportunities were made until they were won."
    )
    days_per_sale = fields.Float(
        readonly=True,
        aggregator="avg",
        help="From when an opportunity was made until it was won, on average.",
    )
    planned_action_count = fields.Integer("Planned Actions", readonly=True)
    done_action_count = fields.Integer("Actions Done", readonly=True)
    failed_action_count = fields.Integer("Failed Actions", readonly=True)
    appointment_count = fields.Integer(
        "Appointments", readonly=True, help="Visits and meetings that were done."
    )
    appointments_per_sale = fields.Float(
        readonly=True, aggregator="avg", help="Appointments for each won opportunity."
    )
    points = fields.Integer(readonly=True)

    action_cost = fields.Monetary("Cost of Actions", readonly=True, groups=MONEY_GROUPS)
    fixed_cost = fields.Monetary(readonly=True, groups=MONEY_GROUPS)
    cost = fields.Monetary(readonly=True, groups=MONEY_GROUPS)
    order_count = fields.Integer(
        "Orders",
        readonly=True,
        help="Confirmed orders; each counts once, with its first product.",
    )
    ordered = fields.Monetary(
        readonly=True, groups=MONEY_GROUPS, help="Confirmed orders, without tax."
    )
    refunded = fields.Monetary(
        readonly=True,
        groups=MONEY_GROUPS,
        help="What was credited and not invoiced again, on the day of the order.",
    )
    revenue = fields.Monetary(
        readonly=True,
        groups=MONEY_GROUPS,
        help="What is ordered less what is refunded.",
    )
    invoiced = fields.Monetary(
        readonly=True,
        groups=MONEY_GROUPS,
        help="Posted invoices less credit notes, without tax.",
    )
    paid = fields.Monetary(
        readonly=True,
        groups=MONEY_GROUPS,
        help="The paid share of the invoices, on the day of the invoice.",
    )
    profit = fields.Monetary(
        readonly=True, groups=MONEY_GROUPS, help="Revenue less cost."
    )
    average_sale = fields.Monetary(
        readonly=True,
        groups=MONEY_GROUPS,
        aggregator="avg",
        help="Revenue for each order.",
    )
    roi = fields.Float(
        "ROI",
        readonly=True,
        groups=MONEY_GROUPS,
        aggregator="avg",
        help="(Revenue - cost) / cost. Not defined while there is no cost.",
    )

    # === THE QUERY === #

    @property
    def _table_query(self):
        sale_money.flush(self.env)
        self.env["crm.campaign.cost"].flush_model()
        branches = (
            self._kept(),
            self._fixed_costs(),
            self._sales(),
            self._invoices(),
        )
        return SQL(
            """SELECT figure.*, %s
                 FROM (SELECT figure.*,
                              figure.action_cost + figure.fixed_cost AS cost,
                              figure.revenue - figure.action_cost
                                  - figure.fixed_cost AS profit,
                              CASE WHEN type.channel IN %s
                                   THEN figure.done_action_count ELSE 0
                              END AS appointment_count,
                              campaign.company_id,
                              campaign.segment_id,
                              campaign.playbook_id,
                              company.currency_id
                         FROM (%s) figure
                         JOIN crm_campaign campaign
                           ON campaign.id = figure.crm_campaign_id
                    LEFT JOIN crm_action_type type ON type.id = figure.action_type_id
                    LEFT JOIN res_company company ON company.id = campaign.company_id
                      ) figure""",
            self._ratio_columns(),
            APPOINTMENTS,
            SQL(" UNION ALL ").join(branches),
        )

    def _kept(self):
        """What is counted whenever something changes."""
        deltas = self.env["crm.campaign.figure.delta"]
        return _branch(
            SQL("(%s) kept", deltas._figures_query()),
            {name: SQL.identifier(name) for name in (*KEYS, *FIGURES)}
            | {"id": SQL("4 * id"), "days_to_win": SQL("seconds_to_win / 86400.0")},
        )

    def _fixed_costs(self):
        """What was spent, for the responsible of the campaign."""
        return _branch(
            SQL(
                "crm_campaign_cost spent"
                " JOIN crm_campaign owner ON owner.id = spent.crm_campaign_id"
            ),
            {
                "id": SQL("4 * spent.id + 1"),
                "kind": SQL("'fixed_cost'"),
                "crm_campaign_id": SQL("owner.id"),
                "user_id": SQL("owner.user_id"),
                "team_id": SQL("owner.team_id"),
                "date": SQL("spent.date"),
                "cost_kind_id": SQL("spent.kind_id"),
                "fixed_cost": SQL("spent.amount"),
            },
        )

    def _sales(self):
        """What the opportunities bought, on the day of the order."""
        day = company_day.day(SQL("part.date_order"))
        return self._money(
            sale_money.sale_lines(),
            {"id": SQL("4 * min(part.order_line_id) + 2"), "kind": SQL("'sale'")},
            day,
            ("ordered", "refunded", "revenue"),
            {"order_count": SQL("sum(part.orders)::int")},
        )

    def _invoices(self):
        """What was invoiced of it, on the day of the invoice."""
        return self._money(
            sale_money.invoice_lines(),
            {"id": SQL("4 * min(part.invoice_line_id) + 3"), "kind": SQL("'invoice'")},
            SQL("part.invoice_date"),
            ("invoiced", "paid"),
        )

    def _money(self, lines, columns, day, amounts, more=None):
        """One row for each day, product, and place where the opportunities stand."""
        keys = {
            name: SQL("lead.%s", SQL.identifier(name))
            for name in (
                "crm_campaign_id",
                "user_id",
                "team_id",
                "playbook_stage_id",
                "source_id",
            )
        } | {
            "product_id": SQL("part.product_id"),
            "date": day,
            "date_opened": company_day.month(SQL("lead.create_date")),
        }
        sums = {name: SQL("sum(part.%s)", SQL.identifier(name)) for name in amounts}
        return _branch(
            SQL(
                """(%s) part JOIN crm_lead lead ON lead.id = part.opportunity_id %s
                    WHERE lead.crm_campaign_id IS NOT NULL
                 GROUP BY %s""",
                lines,
                company_day.join_zone(SQL("lead.crm_campaign_id")),
                SQL(", ").join(keys.values()),
            ),
            columns | keys | sums | (more or {}),
        )

    # === WHAT IS BEHIND === #

    def action_view_records(self):
        """Open the records that the figures of this row count."""
        self.ensure_one()
        return getattr(self, f"_view_{self.kind}")()

    def _view_opportunity(self):
        return self._opened_opportunities(self._on_its_day("create_date"))

    def _view_closing(self):
        lost = Domain("won_status", "=", "lost") & Domain(
            "lost_reason_id", "=", self.lost_reason_id.id
        )
        if not self.lost_reason_id:
            lost |= Domain("won_status", "=", "won")
        never = Domain("date_closed", "=", False) & self._on_its_day("create_date")
        return self._opened_opportunities(
            lost & (self._on_its_day("date_closed") | never)
        )

    def _view_action(self):
        done = Domain("state", "=", "done") & self._on_its_day("done_at")
        due = Domain("state", "in", ("planned", "failed"))
        return self._opened(
            "crm_playbook.crm_action_action_all",
            self._of_its_place()
            & Domain("action_type_id", "=", self.action_type_id.id)
            & Domain("corrected_by_id", "=", False)
            & (done | (due & self._on_its_day("date_start"))),
        )

    def _view_fixed_cost(self):
        return self._opened(
            "crm_playbook.crm_campaign_cost_action",
            Domain("crm_campaign_id", "=", self.crm_campaign_id.id)
            & Domain("kind_id", "=", self.cost_kind_id.id)
            & Domain("date", "=", self.date),
        )

    def _view_sale(self):
        of_product = Domain("order_line.product_id", "=", self.product_id.id)
        return self._opened(
            "sale.action_orders",
            self._orders() & of_product & self._on_its_day("date_order"),
        )

    def _view_invoice(self):
        of_order = Domain("order_id", "any", self._orders())
        of_product = Domain("product_id", "=", self.product_id.id)
        lines = Domain("sale_line_ids", "any", of_order & of_product)
        return self._opened(
            "account.action_move_out_invoice_type",
            Domain("state", "=", "posted")
            & Domain("invoice_date", "=", self.date)
            & Domain("invoice_line_ids", "any", lines),
        )

    def _orders(self):
        """The confirmed orders of the opportunities that the row is about."""
        return Domain("state", "=", "sale") & Domain(
            "opportunity_id", "any", self._opportunities()
        )

    def _opportunities(self):
        return (
            self._of_its_place()
            & Domain("source_id", "=", self.source_id.id)
            & self._in_its_month()
        )

    def _opened_opportunities(self, domain):
        # Lost opportunities are archived.
        return self._opened(
            "crm_playbook.crm_lead_action",
            self._opportunities() & domain,
            {"active_test": False},
        )

    def _of_its_place(self):
        """What is of the same campaign, people and stage."""
        names = ("crm_campaign_id", "user_id", "team_id", "playbook_stage_id")
        return Domain.AND([Domain(name, "=", self[name].id) for name in names])

    def _on_its_day(self, name):
        return self._between(name, self.date, self.date + timedelta(days=1))

    def _in_its_month(self):
        first = self.date_opened
        return self._between("create_date", first, first + relativedelta(months=1))

    def _between(self, name, first, after):
        """A moment between the beginnings of two days, where the company is."""
        begin, end = map(self.company_id.sudo()._points_midnight, (first, after))
        return Domain(name, ">=", begin) & Domain(name, "<", end)

    # === READING === #

    @api.model
    def _by_campaign(self, campaigns):
        """The counts of whole campaigns, in one query.

        :return: {campaign: {name of the field: figure}}, zeros where nothing happened
        """
        figures = self.env["crm.campaign.figure.delta"]._sums_of(
            campaigns._origin.ids, list(NOTHING)
        )
        return {
            campaign: figures.get((campaign._origin.id,), NOTHING)
            for campaign in campaigns
        }

    @api.model
    def _by_stage(self, campaigns):
        """What goes on in each stage of the campaigns' playbooks, in one query.

        :return: {campaign: {stage: {"here", "planned", "done", "failed"}}}, zeros where
            nothing happened; ``here`` counts who is in the stage, or was closed there
        """
        figures = self.env["crm.campaign.figure.delta"]._sums_of(
            campaigns._origin.ids, list(NOTHING), by=["playbook_stage_id"]
        )
        return {
            campaign: {
                stage: _stage_line_figures(
                    stage,
                    figures.get((campaign._origin.id, stage._origin.id), NOTHING),
                )
                for stage in campaign.playbook_id.stage_ids
            }
            for campaign in campaigns
        }


def _branch(source, columns):
    """One part of the report: what it tells, and nothing in the other columns."""
    nothing = {name: SQL("NULL::%s", SQL(kind)) for name, kind in COLUMNS.items()}
    zero = {name: SQL("0::%s", SQL(kind)) for name, kind in MEASURES.items()}
    return SQL(
        "SELECT %s FROM %s",
        SQL(", ").join(
            SQL("%s AS %s", columns.get(name, none), SQL.identifier(name))
            for name, none in (nothing | zero).items()
        ),
        source,
    )


def _stage_line_figures(stage, figures):
    here = {"won": "won_count", "lost": "lost_count"}.get(stage.closes_as, "open_count")
    return {
        "here": figures[here],
        "planned": figures["planned_action_count"],
        "done": figures["done_action_count"],
        "failed": figures["failed_action_count"],
    }

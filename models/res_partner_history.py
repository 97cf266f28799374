from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ResPartner(models.Model):
    """The history of an entity with the company, as fields that segments can search.

    Figures belong to the commercial entity (the company, not its contacts) and to the
    companies the user works in. Each search is one set in SQL: its cost grows with the
    orders or invoices, not with the entities.
    """

    _inherit = "res.partner"

    overdue_amount = fields.Monetary(
        compute="_compute_overdue",
        search="_search_overdue_amount",
        groups="sales_team.group_sale_salesman,account.group_account_readonly",
        help="Unpaid and past due, with tax, in the company's currency.",
    )
    overdue_days = fields.Integer(
        compute="_compute_overdue",
        search="_search_overdue_days",
        groups="sales_team.group_sale_salesman,account.group_account_readonly",
        help="How many days ago the oldest unpaid invoice fell due.",
    )
    returned_payment_count = fields.Integer(
        "Returned Payments",
        compute="_compute_returned_payment_count",
        search="_search_returned_payment_count",
        groups="sales_team.group_sale_salesman,account.group_account_readonly",
    )
    first_order_date = fields.Datetime(
        compute="_compute_order_dates",
        search="_search_first_order_date",
        groups="sales_team.group_sale_salesman",
    )
    last_order_date = fields.Datetime(
        compute="_compute_order_dates",
        search="_search_last_order_date",
        groups="sales_team.group_sale_salesman",
    )
    bought_product_ids = fields.Many2many(
        "product.product",
        string="Products Bought",
        compute="_compute_bought_product_ids",
        search="_search_bought_product_ids",
        groups="sales_team.group_sale_salesman",
    )

    # === COMPUTES === #

    def _compute_overdue(self):
        figures = self._history(self._overdue_query())
        for partner in self:
            amount, days = figures.get(partner.commercial_partner_id.id, (0.0, 0))
            partner.overdue_amount = amount
            partner.overdue_days = days

    def _compute_returned_payment_count(self):
        figures = self._history(self._returned_payment_query())
        for partner in self:
            (count,) = figures.get(partner.commercial_partner_id.id, (0,))
            partner.returned_payment_count = count

    def _compute_order_dates(self):
        figures = self._history(self._order_query())
        for partner in self:
            first, last = figures.get(partner.commercial_partner_id.id, (False, False))
            partner.first_order_date = first
            partner.last_order_date = last

    def _compute_bought_product_ids(self):
        lines = (
            self.env["sale.order.line"]
            .sudo()
            ._read_group(
                [
                    (
                        "order_id.partner_id.commercial_partner_id",
                        "in",
                        self.commercial_partner_id.ids,
                    ),
                    ("state", "=", "sale"),
                    ("company_id", "in", self.env.companies.ids),
                    ("product_id", "!=", False),
                ],
                ["order_partner_id", "product_id"],
            )
        )
        products = {}
        for buyer, product in lines:
            entity = buyer.commercial_partner_id.id
            products[entity] = (
                products.get(entity, self.env["product.product"]) | product
            )
        for partner in self:
            partner.bought_product_ids = products.get(
                partner.commercial_partner_id.id, False
            )

    # === SEARCHES === #

    @api.model
    def _search_overdue_amount(self, operator, value):
        return self._search_history(self._overdue_query(), "amount", operator, value, 0)

    @api.model
    def _search_overdue_days(self, operator, value):
        return self._search_history(self._overdue_query(), "days", operator, value, 0)

    @api.model
    def _search_returned_payment_count(self, operator, value):
        return self._search_history(
            self._returned_payment_query(), "count", operator, value, 0
        )

    @api.model
    def _search_first_order_date(self, operator, value):
        return self._search_history(self._order_query(), "first", operator, value)

    @api.model
    def _search_last_order_date(self, operator, value):
        return self._search_history(self._order_query(), "last", operator, value)

    @api.model
    def _search_bought_product_ids(self, operator, value):
        if operator not in ("in", "any"):
            return NotImplemented
        bought = Domain("state", "=", "sale") & Domain("product_id", operator, value)
        lines = (
            self.env["sale.order.line"]
            .sudo()
            ._search(bought & Domain("company_id", "in", self.env.companies.ids))
        )
        buyers = (
            self.sudo()
            .with_context(active_test=False)
            ._search([("id", "in", lines.subselect("order_partner_id"))])
        )
        return Domain(
            "commercial_partner_id", "in", buyers.subselect("commercial_partner_id")
        )

    @api.model
    def _search_history(self, query, column, operator, value, absent=None):
        """The entities whose figure compares so.

        :param absent: the figure of an entity without history; None if it has none, and
            then only ``= False`` finds it
        """
        self.env.flush_all()  # the ORM does not know which tables the query reads
        if operator == "in":
            return Domain.OR(
                self._search_history_one(query, column, "=", one, absent)
                for one in value
            )
        if operator in ("<", "<=", ">", ">="):
            return self._search_history_one(query, column, operator, value, absent)
        return NotImplemented

    @api.model
    def _search_history_one(self, query, column, operator, value, absent):
        if value is False and absent is None:
            found = SQL("SELECT entity FROM (%s) history", query)
            return Domain("commercial_partner_id", "not in", found)
        found = SQL(
            "SELECT entity FROM (%s) history WHERE %s %s %s",
            query,
            SQL.identifier("history", column),
            SQL(operator),
            value or 0 if absent is not None else value,
        )
        domain = Domain("commercial_partner_id", "in", found)
        if absent is None or not _holds(absent, operator, value or 0):
            return domain
        # Who has no history has the figure ``absent``, and that compares so too.
        everyone_with = SQL("SELECT entity FROM (%s) history", query)
        return domain | Domain("commercial_partner_id", "not in", everyone_with)

    # === QUERIES: one row for each commercial entity that has such a history === #

    def _history(self, query):
        """{commercial entity id: tuple of figures} for these entities."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT * FROM (%s) history WHERE entity = ANY(%s)",
                query,
                self.commercial_partner_id.ids,
            )
        )
        return {entity: tuple(figures) for entity, *figures in rows}

    @api.model
    def _overdue_query(self):
        """What is unpaid past its due date: receivable lines of posted entries."""
        today = fields.Date.context_today(self)
        return SQL(
            """SELECT partner.commercial_partner_id AS entity,
                      sum(line.amount_residual) AS amount,
                      %s - min(line.date_maturity) AS days
                 FROM account_move_line line
                 JOIN account_account account ON account.id = line.account_id
                 JOIN res_partner partner ON partner.id = line.partner_id
                WHERE account.account_type = 'asset_receivable'
                  AND line.parent_state = 'posted'
                  AND NOT line.reconciled
                  AND line.amount_residual > 0
                  AND line.date_maturity < %s
                  AND line.company_id = ANY(%s)
             GROUP BY partner.commercial_partner_id""",
            today,
            today,
            self.env.companies.ids,
        )

    @api.model
    def _returned_payment_query(self):
        """Payments of customers that the bank gave back."""
        return SQL(
            """SELECT partner.commercial_partner_id AS entity, count(*) AS count
                 FROM account_payment payment
                 JOIN res_partner partner ON partner.id = payment.partner_id
                WHERE payment.state = 'rejected'
                  AND payment.payment_type = 'inbound'
                  AND payment.company_id = ANY(%s)
             GROUP BY partner.commercial_partner_id""",
            self.env.companies.ids,
        )

    @api.model
    def _order_query(self):
        return SQL(
            """SELECT partner.commercial_partner_id AS entity,
                      min(o.date_order) AS first, max(o.date_order) AS last
                 FROM sale_order o
                 JOIN res_partner partner ON partner.id = o.partner_id
                WHERE o.state = 'sale' AND o.company_id = ANY(%s)
             GROUP BY partner.commercial_partner_id""",
            self.env.companies.ids,
        )


def _holds(figure, operator, value):
    return {
        "=": figure == value,
        "<": figure < value,
        "<=": figure <= value,
        ">": figure > value,
        ">=": figure >= value,
    }[operator]

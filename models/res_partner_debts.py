from odoo import fields, models
from odoo.tools import SQL

from .audience import ACCOUNTANTS_TOO
from .res_partner_history import DAYS, compute_figures, search_figure


class ResPartner(models.Model):
    """What an entity owes, and how it pays."""

    _inherit = "res.partner"

    overdue_amount = fields.Monetary(
        compute="_compute_overdue",
        search=search_figure("_overdue_query", "amount", 0, ACCOUNTANTS_TOO),
        groups=ACCOUNTANTS_TOO,
        help="Unpaid and past due, with tax, in the company's currency.",
    )
    overdue_days = fields.Integer(
        compute="_compute_overdue",
        search=search_figure("_overdue_query", "days", 0, ACCOUNTANTS_TOO),
        groups=ACCOUNTANTS_TOO,
        help="How many days ago the oldest unpaid invoice fell due.",
    )
    returned_payment_count = fields.Integer(
        "Returned Payments",
        compute="_compute_returned_payment_count",
        search=search_figure("_returned_payment_query", "count", 0, ACCOUNTANTS_TOO),
        groups=ACCOUNTANTS_TOO,
        help="Payments that the bank gave back; of the period, where the segment has "
        "one.",
    )

    _compute_overdue = compute_figures(
        "_overdue_query", "overdue_amount", "overdue_days", absent=0
    )
    _compute_returned_payment_count = compute_figures(
        "_returned_payment_query", "returned_payment_count", absent=0
    )

    def _overdue_query(self):
        """What is unpaid past its due date: receivable lines of posted entries."""
        return SQL(
            """SELECT partner.commercial_partner_id AS entity,
                      round(sum(line.amount_residual
                                * account_currency_table.rate)::numeric,
                            %(decimals)s) AS amount,
                      %(today)s - min(line.date_maturity) AS days
                 FROM account_move_line line
                 JOIN %(currencies)s
                   ON account_currency_table.company_id = line.company_id
                 JOIN account_account account ON account.id = line.account_id
                 JOIN res_partner partner ON partner.id = line.partner_id
                WHERE account.account_type = 'asset_receivable'
                  AND line.parent_state = 'posted'
                  AND NOT line.reconciled
                  AND line.amount_residual > 0
                  AND line.date_maturity < %(today)s
             GROUP BY partner.commercial_partner_id""",
            decimals=self.env.company.currency_id.decimal_places,
            today=fields.Date.context_today(self),
            currencies=self._currency_table(),
        )

    def _returned_payment_query(self):
        """Payments of customers that the bank gave back."""
        return SQL(
            """SELECT partner.commercial_partner_id AS entity, count(*) AS count
                 FROM account_payment payment
                 JOIN res_partner partner ON partner.id = payment.partner_id
                WHERE payment.state = 'rejected'
                  AND payment.payment_type = 'inbound'
                  AND payment.partner_type = 'customer'
                  AND payment.company_id = ANY(%s)
                  AND %s
             GROUP BY partner.commercial_partner_id""",
            self.env.companies.ids,
            self._during(SQL("payment.date"), DAYS),
        )

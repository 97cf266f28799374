from dataclasses import dataclass
from datetime import datetime, time

import pytz
from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .audience import ACCOUNTANTS_TOO, SALESPEOPLE
from .crm_timeline import CUSTOMER_INVOICES

# From this score on, in percent, a customer is satisfied.
SATISFIED = 60


@dataclass(frozen=True)
class Records:
    """The records behind a figure: where they are, and in which list they are shown."""

    model: str
    domain: Domain
    views: tuple = ("list", "form")


class ResPartner(models.Model):
    """The figures of an entity that matter, and the records behind each of them.

    They are of the whole entity: the company with all its contacts and addresses, as
    far as the companies go in which the user works; money is in the currency of the
    user's company. Sales and invoices are those of Odoo's own reports. Whoever sells
    sees the sums of the whole entity, whosever the documents are; the documents
    themselves open with the user's own rights, and so do actions and opportunities
    count. Days, months and years begin where the user is.
    """

    _inherit = "res.partner"

    # === CONTRACT === #

    def open_figure(self, name):
        """Open the records behind a figure of ``get_overview``.

        :param str name: the name of a figure there
        :return: a window action
        :raise UserError: where there is no such figure
        :raise AccessError: where the user may not read such records
        """
        self.ensure_one()
        self.check_access("read")
        entity = self.commercial_partner_id
        records = entity._figure_records().get(name)
        if records is None:
            raise UserError(self.env._("There is no figure “%s”.", name))
        self.env[records.model].check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": entity.display_name,
            "res_model": records.model,
            "views": [(False, view) for view in records.views],
            "domain": list(records.domain),
            "context": {"create": False, "active_test": False},
        }

    # === THE RECORDS BEHIND EACH FIGURE === #

    def _figure_records(self):
        """{name of a figure: the records that it counts}"""
        last_year, this_year, next_year = self._year_starts()
        people = self._entity_people().ids
        of_people = Domain("partner_id", "in", people)
        orders = of_people & Domain("state", "=", "sale")
        invoices = (
            of_people
            & Domain("state", "=", "posted")
            & Domain("move_type", "in", CUSTOMER_INVOICES)
        )
        receivable = (
            of_people
            & Domain("parent_state", "=", "posted")
            & Domain("account_id.account_type", "=", "asset_receivable")
            & Domain("reconciled", "=", False)
        )
        records = {
            "ordered_this_year": Records(
                "sale.order",
                orders
                & Domain("date_order", ">=", this_year)
                & Domain("date_order", "<", next_year),
            ),
            "ordered_last_year": Records(
                "sale.order",
                orders
                & Domain("date_order", ">=", last_year)
                & Domain("date_order", "<", this_year),
            ),
            "ordered": Records("sale.order", orders),
            "margin": Records("sale.order", orders),
            "quotations": Records(
                "sale.order", of_people & Domain("state", "in", ["draft", "sent"])
            ),
            "invoiced": Records("account.move", invoices),
            "due": Records("account.move.line", receivable, ("list",)),
            "overdue": Records(
                "account.move.line",
                receivable
                & Domain("amount_residual", ">", 0)
                & Domain("date_maturity", "<", fields.Date.context_today(self)),
                ("list",),
            ),
            "returned": Records(
                "account.payment",
                of_people
                & Domain("state", "=", "rejected")
                & Domain("partner_type", "=", "customer")
                & Domain("payment_type", "=", "inbound"),
            ),
            "satisfaction": Records(
                "survey.user_input",
                of_people
                & Domain("state", "=", "done")
                & Domain("test_entry", "=", False)
                & Domain("survey_id.scoring_type", "!=", "no_scoring"),
            ),
            "contacts": Records(
                "crm.action",
                of_people
                & Domain("state", "=", "done")
                & Domain("corrected_by_id", "=", False),
            ),
            "opportunities": Records(
                "crm.lead",
                of_people
                & Domain("type", "=", "opportunity")
                & Domain("won_status", "=", "pending")
                & Domain("active", "=", True),
                ("list", "kanban", "form"),
            ),
        }
        if "stock.picking" in self.env:
            records["deliveries"] = Records(
                "stock.picking",
                of_people
                & Domain("picking_type_code", "=", "outgoing")
                & Domain("state", "not in", ["done", "cancel", "draft"]),
            )
        return records

    def _year_starts(self):
        """When the last year, this one and the next one begin, in UTC."""
        this_year = fields.Date.context_today(self).replace(month=1, day=1)
        return [
            self.env.tz.localize(datetime.combine(day, time.min))
            .astimezone(pytz.utc)
            .replace(tzinfo=None)
            for day in (this_year + relativedelta(years=ahead) for ahead in (-1, 0, 1))
        ]

    # === COUNTING === #

    def _overview_figures(self, sales):
        """The figures that the user may see.

        :param sales: what ``_sales`` has counted
        :return: list of ``{"name", "label", "value", "type" (money, count or percent),
            "detail", "tone", "can_open"}``
        """
        records = self._figure_records()
        figures = [
            *self._sales_figures(sales),
            *self._quotation_figures(sales, records),
            *self._delivery_figures(records),
            *self._invoice_figures(records),
            *self._receivable_figures(records),
            *self._satisfaction_figures(records),
            *self._contact_figures(records),
        ]
        return [
            {
                "type": "money",
                "detail": False,
                "tone": False,
                "can_open": self.env[records[figure["name"]].model].has_access("read"),
                **figure,
            }
            for figure in figures
        ]

    def _may_see(self, groups):
        return self.env.user.has_groups(groups)

    def _sales(self):
        """What is ordered and quoted, by state and month, as Odoo's own report has it.

        :return: list of ``{"state", "month" (a date), "amount", "margin"}``; there is a
            margin where ``sale_margin`` is installed; nothing for who does not sell
        """
        if not self._may_see(SALESPEOPLE):
            return []
        report = self.env["sale.report"].sudo().with_context(tz=self.env.tz.zone)
        measures = ["price_subtotal:sum"]
        if "margin" in report._fields:
            measures.append("margin:sum")
        rows = report._read_group(
            self._sales_domain() & Domain("state", "in", ["draft", "sent", "sale"]),
            ["state", "date:month"],
            measures,
        )
        names = ("state", "month", "amount", "margin")
        return [
            dict(zip(names, (state, month.date(), *sums), strict=False))
            for state, month, *sums in rows
        ]

    def _sales_domain(self):
        """What of Odoo's report on sales is of the entity.

        The report knows no other companies than those one works in.
        """
        return Domain("partner_id", "in", self._entity_people().ids)

    def _sales_figures(self, sales):
        if not self._may_see(SALESPEOPLE):
            return []
        year = fields.Date.context_today(self).year
        ordered = [row for row in sales if row["state"] == "sale"]

        def amount(of_year):
            return sum(row["amount"] for row in ordered if row["month"].year == of_year)

        figures = [
            {
                "name": "ordered_this_year",
                "label": self.env._("Ordered this year"),
                "value": amount(year),
            },
            {
                "name": "ordered_last_year",
                "label": self.env._("Ordered last year"),
                "value": amount(year - 1),
            },
            {
                "name": "ordered",
                "label": self.env._("Ordered ever"),
                "value": sum(row["amount"] for row in ordered),
                "detail": self._since_text(ordered),
            },
        ]
        if "margin" in self.env["sale.report"]._fields:
            figures.append(self._margin_figure(ordered))
        return figures

    def _since_text(self, ordered):
        if not ordered:
            return False
        first = min(row["month"] for row in ordered)
        month = format_date(self.env, first, date_format="LLLL y")
        return self.env._("since %s", month)

    def _margin_figure(self, ordered):
        margin = sum(row["margin"] or 0 for row in ordered)
        amount = sum(row["amount"] for row in ordered)
        return {
            "name": "margin",
            "label": self.env._("Margin ever"),
            "value": margin,
            "detail": amount and self.env._("%.0f %% of sales", 100 * margin / amount),
            "tone": "negative" if margin < 0 else False,
        }

    def _quotation_figures(self, sales, records):
        if not self._may_see(SALESPEOPLE):
            return []
        count = self._all("quotations", records).search_count(
            self._of_companies(records["quotations"])
        )
        return [
            {
                "name": "quotations",
                "label": self.env._("Open quotations"),
                "value": sum(row["amount"] for row in sales if row["state"] != "sale"),
                "detail": self._count_text(count),
            }
        ]

    def _delivery_figures(self, records):
        if "deliveries" not in records or not self._may_see(SALESPEOPLE):
            return []
        pickings = self._all("deliveries", records)
        pending = self._of_companies(records["deliveries"])
        late = pending & Domain("scheduled_date", "<", fields.Datetime.now())
        late_count = pickings.search_count(late)
        return [
            {
                "name": "deliveries",
                "label": self.env._("Deliveries pending"),
                "type": "count",
                "value": pickings.search_count(pending),
                "detail": late_count and self.env._("%s late", late_count),
                "tone": "negative" if late_count else False,
            }
        ]

    def _invoice_figures(self, records):
        """What is invoiced, less credit notes and without tax: Odoo's own report."""
        if not self._may_see(ACCOUNTANTS_TOO):
            return []
        invoiced = self.env["account.invoice.report"].sudo()
        [[amount]] = invoiced._read_group(
            self._of_companies(records["invoiced"]), [], ["price_subtotal:sum"]
        )
        return [
            {
                "name": "invoiced",
                "label": self.env._("Invoiced ever"),
                "value": amount or 0.0,
            }
        ]

    def _receivable_figures(self, records):
        if not self._may_see(ACCOUNTANTS_TOO):
            return []
        due, _oldest = self._residual("due", records)
        overdue, oldest = self._residual("overdue", records)
        figures = [
            {"name": "due", "label": self.env._("Due"), "value": due},
            {
                "name": "overdue",
                "label": self.env._("Overdue"),
                "value": overdue,
                "tone": "negative" if overdue else False,
                "detail": oldest
                and self.env._(
                    "for %s days", (fields.Date.context_today(self) - oldest).days
                ),
            },
        ]
        returned = self._all("returned", records).search_count(
            self._of_companies(records["returned"])
        )
        if returned:
            figures.append(
                {
                    "name": "returned",
                    "label": self.env._("Payments returned"),
                    "type": "count",
                    "value": returned,
                    "tone": "negative",
                }
            )
        return figures

    def _residual(self, name, records):
        """What is unpaid, in the user's company's currency, and since when."""
        today, currency = fields.Date.context_today(self), self.env.company.currency_id
        rows = self._all(name, records)._read_group(
            self._of_companies(records[name]),
            ["company_id"],
            ["amount_residual:sum", "date_maturity:min"],
        )
        amount = sum(
            company.currency_id._convert(residual, currency, company, today)
            for company, residual, _oldest in rows
        )
        return amount, min((oldest for *_, oldest in rows if oldest), default=False)

    def _satisfaction_figures(self, records):
        """What surveys with a score have told, whoever may read the answers."""
        if not self._may_see(SALESPEOPLE):
            return []
        [[score, count, last]] = self._all("satisfaction", records)._read_group(
            records["satisfaction"].domain,
            [],
            ["scoring_percentage:avg", "__count", "end_datetime:max"],
        )
        if not count:
            return []
        when = format_date(self.env, last) if last else ""
        return [
            {
                "name": "satisfaction",
                "label": self.env._("Satisfaction"),
                "type": "percent",
                "value": score,
                "tone": "positive" if score >= SATISFIED else "negative",
                "detail": self.env._(
                    "answers: %(count)s, %(date)s", count=count, date=when
                ),
            }
        ]

    def _contact_figures(self, records):
        """Done actions, as far as the user may see them."""
        if not self._may_see(SALESPEOPLE):
            return []
        [[count, last]] = self.env["crm.action"]._read_group(
            records["contacts"].domain, [], ["__count", "done_at:max"]
        )
        return [
            {
                "name": "contacts",
                "label": self.env._("Points of contact"),
                "type": "count",
                "value": count,
                "detail": last
                and self.env._(
                    "last on %s",
                    format_date(
                        self.env, fields.Datetime.context_timestamp(self, last).date()
                    ),
                ),
            }
        ]

    def _count_text(self, count):
        return count and self.env._("%s open", count)

    def _all(self, name, records):
        """The model of a figure, whosever its records are."""
        return self.env[records[name].model].sudo().with_context(active_test=False)

    def _of_companies(self, records):
        """Of the records behind a figure, those of the companies one works in."""
        return records.domain & Domain("company_id", "in", self.env.companies.ids)

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from . import company_day, sale_money
from .lookup import existing

INTERVALS = {
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
    "year": relativedelta(years=1),
}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
READERS = "sales_team.group_sale_salesman_all_leads"


class CrmLoyalty(models.AbstractModel):
    """Who comes back: customers by when they first bought, and bought again.

    A customer is a commercial entity with all its contacts; a purchase is a confirmed
    order that was not wholly refunded, on its day, where the company is. One query over
    the company's order lines: cost grows with them.
    """

    _name = "crm.loyalty"
    _description = "Loyalty"

    # === CONTRACT === #

    @api.model
    def get_loyalty(self, interval="month", first=None, last=None, segment_id=None):
        """How many of those who first bought together bought again, and when.

        :param str interval: ``month``, ``quarter`` or ``year``
        :param str first: the day from which first purchases count, as 2026-01-31
        :param str last: the day up to which purchases count
        :param int segment_id: only customers who are in that segment today
        :return: dict of ``cohorts``: list of ``{"date", "customers", "repeat_rate",
            "buyers"}``, the last one a number for each interval since, the first of
            which is the cohort itself; ``customers``, ``repeat_rate`` (who bought twice
            or more, of all) and ``orders_per_customer`` of all
        :raise UserError: when a parameter cannot be read
        :raise AccessError: when the user does not see all documents
        """
        purchases = self._purchases(interval, first, last, segment_id)
        cohorts = self._cohorts(interval, purchases)
        repeaters, customers, orders = self._totals(purchases)
        return {
            "cohorts": cohorts,
            "customers": customers,
            "repeat_rate": repeaters / customers if customers else 0.0,
            "orders_per_customer": orders / customers if customers else 0.0,
        }

    @api.model
    def open_customers(self, interval, cohort, number, segment_id=None):
        """Open the customers behind a number.

        :param str cohort: the first day of its interval
        :param int number: how many intervals after the first purchase they bought
        """
        purchases = self._purchases(interval, None, None, segment_id)
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT customer_id FROM (%s) purchase"
                " WHERE cohort = %s AND number = %s",
                purchases,
                fields.Date.to_date(cohort),
                number,
            )
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_playbook.res_partner_action"
        )
        return action | {
            "domain": [("id", "in", [customer_id for (customer_id,) in rows])],
            "context": {},
        }

    # === QUERIES === #

    def _purchases(self, interval, first, last, segment_id):
        """Each purchase with its customer's cohort, and how long after it was."""
        if not self.env.user.has_group(READERS):
            raise AccessError(
                self.env._("Only who sees all documents looks at the loyalty of all.")
            )
        if interval not in INTERVALS:
            raise UserError(
                self.env._(
                    "Ask by %(known)s, not by %(interval)s.",
                    known=", ".join(INTERVALS),
                    interval=interval,
                )
            )
        first, last = self._readable_day(first), self._readable_day(last)
        sale_money.flush(self.env)
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        return SQL(
            """SELECT customer_id, cohort,
                      ((12 * (extract(year FROM began) - extract(year FROM cohort))
                        + extract(month FROM began) - extract(month FROM cohort))
                       / %s)::int AS number
                 FROM (SELECT customer_id,
                              date_trunc(%s, day)::date AS began,
                              date_trunc(%s, min(day) OVER (PARTITION BY customer_id)
                                  )::date AS cohort,
                              min(day) OVER (PARTITION BY customer_id) AS first_day
                         FROM (%s) bought) purchase
                WHERE %s""",
            MONTHS[interval],
            interval,
            interval,
            self._bought(last, segment_id),
            SQL("first_day >= %s", first) if first else SQL("true"),
        )

    def _bought(self, last, segment_id):
        """The purchases: whose, and on which day."""
        return SQL(
            """SELECT customer_id, day
                 FROM (SELECT buyer.commercial_partner_id AS customer_id,
                              %s AS day,
                              sum(part.ordered) AS ordered,
                              sum(part.revenue) AS revenue
                         FROM (%s) part
                         JOIN res_partner buyer ON buyer.id = part.partner_id
                           %s
                        WHERE part.company_id = %s
                     GROUP BY part.order_id, 1, 2) purchase
                WHERE (revenue <> 0 OR ordered = 0) AND %s AND %s""",
            company_day.day(SQL("part.date_order")),
            sale_money.sale_lines(),
            company_day.join_zone_of_company(SQL("part.company_id")),
            self.env.company.id,
            SQL("day <= %s", last) if last else SQL("true"),
            self._of_segment(segment_id),
        )

    def _of_segment(self, segment_id):
        if not segment_id:
            return SQL("true")
        segment = existing(self.env, "crm.segment", segment_id)
        members = self.env["res.partner"]._search(segment._partner_domain())
        return SQL("customer_id IN %s", members.subselect())

    def _readable_day(self, day):
        try:
            return fields.Date.to_date(day or None)
        except ValueError as error:
            raise UserError(
                self.env._("%s is no day: write it as 2026-01-31.", day)
            ) from error

    def _cohorts(self, interval, purchases):
        rows = self.env.execute_query(
            SQL(
                """SELECT cohort, number, count(DISTINCT customer_id), count(*)
                     FROM (%s) purchase GROUP BY cohort, number
                 ORDER BY cohort, number""",
                purchases,
            )
        )
        repeaters = dict(
            self.env.execute_query(
                SQL(
                    """SELECT cohort, count(*)
                         FROM (SELECT cohort, customer_id FROM (%s) purchase
                             GROUP BY cohort, customer_id HAVING count(*) > 1) again
                     GROUP BY cohort""",
                    purchases,
                )
            )
        )
        buyers, latest = {}, None
        for cohort, number, count, _orders in rows:
            buyers.setdefault(cohort, {})[number] = count
            then = cohort + INTERVALS[interval] * number
            latest = max(latest or then, then)
        return [
            {
                "date": fields.Date.to_string(cohort),
                "customers": own[0],
                "repeat_rate": repeaters.get(cohort, 0) / own[0],
                "buyers": [
                    own.get(number, 0)
                    for number in range(_intervals(cohort, latest, interval) + 1)
                ],
            }
            for cohort, own in buyers.items()
        ]

    def _totals(self, purchases):
        """Customers who bought twice or more, all customers, and their purchases."""
        [totals] = self.env.execute_query(
            SQL(
                """SELECT count(*) FILTER (WHERE orders > 1), count(*),
                          coalesce(sum(orders), 0)::int
                     FROM (SELECT customer_id, count(*) AS orders
                             FROM (%s) purchase GROUP BY customer_id) customer""",
                purchases,
            )
        )
        return totals


def _intervals(first, last, interval):
    """How many intervals lie between the beginnings of two."""
    months = 12 * (last.year - first.year) + last.month - first.month
    return months // MONTHS[interval]

from collections import defaultdict
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, float_round

from . import company_day, sale_money
from .crm_forecast import NONE, period_of
from .lookup import existing

ALL_DOCUMENTS = "sales_team.group_sale_salesman_all_leads"
ADMINISTRATORS = "sales_team.group_sale_manager"


class CrmForecastQuota(models.Model):
    """What a person is to sell for a team in a month, of all products or of a family.

    Quotas by family are parts of the one of all products. Where a person has only
    those, their sum is the quota of the month; a family within another is part of it.
    """

    _name = "crm.forecast.quota"
    _description = "Sales Quota"
    _order = "month DESC, team_id, user_id, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    team_id = fields.Many2one(
        "crm.team",
        "Sales Team",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    product_category_id = fields.Many2one(
        "product.category",
        "Product Family",
        ondelete="restrict",
        help="Empty: what is sold of all products together.",
    )
    month = fields.Date(
        required=True,
        default=lambda self: fields.Date.context_today(self).replace(day=1),
        help="Its first day.",
    )
    amount = fields.Monetary(required=True)

    _one_index = models.UniqueIndex(
        "(company_id, team_id, user_id, coalesce(product_category_id, 0), month)",
        "Somebody has one quota for each team, product family and month.",
    )
    _month_begins = models.Constraint(
        "CHECK(EXTRACT(DAY FROM month) = 1)",
        "Write the month of a quota as its first day, such as 2026-01-01.",
    )
    _amount_not_negative = models.Constraint(
        "CHECK(amount >= 0)", "A quota is not negative."
    )

    @api.depends("user_id", "product_category_id", "month")
    def _compute_display_name(self):
        for quota in self:
            month = quota.month and quota.month.strftime("%Y-%m")
            parts = (quota.user_id.name, quota.product_category_id.name, month)
            quota.display_name = " · ".join(part for part in parts if part)

    # === SETTING === #

    @api.model
    def set_quota(
        self, team_id, user_id, first, last, amount, product_category_id=False
    ):
        """Set what a person is to sell for a team in a span of whole months.

        It is split over the months in proportion to what was there, or evenly where
        nothing was, to the cent; the last month has the rest, so that the months add
        up to the amount exactly.

        :param str first: first day of the first month, as 2026-01-01
        :param str last: last day of the last month, as 2026-03-31
        :param float amount: in the currency of the company
        :param int product_category_id: of this product family; False: of all products
        :return: ids of the quotas, a month each
        :raise UserError: when these are no whole months, or the amount is negative
        :raise AccessError: when the user answers for another team
        """
        team = existing(self.env, "crm.team", team_id)
        user = existing(self.env, "res.users", user_id)
        months = self._months(first, last)
        self._check_may_set(team)
        if not isinstance(amount, (int, float)) or amount < 0:
            raise UserError(self.env._("A quota is an amount that is not negative."))
        key = {
            "company_id": self.env.company.id,
            "team_id": team.id,
            "user_id": user.id,
            "product_category_id": product_category_id or False,
        }
        there = self._of_key(key, months)
        quotas = self
        shares = self._split(amount, [there[month].amount for month in months])
        for month, share in zip(months, shares, strict=True):
            if there[month]:
                there[month].amount = share
            else:
                there[month] = self.create({**key, "month": month, "amount": share})
            quotas |= there[month]
        return quotas.ids

    def _check_may_set(self, team):
        if not self._may_set(team):
            raise AccessError(
                self.env._("You may set the quotas of the teams that you lead.")
            )

    def _may_set(self, team):
        user = self.env.user
        return user.has_group(ADMINISTRATORS) or team._is_led_by(user)

    def _of_key(self, key, months):
        """{month: the quota that is there, or none}."""
        domain = Domain.AND([[(name, "=", value)] for name, value in key.items()])
        quotas = self.search(domain & Domain("month", "in", months))
        return defaultdict(self.browse, {quota.month: quota for quota in quotas})

    def _split(self, amount, weights):
        """Shares of an amount that are as the weights are, and add up to it exactly."""
        currency = self.env.company.currency_id
        amount = currency.round(amount)
        whole = sum(weights)
        weights = weights if whole else [1] * len(weights)
        shares = [
            float_round(
                amount * weight / (whole or len(weights)),
                precision_rounding=currency.rounding,
                rounding_method="DOWN",
            )
            for weight in weights[:-1]
        ]
        return [*shares, currency.round(amount - sum(shares))]

    def _months(self, first, last):
        """The first days of the months from one day to another."""
        first, last = self._day(first), self._day(last)
        is_whole = first and last and first < last
        if not is_whole or first.day != 1 or (last + timedelta(days=1)).day != 1:
            raise UserError(
                self.env._(
                    "Quotas are of whole months: from the first day of one to the last "
                    "day of the same or of a later one."
                )
            )
        count = 12 * (last.year - first.year) + last.month - first.month + 1
        return [first + relativedelta(months=number) for number in range(count)]

    def _day(self, day):
        try:
            return fields.Date.to_date(day)
        except (ValueError, TypeError) as error:
            raise UserError(
                self.env._("Write days as 2026-01-31, not as %s.", day)
            ) from error

    # === READING === #

    @api.model
    def _sums(self, domain):
        """What the quotas of a domain come to, those that the user may read.

        Where there is one of all products, those by family are parts of it.

        :return: {(team id, user id, month): amount}
        """
        rows = self._read_group(
            domain,
            ["team_id", "user_id", "month:month", "product_category_id"],
            ["amount:sum"],
        )
        by_family = defaultdict(dict)
        for team, user, month, family, amount in rows:
            by_family[team.id, user.id, month][family.sudo()] = amount
        return {key: _whole(amounts) for key, amounts in by_family.items()}

    # === ATTAINMENT BY PRODUCT FAMILY === #

    @api.model
    def get_family_attainment(self, first, last, team_id=False, user_id=False):
        """What was sold of each product family that has a quota, against it.

        Sold is what orders of the salespeople that were confirmed in those days, where
        the company is, hold of products of the family and of those below it, without
        tax, in the currency of the company.

        :param str first: first day of a month, as 2026-01-01
        :param str last: last day of a month, as 2026-03-31
        :param int team_id: only of this team and those below it
        :param int user_id: only of this person
        :return: list of dicts ``product_category_id`` (False: all products), ``name``,
            ``quota``, ``sold``, ``attainment`` (False without a quota)
        :raise UserError: when these are no whole months
        """
        months = self._months(first, last)
        whose = self._whose(team_id, user_id)
        quotas = self._read_group(
            whose & Domain("month", "in", months),
            ["product_category_id"],
            ["amount:sum"],
        )
        sold = self._sold(whose, first, last, [family.id for family, _sum in quotas])
        rows = [
            {
                "product_category_id": family.id,
                "name": family.sudo().complete_name or self.env._("All products"),
                "quota": amount,
                "sold": sold.get(family.id, 0.0),
                "attainment": sold.get(family.id, 0.0) / amount if amount else False,
            }
            for family, amount in quotas
        ]
        return sorted(
            rows, key=lambda row: (not row["product_category_id"], row["name"])
        )

    def _whose(self, team_id, user_id):
        """Of a team and those below it, of a person, and of whom the user may see."""
        user = self.env.user
        domain = Domain("company_id", "=", self.env.company.id)
        if team_id:
            domain &= Domain("team_id", "child_of", team_id)
        if user_id:
            domain &= Domain("user_id", "=", user_id)
        if user.has_group(ALL_DOCUMENTS):
            return domain
        led = Domain("team_id", "child_of", user.sudo().led_team_ids.ids)
        return domain & (led | Domain("user_id", "=", user.id))

    def _sold(self, whose, first, last, family_ids):
        """{id of a product family, False for all of them: what was sold of it}."""
        sale_money.flush(self.env)
        orders = self.env["sale.order"].sudo()._search(whose)
        day = company_day.day(SQL("sold.date_order"))
        rows = self.env.execute_query(
            SQL(
                """SELECT asked.id, coalesce(sum(sold.ordered), 0)
                     FROM (%(sales)s AND o.id IN %(orders)s) sold
                     %(zone)s
                     JOIN product_product product ON product.id = sold.product_id
                     JOIN product_template template
                       ON template.id = product.product_tmpl_id
                LEFT JOIN product_category own ON own.id = template.categ_id
                     JOIN unnest(%(asked)s::int[]) asked(id) ON true
                LEFT JOIN product_category family ON family.id = asked.id
                    WHERE %(day)s BETWEEN %(first)s AND %(last)s
                      AND (asked.id = 0
                           OR own.parent_path LIKE family.parent_path || '%%')
                 GROUP BY asked.id""",
                sales=sale_money.sale_lines(),
                orders=orders.subselect(),
                zone=company_day.join_zone_of_company(SQL("sold.company_id")),
                asked=[family_id or 0 for family_id in family_ids],
                day=day,
                first=first,
                last=last,
            )
        )
        return {family_id or False: float(amount) for family_id, amount in rows}


class CrmForecast(models.AbstractModel):
    _inherit = "crm.forecast"

    def _count_quotas(self, leaves, whose, periods):
        sums = self.env["crm.forecast.quota"]._sums(whose & within(periods))
        for (team_id, user_id, month), amount in sums.items():
            leaves[team_id, user_id, period_of(month, periods)].quota += amount

    def _may_set_quota(self, team_id, user_id):
        if not user_id or NONE in (team_id, user_id):
            return False
        team = self.env["crm.team"].browse(team_id)
        return self.env["crm.forecast.quota"]._may_set(team)


def within(periods):
    """The months of some periods, as a domain.

    :param periods: first and last day of each
    """
    first, last = periods[0][0], periods[-1][1]
    return Domain("month", ">=", first) & Domain("month", "<=", last)


def _whole(amounts):
    """The quota of all products, or what those by family come to.

    :param amounts: {product family, or none: amount}
    """
    for family, amount in amounts.items():
        if not family:
            return amount
    ids = {family.id for family in amounts}
    return sum(
        amount
        for family, amount in amounts.items()
        if ids.isdisjoint(map(int, family.parent_path.split("/")[:-2]))
    )

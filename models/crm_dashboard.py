from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_action_type import MONEY_GROUPS

COUNTS = (
    "opportunity_count",
    "won_count",
    "lost_count",
    "done_action_count",
    "order_count",
)
RATIOS = ("conversion", "days_per_sale", "appointments_per_sale")
MONEY = ("revenue", "refunded", "invoiced", "paid", "fixed_cost", "action_cost", "cost")
MONEY_RATIOS = ("roi", "average_sale")
MOST_ROWS = 10


class CrmDashboard(models.AbstractModel):
    """The results on one page: what it took, what it brought, and by whom.

    Everything comes from the reports, with the rights of who looks: salespeople see
    their own, leaders their team's; money is for the sales administrator. The number of
    queries does not grow with what is shown.
    """

    _name = "crm.dashboard"
    _description = "Dashboard"

    # === CONTRACT === #

    @api.model
    def get_dashboard(
        self, first=None, last=None, campaign_id=None, team_id=None, user_id=None
    ):
        """The results of a period, or of all time.

        :param str first: its first day, as 2026-01-31; None: from the beginning
        :param str last: its last day
        :return: dict of ``totals`` and ``before`` (those of as many days before; empty
            without a period): figures of ``crm.campaign.figure`` by name; ``months``,
            ``campaigns``, ``people``, ``products``, ``reasons``: lists of figures with
            ``id`` and ``name`` (``date`` for months); ``funnel`` of the campaign (the
            largest one, if none is given), with its ``campaign``; ``messages`` and
            ``satisfaction``; ``sees_money``, ``currency_id``; ``domain``, what all of
            it is about. Money is in the currency of the company, left out for who may
            not see it.
        :raise UserError: when a day cannot be read
        """
        whose = self._whose(campaign_id, team_id, user_id)
        period = self._readable_period(first, last)
        domain = whose & self._within(period)
        campaigns = self._by("crm_campaign_id", domain, "opportunity_count")
        return {
            "currency_id": self.env.company.currency_id.id,
            "sees_money": self._sees_money(),
            "domain": list(domain),
            "totals": self._of_closed(self._sums(domain), period),
            "before": self._before(whose, period),
            "months": self._months(domain),
            "campaigns": self._with_budgets(campaigns),
            "people": self._by("user_id", domain, "won_count"),
            "products": self._by("product_id", domain, "revenue", kind="sale"),
            "reasons": self._reasons(domain),
            "funnel": self._funnel(campaign_id, campaigns, domain),
            "messages": self._messages(domain),
            "satisfaction": self._satisfaction(domain),
        }

    @api.model
    def get_choices(self):
        """Campaigns, teams and people to choose from, as lists of ``{"id", "name"}``.

        Only those that have results which the user may see.
        """
        figures = self.env["crm.campaign.figure"]
        names = {"crm_campaign_id": "campaigns", "team_id": "teams", "user_id": "users"}
        return {
            title: [
                {"id": record.id, "name": record.sudo().display_name}
                for (record,) in figures._read_group([], [name])
                if record
            ]
            for name, title in names.items()
        }

    # === WHAT IT IS ABOUT === #

    def _whose(self, campaign_id, team_id, user_id):
        domain = Domain("company_id", "=", self.env.company.id)
        for name, value in (
            ("crm_campaign_id", campaign_id),
            ("team_id", team_id),
            ("user_id", user_id),
        ):
            if value:
                domain &= Domain(name, "=", value)
        return domain

    def _readable_period(self, first, last):
        try:
            return fields.Date.to_date(first or None), fields.Date.to_date(last or None)
        except ValueError as error:
            raise UserError(
                self.env._(
                    "Write days as 2026-01-31, not as %(first)s and %(last)s.",
                    first=first,
                    last=last,
                )
            ) from error

    def _within(self, period):
        first, last = period
        after = Domain("date", ">=", first) if first else Domain.TRUE
        before = Domain("date", "<=", last) if last else Domain.TRUE
        return after & before

    def _before(self, whose, period):
        """The same of the period before: the month before a month, and so on.

        A period that is under way is compared with as much of the one before.
        """
        first, last = period
        if not first or not last:
            return {}
        until = min(last, max(fields.Date.context_today(self), first))
        length = _length(first, last)
        before = (first - length, until - length)
        return self._of_closed(self._sums(whose & self._within(before)), before)

    def _of_closed(self, totals, period):
        """In a period, opportunities are won that were made before it: what was won of
        those that were closed in it tells more than what was won of those made in it.
        """
        if any(period):
            closed = totals["won_count"] + totals["lost_count"]
            totals["conversion"] = totals["won_count"] / closed if closed else None
        return totals

    # === FIGURES === #

    def _sees_money(self):
        return self.env.user.has_groups(MONEY_GROUPS)

    def _names(self):
        money = (*MONEY, *MONEY_RATIOS) if self._sees_money() else ()
        return (*COUNTS, *RATIOS, *money)

    def _aggregates(self):
        names = self.env["crm.campaign.figure"]._fields
        return [f"{name}:{names[name].aggregator}" for name in self._names()]

    def _sums(self, domain):
        figures = self.env["crm.campaign.figure"]
        [row] = figures._read_group(domain, [], self._aggregates())
        return self._named(row)

    def _named(self, figures):
        """Figures by name; ratios that are not defined are None, sums are numbers."""
        return {
            name: (figure if figure is not False else None)
            if name in (*RATIOS, *MONEY_RATIOS)
            else figure or 0
            for name, figure in zip(self._names(), figures, strict=True)
        }

    def _by(self, name, domain, most, kind=None):
        """The figures of each record, the largest ones first."""
        if most not in self._names():
            return []
        if kind:
            domain &= Domain("kind", "=", kind)
        rows = self.env["crm.campaign.figure"]._read_group(
            domain, [name], self._aggregates()
        )
        told = [
            {"id": record.id, "name": record.sudo().display_name or ""}
            | self._named(figures)
            for record, *figures in rows
        ]
        return sorted(told, key=lambda row: (-row[most], row["name"]))[:MOST_ROWS]

    def _months(self, domain):
        rows = self.env["crm.campaign.figure"]._read_group(
            domain, ["date:month"], self._aggregates(), order="date:month"
        )
        return [
            {"date": fields.Date.to_string(month)} | self._named(figures)
            for month, *figures in rows
            if month
        ]

    def _reasons(self, domain):
        rows = self.env["crm.campaign.figure"]._read_group(
            domain & Domain("lost_count", ">", 0),
            ["lost_reason_id"],
            ["lost_count:sum"],
            order="lost_count:sum DESC",
        )
        return [
            {
                "id": reason.id,
                "name": reason.name or self.env._("No reason given"),
                "lost_count": count,
            }
            for reason, count in rows[:MOST_ROWS]
        ]

    def _with_budgets(self, rows):
        if not self._sees_money():
            return rows
        campaigns = self.env["crm.campaign"].browse([row["id"] for row in rows])
        budgets = {campaign.id: campaign.budget for campaign in campaigns}
        return [row | {"budget": budgets[row["id"]]} for row in rows]

    def _funnel(self, campaign_id, campaigns, domain):
        """How far the opportunities of one campaign came: of those that the user sees,
        and that were made in the period by the people asked for.
        """
        largest = campaigns[0]["id"] if campaigns else None
        campaign = self.env["crm.campaign"].browse(campaign_id or largest or ())
        if not campaign:
            return {}
        campaign.check_access("read")
        made = domain.map_conditions(_of_opportunity)
        leads = self.env["crm.lead"].with_context(active_test=False)
        visible = leads._search(made & Domain("crm_campaign_id", "=", campaign.id))
        return {
            "campaign": {"id": campaign.id, "name": campaign.name},
            "stages": [
                line | {"stage": line["stage"].name, "id": line["stage"].id}
                for line in campaign._funnel(SQL("lead.id IN %s", visible.subselect()))
            ],
        }

    def _messages(self, domain):
        names = ("sent", "delivered", "opened", "clicked", "answered")
        rows = self.env["crm.message.effect"]._read_group(
            domain, ["channel"], [f"{name}_count:sum" for name in names]
        )
        labels = dict(
            self.env["crm.message.effect"]
            ._fields["channel"]
            ._description_selection(self.env)
        )
        return [
            {"channel": channel, "name": labels.get(channel, "")}
            | dict(zip(names, counts, strict=True))
            for channel, *counts in rows
        ]

    def _satisfaction(self, domain):
        [(answers, score)] = self.env["crm.satisfaction"]._read_group(
            domain, [], ["answer_count:sum", "score:avg"]
        )
        return {"answers": answers or 0, "score": score or None}


def _length(first, last):
    """How long a period is: in months where it is of whole ones, else in days."""
    after = last + timedelta(days=1)
    if first.day == after.day == 1:
        months = 12 * (after.year - first.year) + after.month - first.month
        return relativedelta(months=months)
    return after - first


def _of_opportunity(condition):
    """A condition on results as one on opportunities: its day is when it was made."""
    if condition.field_expr == "date":
        value = condition.value
        if condition.operator == "<=":
            return Domain("create_date", "<", value + timedelta(days=1))
        return Domain("create_date", condition.operator, value)
    if condition.field_expr == "company_id":
        return Domain.TRUE  # that of its campaign
    return condition


class CrmCampaign(models.Model):
    _inherit = "crm.campaign"

    def action_view_dashboard(self):
        """Open the dashboard of this campaign, of all time."""
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id(
            "crm_playbook.crm_dashboard_action"
        )
        return action | {"params": {"campaign_id": self.id, "period": "all"}}

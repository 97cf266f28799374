import itertools
from collections import defaultdict
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, date_utils
from odoo.tools.misc import format_date

from .forecast_figure import ForecastFigure

MONTHS = {"month": 1, "quarter": 3, "year": 12}
NAMES = {"month": "MMM y", "quarter": "QQQ y", "year": "y"}
# However far somebody looks: a grid of more columns is none to read.
MOST_PERIODS = 24
# Who has an opportunity that nobody has, or that is of no team.
NONE = -1
COMPANY = ("company",)


class CrmForecast(models.AbstractModel):
    """What is to come, by whom and when: the history of the forecast, rolled up.

    Everything is read from ``crm.forecast.history`` with the rights of who looks:
    salespeople see their own, leaders what is of their teams and of those below. How
    it stood on a past day is asked in the same way as how it stands now. Each
    opportunity is of one person in one team; teams are parts of others, and all of the
    company: so the figures of a row are the sum of those below it, and of its own
    adjustments. The number of queries grows neither with people nor with opportunities;
    their cost with the opportunities that are due in the periods.
    """

    _name = "crm.forecast"
    _description = "Forecast"

    # === CONTRACT === #

    @api.model
    def get_forecast(
        self,
        first=None,
        period="month",
        count=3,
        team_id=False,
        user_id=False,
        as_of=None,
    ):
        """What is to come in some periods, by company, team and person.

        :param str first: a day of the first period, as 2026-01-31; None: today
        :param str period: ``month``, ``quarter`` or ``year``
        :param int count: how many periods
        :param int team_id: only of this team and those below it
        :param int user_id: only of this person
        :param str as_of: a past day: how it stood when it ended, where the company is.
            Quotas are those of now.
        :return: dict of ``periods``, ``rows`` (in the order of the tree, each with a
            ``cell`` for each period, and their ``total``), ``overdue`` and
            ``without_date`` (``count`` and ``amount`` of what is in no period to come),
            ``currency_id``, ``today``. Amounts are in the currency of the company.
        :raise UserError: when a day cannot be read, or there is no such period
        """
        periods = self._periods(first, period, count)
        moment = self._moment(as_of)
        whose = self._whose(team_id, user_id)
        figures = self._figures(whose, periods, moment)
        own = self._own_adjustments(periods, moment)
        tree = self._tree(figures, whose, team_id, user_id)
        return {
            "currency_id": self.env.company.currency_id.id,
            "today": str(self._today()),
            "as_of": as_of or False,
            "period": period,
            "periods": [self._told_period(one, period) for one in periods],
            "rows": [self._told_row(row, periods, figures, own) for row in tree],
            "overdue": self._sums(whose & self._overdue(as_of), moment),
            "without_date": self._sums(whose & Domain("date", "=", False), moment),
            "may_choose_team": self._may_choose_team(),
        }

    @api.model
    def get_funnel(self, first, last, team_id=False, user_id=False, as_of=None):
        """Open opportunities due between two days, by stage.

        :return: list of dicts ``stage_id``, ``name``, ``count``, ``amount``,
            ``weighted``, in the order of the stages
        """
        domain = self._whose(team_id, user_id) & self._due(*self._days(first, last))
        rows = self._history()._read_group(
            domain & self._open() & self._at(self._moment(as_of)),
            ["stage_id"],
            ["__count", "amount:sum", "weighted:sum"],
            order="stage_id",
        )
        return [
            {
                "stage_id": stage.id,
                "name": stage.sudo().name or self.env._("No stage"),
                "count": count,
                "amount": amount,
                "weighted": weighted,
            }
            for stage, count, amount, weighted in rows
        ]

    # === WHAT IS BEHIND A NUMBER === #

    @api.model
    def open_cell(
        self, first, last, team_id=False, user_id=False, category=None, as_of=None
    ):
        """The opportunities behind a cell of the grid, to look at and to edit.

        :param int team_id: of a row; -1: of no team
        :param int user_id: of a row; -1: of nobody
        :param str category: only these; None: all that is open, and not omitted
        :return: an action
        """
        due = self._due(*self._days(first, last))
        which = self._open() if category is None else self._in_category(category)
        return self._open_rows(self._of_row(team_id, user_id) & due & which, as_of)

    @api.model
    def open_stage(self, stage_id, first, last, team_id=False, user_id=False):
        """The opportunities behind a step of the funnel."""
        due = self._due(*self._days(first, last))
        in_stage = Domain("stage_id", "=", stage_id)
        whose = self._whose(team_id, user_id)
        return self._open_rows(whose & due & in_stage & self._open())

    @api.model
    def open_overdue(self, team_id=False, user_id=False, as_of=None):
        """The open opportunities that should have been closed before."""
        whose = self._whose(team_id, user_id)
        return self._open_rows(whose & self._overdue(as_of) & self._open(), as_of)

    @api.model
    def open_without_date(self, team_id=False, user_id=False, as_of=None):
        """The open opportunities that nobody knows when to expect."""
        whose = self._whose(team_id, user_id) & Domain("date", "=", False)
        return self._open_rows(whose & self._open(), as_of)

    @api.model
    def open_slipped(self, first, last, team_id=False, user_id=False, as_of=None):
        """The opportunities that were due in a period, and were not closed in it."""
        query = self._slipped(
            self._of_row(team_id, user_id),
            [self._days(first, last)],
            self._moment(as_of),
        )
        rows = self.env.execute_query(query.select(SQL("crm_forecast_history.lead_id")))
        return self._open_leads([("id", "in", [lead_id for (lead_id,) in rows])])

    def _open_rows(self, domain, as_of=None):
        domain &= self._at(self._moment(as_of))
        return self._open_leads([("forecast_row_ids", "any", list(domain))])

    def _open_leads(self, domain):
        view = self.env.ref("crm_playbook.crm_lead_view_list_forecast")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Opportunities"),
            "res_model": "crm.lead",
            "views": [(view.id, "list"), (False, "kanban"), (False, "form")],
            "domain": domain,
            "context": {"active_test": False, "create": False},
        }

    # === WHAT IT IS ABOUT === #

    def _history(self):
        return self.env["crm.forecast.history"]

    def _at(self, moment):
        return self._history()._at(moment)

    def _today(self):
        return self.env.company._points_today()

    def _company(self):
        return Domain("company_id", "in", [self.env.company.id, False])

    def _whose(self, team_id, user_id):
        """Of a team and those below it, of a person."""
        domain = self._company()
        if team_id:
            domain &= Domain("team_id", "child_of", team_id)
        if user_id:
            domain &= Domain("user_id", "=", user_id)
        return domain

    def _of_row(self, team_id, user_id):
        """Of a row of the grid: a person's is of one team, not of those below it."""
        if user_id or team_id == NONE:
            own = Domain("team_id", "=", team_id if team_id != NONE else False)
            team = own if team_id else Domain.TRUE
            person = Domain("user_id", "=", user_id if user_id != NONE else False)
            return self._company() & team & (person if user_id else Domain.TRUE)
        return self._whose(team_id, False)

    def _due(self, first, last):
        return Domain("date", ">=", first) & Domain("date", "<=", last)

    def _open(self):
        return Domain("state", "=", "open") & Domain("category", "!=", "omitted")

    def _in_category(self, category):
        state = "won" if category == "closed" else "open"
        return Domain("state", "=", state) & Domain("category", "=", category)

    def _overdue(self, as_of):
        """Due before today, or before the day after a past one."""
        day = self._day(as_of) + timedelta(days=1) if as_of else self._today()
        return Domain("date", "<", day)

    def _day(self, day):
        try:
            return fields.Date.to_date(day)
        except (ValueError, TypeError) as error:
            raise UserError(
                self.env._("Write days as 2026-01-31, not as %s.", day)
            ) from error

    def _days(self, first, last):
        first, last = self._day(first), self._day(last)
        if not first or not last or first > last:
            raise UserError(
                self.env._("Say from which day until which later one it is about.")
            )
        return first, last

    def _moment(self, as_of):
        """When a day ended where the company is, in UTC; None: now."""
        day = self._day(as_of) if as_of else None
        if not day or day >= self._today():
            return None
        return self.env.company._points_midnight(day + timedelta(days=1))

    def _periods(self, first, period, count):
        """First and last day of each period, as tuples."""
        if period not in MONTHS or not 0 < count <= MOST_PERIODS:
            raise UserError(
                self.env._(
                    "Ask for up to %s periods: month, quarter or year.", MOST_PERIODS
                )
            )
        day = self._day(first) if first else self._today()
        begin = date_utils.start_of(day, period)
        length = relativedelta(months=MONTHS[period])
        begins = [begin + number * length for number in range(count + 1)]
        return [
            (one, following - timedelta(days=1))
            for one, following in itertools.pairwise(begins)
        ]

    # === FIGURES === #

    def _sums(self, domain, moment):
        [(count, amount)] = self._history()._read_group(
            domain & self._open() & self._at(moment), [], ["__count", "amount:sum"]
        )
        return {"count": count, "amount": amount}

    def _figures(self, whose, periods, moment):
        """Figures of each person in each team by period, and of whatever is above.

        :return: {(node, first day of the period): ForecastFigure}, a node as ``_path``
            tells it
        """
        figures = defaultdict(ForecastFigure)
        leaves = defaultdict(ForecastFigure)
        self._count_amounts(leaves, whose, periods, moment)
        self._count_slipped(leaves, whose, periods, moment)
        self._count_quotas(leaves, whose, periods)
        self._count_adjustments(leaves, whose, periods, moment)
        paths = self._paths({(team_id, user_id) for team_id, user_id, _first in leaves})
        for (team_id, user_id, first), figure in leaves.items():
            for node in paths[team_id, user_id]:
                figures[node, first] += figure
        return figures

    def _count_amounts(self, leaves, whose, periods, moment):
        """By month: it is in one period, whichever they are."""
        first, last = periods[0][0], periods[-1][1]
        states = Domain("state", "in", ["open", "won"])
        rows = self._history()._read_group(
            whose & self._due(first, last) & states & self._at(moment),
            ["team_id", "user_id", "date:month", "category"],
            ["__count", "amount:sum", "weighted:sum"],
        )
        for team, user, month, category, count, amount, weighted in rows:
            key = (team.id or NONE, user.id or NONE, period_of(month, periods))
            figure = leaves[key]
            figure.counts[category] += count
            figure.amounts[category] += amount
            if category != "omitted":
                figure.weighted += weighted

    def _count_slipped(self, leaves, whose, periods, moment):
        query = self._slipped(whose, periods, moment)
        columns = SQL("crm_forecast_history.team_id, crm_forecast_history.user_id, due")
        query.groupby = columns
        rows = self.env.execute_query(
            query.select(
                columns, SQL("count(*)"), SQL("sum(crm_forecast_history.amount)")
            )
        )
        for team_id, user_id, due, count, amount in rows:
            figure = leaves[team_id or NONE, user_id or NONE, due]
            figure.slipped_count += count
            figure.slipped_amount += float(amount)

    def _slipped(self, whose, periods, moment):
        """Open opportunities that were due in a period when it had begun, and are now
        due after it, or never, or whose period is over.

        :return: a query over the history, with the first day of the period as ``due``
        """
        query = self._history()._search(whose & self._open() & self._at(moment))
        until = moment or fields.Datetime.now()
        today = self.env.company._points_day(until)
        was_due = SQL(
            """(SELECT was.lead_key, period.first AS due, period.last
                  FROM unnest(%(firsts)s::date[], %(lasts)s::date[],
                              %(begins)s::timestamp[]) AS period(first, last, begin)
                 CROSS JOIN LATERAL (
                       SELECT lead_key FROM crm_forecast_history
                        WHERE valid_to IS NULL AND %(due)s
                        UNION
                       SELECT lead_key FROM crm_forecast_history
                        WHERE valid_to > period.begin AND %(due)s) was
                 WHERE period.begin <= %(until)s)""",
            firsts=[first for first, _last in periods],
            lasts=[last for _first, last in periods],
            begins=[
                self.env.company._points_midnight(first) for first, _last in periods
            ],
            until=until,
            due=SQL(
                """state = 'open' AND category <> 'omitted' AND valid_from < %s
               AND (company_id = %s OR company_id IS NULL)
               AND date BETWEEN period.first AND period.last""",
                until,
                self.env.company.id,
            ),
        )
        query.add_join(
            "JOIN",
            "slipped",
            was_due,
            SQL(
                """slipped.lead_key = crm_forecast_history.lead_key
               AND (crm_forecast_history.date IS NULL
                    OR crm_forecast_history.date > slipped.last
                    OR slipped.last < %s
                   AND crm_forecast_history.date >= slipped.due)""",
                today,
            ),
        )
        return query

    def _count_quotas(self, leaves, whose, periods):
        """Overridden where there are quotas."""

    def _count_adjustments(self, leaves, whose, periods, moment):
        """Overridden where there are adjustments."""

    def _own_adjustments(self, periods, moment):
        """{(node, first day of the period): what its manager adds to it}."""
        return {}

    # === TREE === #

    def _paths(self, leaves):
        """The nodes that a person in a team, or a team itself, is part of.

        :param leaves: set of (team id, user id); -1 for none, False for all of them
        :return: {leaf: list of nodes, the company first}
        """
        teams = self.env["crm.team"].sudo().with_context(active_test=False)
        teams = teams.browse({team_id for team_id, _user in leaves if team_id > 0})
        above = {
            team.id: [int(one) for one in team.parent_path.split("/")[:-1]]
            for team in teams.exists()
        }
        paths = {}
        for team_id, user_id in leaves:
            nodes = [COMPANY]
            if team_id:
                nodes += [("team", one) for one in above.get(team_id, [NONE])]
            if user_id:
                nodes.append(("person", nodes[-1][1], user_id))
            paths[team_id, user_id] = nodes
        return paths

    def _tree(self, figures, whose, team_id, user_id):
        """Who has something in the figures, and who may get a quota, as rows in order.

        :return: list of dicts ``node``, ``parent``, ``depth``, ``name``
        """
        nodes = {node for node, _first in figures} | {COMPANY}
        members = self._members(team_id, user_id)
        for path in self._paths(members).values():
            nodes.update(path)
        names = self._names(nodes)
        children = defaultdict(list)
        for node in nodes - {COMPANY}:
            children[self._parent(node)].append(node)
        rows = []

        def tell(node, depth):
            rows.append({"node": node, "depth": depth, "name": names[node]})
            # People of a team first, then the teams below it.
            for child in sorted(
                children[node], key=lambda one: (one[0], names[one].lower(), one)
            ):
                tell(child, depth + 1)

        tell(COMPANY, 0)
        return rows

    def _parent(self, node):
        if node[0] == "person":
            return ("team", node[1])
        if node[1] == NONE:
            return COMPANY
        parent = self.env["crm.team"].sudo().browse(node[1]).parent_id
        return ("team", parent.id) if parent else COMPANY

    def _members(self, team_id, user_id):
        """People of the teams that the user may see, as (team id, user id)."""
        user = self.env.user
        domain = Domain("user_id.active", "=", True) & Domain(
            "crm_team_id.company_id", "in", [self.env.company.id, False]
        )
        if not user.has_group("sales_team.group_sale_salesman_all_leads"):
            led = Domain("crm_team_id", "child_of", user.sudo().led_team_ids.ids)
            domain &= led | Domain("user_id", "=", user.id)
        if team_id:
            domain &= Domain("crm_team_id", "child_of", team_id)
        if user_id:
            domain &= Domain("user_id", "=", user_id)
        members = self.env["crm.team.member"].sudo().search(domain)
        return {(member.crm_team_id.id, member.user_id.id) for member in members}

    def _names(self, nodes):
        names = {COMPANY: self.env.company.name}
        teams = {node[1] for node in nodes if node[0] == "team"}
        people = {node[2] for node in nodes if node[0] == "person"}
        team_names = self._names_of("crm.team", teams, self.env._("No team"))
        people_names = self._names_of("res.users", people, self.env._("Nobody"))
        for node in nodes - {COMPANY}:
            named = team_names if node[0] == "team" else people_names
            names[node] = named[node[-1]]
        return names

    def _names_of(self, model, ids, nobody):
        records = self.env[model].sudo().browse(ids - {NONE}).exists()
        return {NONE: nobody} | {one.id: one.display_name for one in records}

    # === TELLING === #

    def _told_period(self, period, length):
        first, last = period
        today = self._today()
        name = format_date(self.env, first, date_format=NAMES[length])
        return {
            "key": str(first),
            "first": str(first),
            "last": str(last),
            "name": name,
            "is_current": first <= today <= last,
            "is_past": last < today,
        }

    def _told_row(self, row, periods, figures, own):
        node = row["node"]
        total = ForecastFigure()
        cells = []
        for first, _last in periods:
            figure = figures.get((node, first)) or ForecastFigure()
            total += figure
            adjustment = own.get((node, first), False)
            cells.append(figure.told() | {"own_adjustment": adjustment})
        team_id, user_id = _ids(node)
        return self._told_node(row) | {
            "may_adjust": NONE not in (team_id, user_id) and self._may_manage(team_id),
            "may_set_quota": self._may_set_quota(team_id, user_id),
            "cells": cells,
            "total": total.told() | {"own_adjustment": False},
        }

    def _told_node(self, row):
        node = row["node"]
        parent = False if node == COMPANY else self._parent(node)
        team_id, user_id = _ids(node)
        return {
            "key": _key(node),
            "parent": parent and _key(parent),
            "depth": row["depth"],
            "kind": node[0],
            "team_id": team_id,
            "user_id": user_id,
            "name": row["name"],
        }

    def _may_manage(self, team_id):
        """Whether the user answers for a team, or for all of them."""
        user = self.env.user
        if user.has_group("sales_team.group_sale_salesman_all_leads"):
            return True
        if not team_id or team_id == NONE:
            return False
        return self.env["crm.team"].browse(team_id)._is_led_by(user)

    def _may_set_quota(self, team_id, user_id):
        """Overridden where there are quotas."""
        return False

    def _may_choose_team(self):
        user = self.env.user
        all_documents = "sales_team.group_sale_salesman_all_leads"
        return user.has_group(all_documents) or bool(user.sudo().led_team_ids)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    forecast_row_ids = fields.One2many(
        "crm.forecast.history", "lead_id", "Forecast History", readonly=True
    )


def period_of(day, periods):
    """The first day of the period in which a day is."""
    return next(first for first, last in periods if first <= day <= last)


def _ids(node):
    """Team and person of a node; False where it is of all of them."""
    team_id = node[1] if len(node) > 1 else False
    return team_id, node[2] if len(node) > 2 else False


def _key(node):
    return "-".join(map(str, node))

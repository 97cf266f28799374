from collections import defaultdict
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .audience import SALESPEOPLE
from .crm_campaign import PLANNED
from .crm_transition_points import NOT_CORRECTED
from .lookup import existing

PERIODS = ("day", "week", "month", "quarter", "year")


class CrmLeaderboard(models.AbstractModel):
    """Who has how many points in a period: sums over the ledger, as plain data.

    Days are those of the company, whoever looks: everybody sees the same table. One
    sees the tables of the teams one is in or leads, names and sums, not the lines
    behind; who sees all documents sees everybody's.
    """

    _name = "crm.leaderboard"
    _description = "Leaderboard"

    # === CONTRACT === #

    @api.model
    def get_leaderboard(
        self, period="week", team_id=False, campaign_id=False, by="person", day=None
    ):
        """The table of one period.

        :param str period: ``day``, ``week``, ``month``, ``quarter`` or ``year``
        :param int team_id: points of people while they were in that team
        :param int campaign_id: only what was earned in that campaign
        :param str by: ``person`` or ``team``
        :param str day: any day of the period, as 2026-12-31; today by default
        :return: dict of ``first_day``, ``last_day``, ``rows`` (the first first, each
            with ``rank``, which those with as many points share, ``id``, ``name``,
            ``points``, ``change`` against the whole period before, ``behind`` the next
            better one, ``is_mine``; of people also ``team``, ``done`` (actions) and
            ``badges``), ``total``, ``goals`` (one's own, of the challenges that run)
            ``choices`` (teams, campaigns) and ``opens`` (whose lines one may open:
            ``mine`` or ``all``, in ``list_view_id``), ``span`` (when the days begin and
            end, UTC)
        :raise UserError: when period or day cannot be read
        :raise AccessError: when one may not see that team or campaign
        """
        self._check_may_look()
        if by not in ("person", "team"):
            raise UserError(self.env._("Points are summed by person or by team."))
        days = self._days(period, day)
        scope = self._scope(team_id) & self._of_campaign(campaign_id)
        table = self._sum_up(days, scope, by, campaign_id, self._regulars(team_id))
        return table | {
            "period": period,
            "goals": self._goals(self.env.user),
            "choices": self._choices(),
            "opens": "all" if self._sees_all() else "mine",
            "list_view_id": self.env["ir.model.data"]._xmlid_to_res_id(
                "crm_playbook.crm_transition_view_list_points"
            ),
            "span": [
                fields.Datetime.to_string(moment) for moment in self._moments(days)
            ],
        }

    @api.model
    def get_wall(self):
        """What a wall screen shows of all that one may see.

        :return: dict of ``tables`` (each ``title``, ``rows`` as of
            :meth:`get_leaderboard` and ``total``), ``newest`` (the last points that
            were given: ``id``, ``name``, ``points``, ``what``, ``at``)
        :raise AccessError: when one does not sell
        """
        self._check_may_look()
        return self._wall(self._scope(False), self._regulars(False))

    @api.model
    def _wall(self, scope, regulars):
        """Week, month and teams, the best of each, and the newest points."""
        tables = (
            (self.env._("This week"), "week", "person"),
            (self.env._("This month"), "month", "person"),
            (self.env._("Teams this week"), "week", "team"),
        )
        return {
            "tables": [
                {"title": title}
                | self._sum_up(self._days(period), scope, by, regulars=regulars)
                for title, period, by in tables
                if by == "person" or len(regulars) > 1
            ],
            "newest": self._newest(scope),
        }

    # === WHO SEES WHAT === #

    @api.model
    def _check_may_look(self):
        if not self.env.user.has_group(SALESPEOPLE):
            raise AccessError(self.env._("The leaderboard is for who sells."))

    @api.model
    def _sees_all(self):
        return self.env["crm.agenda"]._sees_all()

    @api.model
    def _teams(self):
        """The teams whose tables one sees, those that were archived too."""
        own = Domain("user_id", "=", self.env.uid)
        mine = own | Domain(
            "crm_team_member_ids", "any", own & Domain("active", "=", True)
        )
        teams = self.env["crm.team"].sudo().with_context(active_test=False)
        return teams.search(
            (Domain.TRUE if self._sees_all() else mine)
            & Domain("company_id", "in", [*self.env.companies.ids, False])
        )

    @api.model
    def _scope(self, team_id):
        """The lines that the table sums up.

        :raise AccessError: when one may not see that team
        """
        teams = self._teams()
        if team_id:
            if team_id not in teams.ids:
                raise AccessError(
                    self.env._("You may not look at the points of this team.")
                )
            return self._of_companies() & Domain("team_id", "=", team_id)
        if self._sees_all():
            return self._of_companies()
        own = Domain("user_id", "=", self.env.uid)
        return self._of_companies() & (own | Domain("team_id", "in", teams.ids))

    @api.model
    def _of_companies(self):
        return Domain("company_id", "in", self.env.companies.ids)

    @api.model
    def _of_campaign(self, campaign_id):
        if not campaign_id:
            return Domain.TRUE
        campaign = existing(self.env, "crm.campaign", campaign_id)
        campaign.check_access("read")
        return Domain("crm_campaign_id", "=", campaign.id)

    @api.model
    def _regulars(self, team_id):
        """Who is in the table even without points, and so is each team."""
        teams = self._teams().filtered("active")
        if team_id:
            teams &= teams.browse(team_id)
        return teams

    # === THE TABLE === #

    @api.model
    def _sum_up(self, days, scope, by="person", campaign_id=False, regulars=None):
        """Rank whoever has points in the days, and the regulars.

        :param days: the first day, and the first day after
        :param scope: domain of ledger lines
        :param regulars: teams who are, with their people, in the table anyway
        """
        name = {"person": "user_id", "team": "team_id"}[by]
        regulars = regulars or self.env["crm.team"]
        points = self._points(days, scope, name)
        before = self._points(self._days_before(days), scope, name)
        members = regulars if by == "team" else regulars.sudo().member_ids
        everybody = {*members.filtered("active").ids, *points}
        rows = self._ranked(everybody, points, before)
        details = self._of_people if by == "person" else self._of_teams
        details(rows, days, campaign_id)
        return {
            "by": by,
            "first_day": str(days[0]),
            "last_day": str(days[1] - timedelta(days=1)),
            "rows": rows,
            "total": sum(points.values()),
        }

    @api.model
    def _points(self, days, scope, name):
        """{id of whom: points} over the ledger.

        Who has had points has a sum, even where all was taken back.
        """
        start, end = self._moments(days)
        groups = (
            self.env["crm.transition"]
            .sudo()
            ._read_group(
                Domain("points", "!=", 0)
                & Domain("date", ">=", start)
                & Domain("date", "<", end)
                & scope,
                [name],
                ["points:sum"],
            )
        )
        return {whose.id: points for whose, points in groups}

    @api.model
    def _ranked(self, everybody, points, before):
        """Rows, those with more points first; as many points, the same rank."""
        rows, above = [], None
        for place, whose in enumerate(
            sorted(everybody, key=lambda whose: -points.get(whose, 0)), start=1
        ):
            own = points.get(whose, 0)
            is_tied = rows and rows[-1]["points"] == own
            if rows and not is_tied:
                above = rows[-1]["points"]
            rows.append(
                {
                    "rank": rows[-1]["rank"] if is_tied else place,
                    "id": whose,
                    "points": own,
                    "change": own - before.get(whose, 0),
                    "behind": 0 if above is None else above - own,
                }
            )
        return rows

    @api.model
    def _of_people(self, rows, days, campaign_id):
        people = self.env["res.users"].sudo().browse(row["id"] for row in rows)
        done = self._done(people, days, campaign_id)
        badges = self._badges(people)
        for row, person in zip(rows, people, strict=True):
            row |= {
                "name": person.name,
                "team": person.sale_team_id.name or "",
                "done": done.get(person.id, 0),
                "badges": badges.get(person.id, 0),
                "is_mine": person.id == self.env.uid,
            }
        rows.sort(key=lambda row: (row["rank"], row["name"]))

    @api.model
    def _of_teams(self, rows, _days, _campaign_id):
        own = self.env.user.sudo().sale_team_id.id
        for row in rows:
            team = self.env["crm.team"].sudo().browse(row["id"] or ())
            row |= {
                "name": team.name or self.env._("Without a team"),
                "is_mine": bool(team) and team.id == own,
            }
        rows.sort(key=lambda row: (row["rank"], row["name"]))

    @api.model
    def _done(self, people, days, campaign_id):
        """{id of a person: actions done in the days}; corrected ones do not count."""
        start, end = self._moments(days)
        domain = (
            self.env["crm.agenda"]._done_within(start, end)
            & Domain("mode", "!=", "automatic")
            & Domain("user_id", "in", people.ids)
            & self._of_companies()
        )
        if campaign_id:
            domain &= Domain("crm_campaign_id", "=", campaign_id)
        groups = (
            self.env["crm.action"].sudo()._read_group(domain, ["user_id"], ["__count"])
        )
        return {person.id: count for person, count in groups}

    @api.model
    def _badges(self, people):
        groups = (
            self.env["gamification.badge.user"]
            .sudo()
            ._read_group([("user_id", "in", people.ids)], ["user_id"], ["__count"])
        )
        return {person.id: count for person, count in groups}

    @api.model
    def _goals(self, user):
        """What the user has reached of the targets of the challenges that run."""
        goals = user._goals_of(user.company_id._points_today())
        goals._count_now()
        return [goal._told() for goal in goals]

    @api.model
    def _choices(self):
        campaigns = self.env["crm.campaign"].search(
            [("is_template", "=", False), ("state", "not in", PLANNED)], limit=100
        )
        return {
            "teams": [
                {"id": team.id, "name": team.name}
                for team in self._teams().filtered("active").sorted("name")
            ],
            "campaigns": [
                {"id": campaign.id, "name": campaign.name} for campaign in campaigns
            ],
        }

    # === DAYS === #

    @api.model
    def _days(self, period, day=None):
        """The first day of the period, and the first after it."""
        if period not in PERIODS:
            raise UserError(
                self.env._(
                    "Points are summed by %(periods)s, not by %(period)s.",
                    periods=", ".join(PERIODS),
                    period=period,
                )
            )
        company = self.env.company
        day = self._readable_day(day) if day else company._points_today()
        first = {
            "day": day,
            "week": company._first_day_of_week(day),
            "month": day.replace(day=1),
            "quarter": date(day.year, 3 * ((day.month - 1) // 3) + 1, 1),
            "year": date(day.year, 1, 1),
        }[period]
        months = {"month": 1, "quarter": 3, "year": 12}.get(period, 0)
        length = {"day": 1, "week": 7}.get(period, 0)
        return first, first + relativedelta(months=months, days=length)

    @api.model
    def _days_before(self, days):
        """The period before one: as many months, or days where those are not whole."""
        first, after = days
        apart = relativedelta(after, first)
        if apart.days:
            return first - (after - first), first
        return first - apart, first

    @api.model
    def _moments(self, days):
        """When the days begin and end where the company is, in UTC."""
        company = self.env.company
        return tuple(company._points_midnight(day) for day in days)

    @api.model
    def _readable_day(self, day):
        try:
            return fields.Date.to_date(day)
        except (ValueError, TypeError) as error:
            raise UserError(
                self.env._("%s is not a day: write it as 2026-12-31.", day)
            ) from error

    # === NEWEST POINTS === #

    @api.model
    def _newest(self, scope, limit=5):
        """The last points that were given, without whom they were earned with."""
        lines = (
            self.env["crm.transition"]
            .sudo()
            .search(
                Domain("points", ">", 0)
                & NOT_CORRECTED
                & Domain("date", ">=", fields.Datetime.now() - timedelta(days=1))
                & scope,
                order="id desc",
                limit=limit,
            )
        )
        labels = defaultdict(
            str, lines._fields["trigger"]._description_selection(self.env)
        )
        return [
            {
                "id": line.id,
                "name": line.user_id.name,
                "points": line.points,
                "what": " · ".join(
                    name
                    for name in (
                        line.action_id.action_type_id.name or labels[line.trigger],
                        line.outcome_id.name,
                    )
                    if name
                ),
                "at": fields.Datetime.to_string(line.date),
            }
            for line in lines
        ]

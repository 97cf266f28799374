from datetime import datetime, time, timedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .crm_agenda import MOST_SHOWN, PAGE
from .res_users_hours import naive

MOST_DAYS = 31


class CrmAgenda(models.AbstractModel):
    """What a team has to do, by person and day, against the hours that there are.

    Days are those of who looks. Loads are counted by ``crm.action.load``, which asks
    the access rules of actions.
    """

    _inherit = "crm.agenda"

    # === CONTRACT === #

    @api.model
    def get_team_load(self, first_day, days=7, team_id=False):
        """How much each person of a team has to do on each day.

        :param str first_day: as 2026-12-31
        :param int days: how many, at most 31
        :param int team_id: a team; without it, all whom one may look at
        :return: dict of ``days``; ``people``, nobody first, each with ``late`` and, for
            each day, ``count``, ``booked_hours`` and ``available_hours``; ``teams`` to
            choose from
        :raise UserError: when day or number cannot be read
        :raise AccessError: when one may not look at others, or not at this team
        """
        dates = self._readable_days(first_day, days)
        people = self._people_of(team_id)
        loads = self._loads(people, dates, team_id)
        late = self._late_counts(people, team_id)
        hours = self._hours_by_day(people, dates)
        rows = [self.env["res.users"], *people.sorted("name")]
        return {
            "days": [str(date) for date in dates],
            "people": [
                {
                    "id": person.id or False,
                    "name": person.sudo().name or self.env._("Nobody"),
                    "late": late.get(person.id, 0),
                    "days": [
                        {
                            "count": loads.get((person.id, date), (0, 0))[0],
                            "booked_hours": loads.get((person.id, date), (0, 0))[1],
                            "available_hours": hours.get((person.id, date), 0),
                        }
                        for date in dates
                    ],
                }
                for person in rows
            ],
            "teams": self._named_all(self._teams()),
        }

    @api.model
    def get_team_tasks(self, user_id, day=None, team_id=False, limit=PAGE):
        """The tasks behind one number of the load.

        :param int user_id: whose; False for those that nobody has
        :param str day: of which day; without it, all that are late
        :return: dict of ``tasks`` and ``count``, as in :meth:`get_agenda`
        :raise AccessError: when one may not look at this person
        """
        people = self._people_of(team_id)
        if user_id and user_id not in people.ids:
            raise AccessError(
                self.env._("You may not look at the tasks of this person.")
            )
        whose = self._whose([user_id] if user_id else [], team_id, not user_id)
        when = self._late()
        if day:
            (date,) = self._readable_days(day, 1)
            when = self._open() & self._between("date_start", [date])
        limit = max(1, min(limit, MOST_SHOWN))
        return self._list(self._narrowed({}) & whose & when, limit)

    # === WHOSE === #

    @api.model
    def _people_of(self, team_id):
        """Whose load is asked for.

        :raise AccessError: when one may not look at others, or not at this team
        """
        teams = self._teams()
        if not teams and not self._sees_all():
            raise AccessError(
                self.env._(
                    "Only who leads a team, or sees all documents, looks at the load "
                    "of others."
                )
            )
        if team_id:
            return self._people({"team_id": team_id})
        return self._colleagues()

    @api.model
    def _whose(self, user_ids, team_id, with_nobody=True):
        """Tasks of these people, and those that nobody has, of the team if given."""
        nobody = Domain("user_id", "=", False)
        if team_id:
            nobody &= Domain("team_id", "=", team_id)
        whose = Domain("user_id", "in", user_ids)
        return whose | nobody if with_nobody else whose

    # === FIGURES === #

    @api.model
    def _loads(self, people, dates, team_id):
        """{(id of a person, date): (tasks, hours)}."""
        # Grouped by days where one is, as they are told apart elsewhere here.
        loads = self.env["crm.action.load"].with_context(tz=self.env.tz.zone)
        groups = loads._read_group(
            self._whose(people.ids, team_id) & self._between("date_start", dates),
            ["user_id", "date_start:day"],
            ["action_count:sum", "booked_hours:sum"],
        )
        return {
            (person.id, day.date()): (count, hours)
            for person, day, count, hours in groups
        }

    @api.model
    def _late_counts(self, people, team_id):
        """{id of a person: how many of their tasks are late}."""
        groups = self.env["crm.action"]._read_group(
            self._late() & self._whose(people.ids, team_id), ["user_id"], ["__count"]
        )
        return {person.id: count for person, count in groups}

    @api.model
    def _hours_by_day(self, people, dates):
        """{(id of a person, date): how many hours they work}."""
        start, end = self._moments(dates)
        hours = {}
        for person, intervals in people._working_intervals(start, end).items():
            for since, until, _attendance in intervals:
                key = (person.id, since.astimezone(self.env.tz).date())
                length = (until - since).total_seconds() / 3600
                hours[key] = hours.get(key, 0) + length
        return hours

    # === DAYS === #

    @api.model
    def _readable_days(self, first_day, days):
        """So many dates, from the first on."""
        first = self.env["crm.action"]._readable_date(first_day).date()
        if not isinstance(days, int) or not 0 < days <= MOST_DAYS:
            raise UserError(
                self.env._(
                    "Ask for 1 to %(most)s days, not %(days)s.",
                    most=MOST_DAYS,
                    days=days,
                )
            )
        return [first + timedelta(days=number) for number in range(days)]

    @api.model
    def _between(self, name, dates):
        start, end = self._moments(dates)
        return Domain(name, ">=", start) & Domain(name, "<", end)

    @api.model
    def _moments(self, dates):
        """When the first of the dates begins and the last one ends (UTC)."""
        return self._midnight(dates[0]), self._midnight(dates[-1] + timedelta(days=1))

    @api.model
    def _midnight(self, date):
        """When a day begins where one is, in UTC."""
        return naive(self.env.tz.localize(datetime.combine(date, time.min)))

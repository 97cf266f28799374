import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .res_users_hours import naive

PAGE = 80
# More than that on one screen is of no use to anybody; lists show the rest.
MOST_SHOWN = 400
MOST_COUNTED = 1000
ORDER = "date_start, id"
FILTERS = ("user_id", "team_id", "crm_campaign_id", "action_type_id", "goal_id")


class CrmAgenda(models.AbstractModel):
    """What people have to do in a span of days, as plain data for a screen.

    What is shown, the access rules of actions decide. Hours of work have no such rules:
    one may look at one's own, at those of the people of the teams one leads, and, who
    sees all documents, at everybody's.
    """

    _name = "crm.agenda"
    _description = "Agenda"

    # === CONTRACT === #

    @api.model
    def get_agenda(self, start, end, filters=None, limit=PAGE):
        """All that one screen shows of a span of days.

        :param str start: when the first day begins, UTC
        :param str end: when the last day ends, UTC
        :param dict filters: whose tasks: ``user_id`` or ``team_id``, one's own where
            neither is given; ``crm_campaign_id`` and ``action_type_id`` narrow them
        :param int limit: how many tasks of each list
        :return: dict of ``planned`` and ``done`` (lists of tasks within the span),
            ``late``, ``lacking`` (an outcome), ``free`` and ``nobody`` (each ``tasks``
            and ``count``, which goes up to ``most_counted``), ``figures``, ``working``
            (when one person works, UTC; False where no hours are set), ``meetings``
            (what else takes that person's time) and ``choices`` of the filters
        :raise UserError: when the span or a filter cannot be read
        :raise AccessError: when one may not look at these people
        """
        start, end = self._readable_span(start, end)
        filters = self._readable_filters(filters)
        limit = max(1, min(limit, MOST_SHOWN))
        people = self._people(filters)
        narrowed = self._narrowed(filters)
        own = narrowed & Domain("user_id", "in", people.ids)
        return {
            "planned": self._planned(own, start, end),
            "done": self._done(own, start, end),
            "late": self._list(own & self._late(), limit),
            "lacking": self._list(own & self._lacking(), limit),
            "free": self._list(own & self._free_until(end), limit),
            "nobody": self._list(narrowed & self._to_take(filters, end), limit),
            "figures": self._figures(people, own, start, end),
            "working": self._working(people, start, end),
            "meetings": self._meetings(people, start, end),
            "choices": self._choices(),
            "most_counted": MOST_COUNTED,
        }

    # === WHOSE === #

    @api.model
    def _people(self, filters):
        """Whose tasks the filters ask for.

        :raise AccessError: when one may not look at these people
        """
        team = self.env["crm.team"].browse(filters.get("team_id") or ())
        user = self.env["res.users"].browse(filters.get("user_id") or self.env.uid)
        if team and team not in self._teams():
            raise AccessError(self.env._("You may not look at the tasks of this team."))
        if not team and user not in self._colleagues():
            raise AccessError(
                self.env._("You may not look at the tasks of this person.")
            )
        return team.sudo().member_ids if team else user

    @api.model
    def _colleagues(self):
        """Whom one may look at: oneself, and whom one leads; or all who sell."""
        if self._sees_all():
            salespeople = self.env.ref("sales_team.group_sale_salesman")
            return self.env.user | self.env["res.users"].search(
                [
                    ("share", "=", False),
                    ("all_group_ids", "in", salespeople.id),
                    ("company_ids", "in", self.env.companies.ids),
                ]
            )
        return self.env.user | self._teams().sudo().member_ids

    @api.model
    def _teams(self):
        """The teams one may look at."""
        is_theirs = Domain("user_id", "=", self.env.uid)
        return self.env["crm.team"].search(
            Domain.TRUE if self._sees_all() else is_theirs
        )

    @api.model
    def _sees_all(self):
        return self.env.user.has_group("sales_team.group_sale_salesman_all_leads")

    # === WHICH TASKS === #

    @api.model
    def _narrowed(self, filters):
        """By campaign, type and goal; the scheduler's own tasks are nobody's."""
        return Domain("mode", "!=", "automatic") & Domain.AND(
            Domain(name, "=", filters[name])
            for name in ("crm_campaign_id", "action_type_id", "goal_id")
            if filters.get(name)
        )

    @api.model
    def _open(self):
        return Domain("state", "=", "planned")

    @api.model
    def _late(self):
        late = self.env["crm.action"]._late_domain()
        # Said besides, so that PostgreSQL looks at no later part of the index.
        return late & Domain("date_start", "<", fields.Datetime.now())

    @api.model
    def _lacking(self):
        """What was ticked off elsewhere, and waits for its outcome."""
        return self.env["crm.action"]._lacks_outcome_domain()

    @api.model
    def _free_until(self, end):
        """Free tasks that one may do by then, and are not late."""
        today = self.env["crm.action"]._latest_starts()["free"]
        return (
            self._open()
            & Domain("mode", "=", "free")
            & Domain("date_start", ">=", today)
            & Domain("date_start", "<", end)
        )

    @api.model
    def _to_take(self, filters, end):
        """What nobody has: in the team asked for, or in any that one sees."""
        team_id = filters.get("team_id")
        return (
            self._open()
            & Domain("user_id", "=", False)
            & Domain("date_start", "<", end)
            & (Domain("team_id", "=", team_id) if team_id else Domain.TRUE)
        )

    @api.model
    def _planned_within(self, start, end):
        return (
            self._open()
            & Domain("mode", "=", "planned")
            & Domain("date_start", ">=", start)
            & Domain("date_start", "<", end)
        )

    @api.model
    def _done_within(self, start, end):
        """What was done in the span, and was not corrected by another action."""
        return (
            Domain("state", "=", "done")
            & Domain("done_at", ">=", start)
            & Domain("done_at", "<", end)
            & Domain("corrected_by_id", "=", False)
        )

    # === LISTS === #

    @api.model
    def _planned(self, own, start, end):
        planned = self._planned_within(start, end)
        return self._cards(self._search(own & planned, MOST_SHOWN))

    @api.model
    def _done(self, own, start, end):
        done = self._search(own & self._done_within(start, end), MOST_SHOWN, "done_at")
        return self._cards(done)

    @api.model
    def _list(self, domain, limit):
        """The first tasks of a domain, and how many there are."""
        tasks = self._search(domain, limit)
        count = len(tasks)
        if count == limit:
            count = self.env["crm.action"].search_count(domain, limit=MOST_COUNTED)
        return {"tasks": self._cards(tasks), "count": count}

    @api.model
    def _search(self, domain, limit, order=ORDER):
        return self.env["crm.action"].search(domain, limit=limit, order=order)

    @api.model
    def _cards(self, actions):
        """What a card shows of each task.

        Who may see a task may see the names of what it is about.
        """
        return [self._card(action) for action in actions.sudo()]

    @api.model
    def _card(self, action):
        partner = action.partner_id
        return {
            "id": action.id,
            "type": action.action_type_id.name,
            "channel": action.channel,
            "icon": action.icon,
            "partner": _named(partner),
            "city": partner.city or "",
            "phone": partner.phone or "",
            "call": partner.phone_sanitized or partner.phone or "",
            "email": partner.email or "",
            "directions": partner._directions_url(),
            "campaign": action.crm_campaign_id.name or "",
            "lead": _named(action.lead_id),
            "stage": action.playbook_stage_id.name or "",
            "user": _named(action.user_id),
            "is_mine": action.user_id == self.env.user,
            "state": action.state,
            "mode": action.mode,
            "is_late": action.is_late,
            "outcome": action.outcome_id.name or "",
            "lacks_outcome": action.lacks_outcome,
            "start": fields.Datetime.to_string(action.date_start),
            "end": fields.Datetime.to_string(self._end(action)),
            "hours": action.action_type_id.duration,
        }

    @api.model
    def _end(self, action):
        """When it ends; what has an hour but no end takes as long as its type says."""
        if action.date_end or action.mode != "planned":
            return action.date_end
        return action.date_start + action.action_type_id._length()

    # === FIGURES === #

    @api.model
    def _figures(self, people, own, start, end):
        """What was done of the span and what is left, in numbers and in hours.

        Hours are booked by whatever is planned at an hour, or was and is done by now:
        campaigns and types make no difference.
        """
        done, points, _hours = self._sum(own & self._done_within(start, end))
        all_own = self._narrowed({}) & Domain("user_id", "in", people.ids)
        *_figures, hours_to_come = self._sum(all_own & self._planned_within(start, end))
        *_figures, hours_done = self._sum(all_own & self._done_within(start, end))
        due = self._open() & Domain("date_start", "<", end)
        return {
            "done": done,
            "points": points,
            "left": self.env["crm.action"].search_count(own & due, limit=MOST_COUNTED),
            "booked_hours": hours_to_come + hours_done,
            "available_hours": self._available_hours(people, start, end),
        }

    @api.model
    def _sum(self, domain):
        """How many actions, their points, and the hours that they book."""
        actions = self.env["crm.action"]
        query = actions._search(domain)
        points = actions._field_to_sql(query.table, "points", query)
        return self.env.execute_query(
            query.select(
                SQL("count(*)"),
                SQL("coalesce(sum(%s), 0)", points),
                actions._booked_hours(query),
            )
        )[0]

    @api.model
    def _available_hours(self, people, start, end):
        working = people._working_intervals(start, end).values()
        return sum(_length(intervals) for intervals in working)

    @api.model
    def _working(self, people, start, end):
        """When the one person works, so that the rest can be shown as free time."""
        working = people._working_intervals(start, end)
        if len(people) != 1 or people not in working:
            return False
        return [[_utc(since), _utc(until)] for since, until, _of in working[people]]

    @api.model
    def _meetings(self, people, start, end):
        """Odoo's own meetings of the one person, so that nobody plans over them."""
        if len(people) != 1:
            return []
        busy = people._busy_times(pytz.utc.localize(start), pytz.utc.localize(end))
        return [
            {
                "id": meeting.id,
                # Of what is private, who asks reads that one is busy, and no more.
                "name": meeting.with_env(self.env).display_name,
                "start": _utc(since),
                "end": _utc(until),
            }
            for since, until, meeting in busy[:MOST_SHOWN]
            if not meeting.crm_action_id
        ]

    # === CHOICES === #

    @api.model
    def _choices(self):
        """What the filters offer: people and teams only to who may look at others."""
        people = self._colleagues()
        campaigns = self.env["crm.campaign"].search(
            [("state", "=", "running"), ("is_template", "=", False)], limit=MOST_SHOWN
        )
        return {
            "users": self._named_all(people) if len(people) > 1 else [],
            "teams": self._named_all(self._teams()),
            "campaigns": self._named_all(campaigns),
            "types": self._named_all(self.env["crm.action.type"].search([])),
            "goals": self._named_all(self.env["crm.goal"].search([])),
        }

    @api.model
    def _named_all(self, records):
        return [_named(record) for record in records.sudo().sorted("display_name")]

    # === WHAT IS ASKED === #

    @api.model
    def _readable_span(self, start, end):
        readable = self.env["crm.action"]._readable_date
        start, end = readable(start), readable(end)
        if not start < end:
            raise UserError(self.env._("The span of days ends before it begins."))
        return start, end

    @api.model
    def _readable_filters(self, filters):
        filters = filters or {}
        unknown = set(filters) - set(FILTERS)
        if unknown:
            raise UserError(
                self.env._(
                    "The agenda has no filter %(unknown)s, but %(known)s.",
                    unknown=", ".join(sorted(unknown)),
                    known=", ".join(FILTERS),
                )
            )
        return filters


def _named(record):
    return {"id": record.id, "name": record.display_name} if record else False


def _length(intervals):
    seconds = sum((until - since).total_seconds() for since, until, _of in intervals)
    return seconds / 3600


def _utc(moment):
    return fields.Datetime.to_string(naive(moment))

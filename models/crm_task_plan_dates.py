from collections import defaultdict, deque
from datetime import datetime, time, timedelta
from itertools import islice, repeat

import pytz

from odoo import fields, models
from odoo.tools.intervals import Intervals

from .res_users_hours import naive

# Planned hours are told to people: nobody plans a visit at 10:37.
PLANNING_STEP = timedelta(minutes=15)
# Working hours are asked for so many days at a time, and no further than that.
HORIZON, FURTHEST = timedelta(days=60), timedelta(days=730)


class CrmTaskPlan(models.AbstractModel):
    """When tasks are planned: after their delay, where whoever does them works.

    Tasks that are planned together for one person follow one another, and none is
    planned over what stands in the person's calendar already.
    """

    _inherit = "crm.task.plan"

    def _dates_of(self, user_ids, company_ids):
        """Start and end of each task, looked up once for each user and company."""
        asked_by = defaultdict(list)
        for position, asking in enumerate(zip(user_ids, company_ids, strict=True)):
            asked_by[asking].append(position)
        dates = [None] * len(user_ids)
        for (user_id, company_id), positions in asked_by.items():
            own = self._task_dates(
                self.env["res.users"].sudo().browse(user_id or ()),
                self.env["res.company"].sudo().browse(company_id),
                len(positions),
            )
            for position, start_and_end in zip(positions, own, strict=True):
                dates[position] = start_and_end
        return dates

    def _task_dates(self, user, company, count=1):
        """When ``count`` tasks given now to ``user`` start and end (UTC, naive).

        Days are counted in the user's own time zone, so that "in two days at the same
        hour" stays true when the clocks change.
        """
        start = self._after_delay(user._zone(company), company)
        if self.task_mode != "planned":
            return [(naive(start), False)] * count
        length = self.task_type_id._length()
        moments = self._free_moments(user, company, _next_step(start), length)
        # What nobody has yet is in nobody's way.
        taken = islice(moments, count) if user else [next(moments)] * count
        return [(naive(moment), naive(moment + length)) for moment in taken]

    def _after_delay(self, zone, company):
        """Now, later by the delay; on later days at the company's standard hour."""
        start = pytz.utc.localize(fields.Datetime.now()).astimezone(zone)
        if self.task_delay_days:
            later = start.replace(tzinfo=None) + timedelta(days=self.task_delay_days)
            if self._takes_standard_hour(company):
                later = datetime.combine(later, time.min)
                later += timedelta(hours=company.crm_standard_hour)
            start = zone.localize(later)
        return start + timedelta(hours=self.task_delay_hours)

    def _takes_standard_hour(self, company):
        is_for_a_day = self.task_mode == "planned" and not self.task_delay_hours
        return is_for_a_day and company.crm_standard_hour

    def _free_moments(self, user, company, moment, length):
        """The moments from ``moment`` on at which ``user`` could begin, without end.

        Each is a planning step inside the working hours, leaves respected, such that
        the calendar of the user is free for ``length`` and the day's work does not end
        before, unless it is shorter than that; the earlier moments are kept free as
        well. Where nobody works any more, it is the last one told for ever. Calendars
        are looked at as this transaction sees them. The cost grows with the working
        days and meetings up to the moment.
        """
        for start, stop, busy in self._working_hours(user, company, moment, length):
            moment = _next_step(max(start, moment))
            latest = max(stop - length, start)
            while moment <= latest and moment < stop:
                while busy and busy[0][1] <= moment:
                    busy.popleft()
                if busy and busy[0][0] < moment + length:
                    moment = _next_step(busy[0][1])
                else:
                    yield moment
                    moment = _next_step(moment + max(length, PLANNING_STEP))
        yield from repeat(moment)

    def _working_hours(self, user, company, moment, length):
        """From when to when ``user`` works, leaves taken out, one after the other.

        With each comes when there is something in the calendar of the user. Without
        working hours people are taken to work at any time.
        """
        calendar = user.resource_calendar_id or company.resource_calendar_id
        resource = user.resource_ids[:1]
        # From midnight on, so that the first hours of work are not cut short.
        begin = moment.tzinfo.localize(datetime.combine(moment, time.min))
        last = moment + FURTHEST
        while begin < last:
            horizon = begin + HORIZON
            times = Intervals(user._busy_times(begin, horizon + length))
            busy = deque((since, until) for since, until, _meetings in times)
            if calendar:
                hours = calendar._work_intervals_batch(
                    begin, horizon, resources=resource, tz=moment.tzinfo
                )[resource.id]
            else:
                hours = [(begin, horizon, calendar)]
            for start, stop, _attendance in hours:
                yield start, stop, busy
            begin = horizon


def _next_step(moment):
    """The first moment at or after this one that planned hours may begin at."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return moment + (midnight - moment) % PLANNING_STEP

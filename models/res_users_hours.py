from collections import defaultdict
from datetime import datetime, time, timedelta

import pytz

from odoo import models


class ResUsers(models.Model):
    """When people work, and what else takes their time."""

    _inherit = "res.users"

    def _working_intervals(self, start, end):
        """When each of these users works, their leaves taken out.

        :param datetime start: UTC, without a zone, as ``end``
        :return: {user: intervals with a zone}; none for whom no working hours are set
        """
        start, end = pytz.utc.localize(start), pytz.utc.localize(end)
        working = {}
        for (calendar, zone), users in self._by_working_hours().items():
            resources = {user: user.resource_ids[:1] for user in users}
            intervals = calendar._work_intervals_batch(
                start,
                end,
                resources=self.env["resource.resource"].union(*resources.values()),
                tz=zone,
            )
            for user, resource in resources.items():
                working[user] = intervals[resource.id]
        return working

    def _busy_times(self, start, end):
        """What stands in the calendar of this user, tasks at an hour among it.

        Declined meetings and those that leave one free do not count; what lasts all day
        takes the whole of the user's days.

        :param datetime start: with a zone, as ``end``
        :return: list of (from, until, calendar event), with zones, in order
        """
        if not self:
            return []
        day = timedelta(days=1)  # in which zone a whole day lies is looked at below
        meetings = (
            self.env["calendar.event"]
            .sudo()
            .search(
                [
                    ("partner_ids", "in", self.partner_id.ids),
                    ("show_as", "=", "busy"),
                    ("stop", ">", naive(start) - day),
                    ("start", "<", naive(end) + day),
                ]
            )
        )
        declined = meetings.attendee_ids.filtered(
            lambda attendee: (
                attendee.partner_id == self.partner_id and attendee.state == "declined"
            )
        ).event_id
        times = ((*self._span_of(event), event) for event in meetings - declined)
        return sorted(
            (
                (since, until, event)
                for since, until, event in times
                if since < end and start < until
            ),
            key=lambda time: time[:2],
        )

    def _span_of(self, meeting):
        """From when to when a meeting lasts, whole days on the clock of this user."""
        if not meeting.allday:
            return pytz.utc.localize(meeting.start), pytz.utc.localize(meeting.stop)
        zone = pytz.timezone(self.sudo().tz or "UTC")
        last = meeting.stop_date + timedelta(days=1)
        return tuple(
            zone.localize(datetime.combine(date, time.min))
            for date in (meeting.start_date, last)
        )

    def _zone(self, company):
        """The time zone of this user; of the company, if there is none of their own."""
        return pytz.timezone(self.tz or company.partner_id.tz or "UTC")

    def _by_working_hours(self):
        """These users by what their working hours are read from, and in which zone."""
        alike = defaultdict(self.browse)
        for user in self.sudo():
            company = user.company_id
            calendar = user.resource_calendar_id or company.resource_calendar_id
            if calendar:
                alike[calendar, user._zone(company)] |= user
        return alike


def naive(moment):
    """The moment as Odoo keeps it: UTC, without a zone."""
    return moment.astimezone(pytz.utc).replace(tzinfo=None)

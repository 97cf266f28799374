from collections import defaultdict

import pytz

from odoo import models


class ResUsers(models.Model):
    """When people work."""

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

    def _by_working_hours(self):
        """These users by what their working hours are read from, and in which zone."""
        alike = defaultdict(self.browse)
        for user in self.sudo():
            company = user.company_id
            calendar = user.resource_calendar_id or company.resource_calendar_id
            if calendar:
                zone = pytz.timezone(user.tz or company.partner_id.tz or "UTC")
                alike[calendar, zone] |= user
        return alike

from datetime import datetime, time

import pytz

from odoo import fields, models

from .res_users_hours import naive


class ResCompany(models.Model):
    """On which days points are counted, those of the company for everybody alike,
    and when the letters on the past week are written.
    """

    _inherit = "res.company"

    crm_points_letter = fields.Boolean(
        "Weekly Letter on Points",
        default=True,
        help="On the first day of the working week, each person of the sales teams is "
        "sent last week's points, and who leads a team its table.",
    )
    crm_points_letter_hour = fields.Float(
        "Hour of the Weekly Letter",
        default=7,
        help="On the clock of whoever it is sent to.",
    )

    _points_letter_hour_of_a_day = models.Constraint(
        "CHECK(crm_points_letter_hour >= 0 AND crm_points_letter_hour < 24)",
        "The hour of the weekly letter is an hour of the day: 0 to 23:59.",
    )

    def _points_zone(self):
        """The time zone in which the days of the company begin."""
        self.ensure_one()
        calendar = self.resource_calendar_id
        return pytz.timezone(self.partner_id.tz or calendar.tz or "UTC")

    def _points_today(self):
        """Which day it is where the company is."""
        return self._points_day(fields.Datetime.now())

    def _points_day(self, moment):
        """Which day a moment (UTC) is in where the company is."""
        return pytz.utc.localize(moment).astimezone(self._points_zone()).date()

    def _points_days(self):
        """Which day it is where each of the companies is."""
        return {company: company._points_today() for company in self}

    def _points_midnight(self, day):
        """When a day begins where the company is, in UTC."""
        begin = datetime.combine(day, time.min)
        return naive(self._points_zone().localize(begin))

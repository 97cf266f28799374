import logging
from calendar import monthrange
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .engine import as_engine, unless_in_the_way

SCHEDULES = [
    ("manual", "Never: by hand only"),
    ("once", "Once"),
    ("daily", "Every day"),
    ("weekly", "Every week"),
    ("monthly", "Every month"),
]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Of two days of any schedule, none is farther from the next than this.
FARTHEST = 62

_logger = logging.getLogger(__name__)


class CrmOperation(models.Model):
    """When an operation runs by itself: on days, at an hour of its company's clock.

    The next moment is kept. What was missed while nothing ran is made up for by one
    run, however often it was missed.
    """

    _inherit = "crm.operation"

    schedule = fields.Selection(
        SCHEDULES, "Runs By Itself", required=True, default="manual", tracking=True
    )
    schedule_date = fields.Date("Day")
    schedule_hour = fields.Float(
        "At", default=8, help="On the clock of the operation's company."
    )
    mon = fields.Boolean("Monday")
    tue = fields.Boolean("Tuesday")
    wed = fields.Boolean("Wednesday")
    thu = fields.Boolean("Thursday")
    fri = fields.Boolean("Friday")
    sat = fields.Boolean("Saturday")
    sun = fields.Boolean("Sunday")
    month_day = fields.Integer(
        "Day Of The Month",
        default=1,
        help="In months that are shorter, on their last day.",
    )
    is_paused = fields.Boolean(
        "Paused", tracking=True, help="It does not run by itself meanwhile."
    )
    next_run_at = fields.Datetime(
        "Next Run",
        compute="_compute_next_run_at",
        store=True,
        copy=False,
        index="btree_not_null",
    )

    _engine_fields = frozenset({"next_run_at"})

    _hour_of_a_day = models.Constraint(
        "CHECK(schedule_hour >= 0 AND schedule_hour < 24)",
        "The hour is one of a day: 0 to 23:59.",
    )
    _day_of_a_month = models.Constraint(
        "CHECK(month_day BETWEEN 1 AND 31)", "The day of a month is 1 to 31."
    )
    _date_given = models.Constraint(
        "CHECK(schedule <> 'once' OR schedule_date IS NOT NULL)",
        "Choose the day on which it runs.",
    )

    @api.depends(
        "schedule",
        "schedule_date",
        "schedule_hour",
        "month_day",
        *WEEKDAYS,
        "is_paused",
        "active",
        "company_id.partner_id.tz",
    )
    def _compute_next_run_at(self):
        for operation in self:
            operation.next_run_at = operation._moment_after(fields.Datetime.now())

    @api.constrains("schedule", *WEEKDAYS)
    def _check_weekdays(self):
        for operation in self.filtered(lambda one: one.schedule == "weekly"):
            if not any(operation[day] for day in WEEKDAYS):
                raise ValidationError(
                    self.env._("Choose at least one day of the week.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        operations = super().create(vals_list)
        operations._wake_when_due()
        return operations

    def write(self, vals):
        before = {operation: operation.next_run_at for operation in self}
        result = super().write(vals)
        changed = self.filtered(lambda one: one.next_run_at != before[one])
        changed._wake_when_due()
        return result

    def _wake_when_due(self):
        for moment in set(self.mapped("next_run_at")) - {False}:
            self.env["crm.operation.run"]._wake(moment)

    # === WHEN === #

    def _moment_after(self, moment):
        """The first moment of its schedule after a moment (UTC), if there is one."""
        if self.is_paused or not self.active or self.schedule == "manual":
            return False
        days = [self.schedule_date] if self.schedule == "once" else self._days(moment)
        moments = (self._moment_on(day) for day in days if day)
        return next((one for one in moments if one > moment), False)

    def _days(self, moment):
        """The days of its schedule, from the one of a moment on."""
        first = pytz.utc.localize(moment).astimezone(self._zone()).date()
        days = (first + timedelta(days=number) for number in range(FARTHEST))
        return filter(getattr(self, f"_is_day_{self.schedule}"), days)

    def _is_day_daily(self, _day):
        return True

    def _is_day_weekly(self, day):
        return self[WEEKDAYS[day.weekday()]]

    def _is_day_monthly(self, day):
        _first, length = monthrange(day.year, day.month)
        return day.day == min(self.month_day, length)

    def _moment_on(self, day):
        """Its hour on a day, in UTC.

        An hour that the clocks skip is the one after; of one that they show twice it is
        the first.
        """
        zone = self._zone()
        minutes = timedelta(minutes=round(self.schedule_hour * 60))
        wall = datetime.combine(day, time.min) + minutes
        try:
            moment = zone.localize(wall, is_dst=None)
        except pytz.NonExistentTimeError:
            moment = zone.localize(wall, is_dst=False)
        except pytz.AmbiguousTimeError:
            moment = zone.localize(wall, is_dst=True)
        return moment.astimezone(pytz.utc).replace(tzinfo=None)

    # === RUNNING BY ITSELF === #

    @api.model
    def _due_domain(self):
        return Domain("next_run_at", "<=", fields.Datetime.now()) & Domain(
            "is_paused", "=", False
        )

    @api.model
    def _start_due(self):
        """Plan a run of each operation that is due; none of one that still runs."""
        runs = self.env["crm.operation.run"].sudo()
        for operation in self.sudo().search(self._due_domain(), order="next_run_at"):
            if not runs._under_way(operation):
                operation._try_to_start()
                self.env["ir.cron"]._commit_progress()

    def _try_to_start(self):
        """Plan its run; what goes wrong with one keeps no other from its own."""
        try:
            unless_in_the_way(self.env, self._start_by_schedule)
        except Exception:
            self.env.cr.rollback()
            _logger.exception("%s could not be started", self)

    def _start_by_schedule(self):
        """Plan one run, whatever was missed; the next one is in the future."""
        operation = self.try_lock_for_update().filtered_domain(self._due_domain())
        if not operation:
            return
        operation._plan_run(operation.user_id, scheduled_for=operation.next_run_at)
        as_engine(operation).next_run_at = operation._moment_after(
            fields.Datetime.now()
        )

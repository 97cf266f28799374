from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

MOST_HOURS = 24


class CrmAction(models.Model):
    """When people do their actions: at an hour, or freely from a date on."""

    _inherit = "crm.action"

    # === CONTRACT === #

    def plan(self, date, hours=None):
        """Plan the actions at an hour; failed and cancelled ones become planned again.

        :param date: when they begin, UTC
        :param float hours: how long each takes; by default as long as its type says
        :raise UserError: when date or hours cannot be read, or an action is done, or is
            an automatic one
        """
        self.check_access("write")
        start, length = self._readable_date(date), self._readable_length(hours)
        self._check_people_do_it()
        for action in self:
            end = start + (length or action.action_type_id._length())
            action._plan_anew(date_start=start, date_end=end, mode="planned")
        return True

    def free(self, date):
        """Leave the hour of the actions to who does them, from a date on.

        Failed and cancelled ones become planned again.

        :param date: when they may be done at the earliest, UTC
        :raise UserError: when the date cannot be read, or an action is done, or is an
            automatic one
        """
        self.check_access("write")
        start = self._readable_date(date)
        self._check_people_do_it()
        for action in self:
            action._plan_anew(date_start=start, date_end=False, mode="free")
        return True

    def hand_over(self, user_id, day=None):
        """Give planned actions to somebody, or to nobody, and move them to a day.

        They keep their hour, as the clock shows it to who had them.

        :param int user_id: an internal user; False for whoever of the team takes them
        :param str day: as 2026-12-31; without it they stay where they are
        :raise UserError: when the day cannot be read, or one of them is not planned
            any more, or is an automatic one
        """
        self.check_access("write")
        self._check_planned()
        self._check_people_do_it()
        date = self._readable_date(day).date() if day else None
        for action in self:
            if date:
                action._move_to_day(date)
            action._pass_on(self.env["res.users"].browse(user_id or ()))
        return True

    # === CHECKS === #

    def _readable_length(self, hours):
        """So many hours as a time span, none where none are given."""
        if hours is None:
            return None
        is_number = isinstance(hours, int | float) and not isinstance(hours, bool)
        if not is_number or not 0 < hours <= MOST_HOURS:
            raise UserError(
                self.env._(
                    "%(hours)s is not a length: write it in hours, at most %(most)s.",
                    hours=hours,
                    most=MOST_HOURS,
                )
            )
        return timedelta(hours=hours)

    def _check_people_do_it(self):
        for action in self:
            if action.mode == "automatic":
                raise UserError(
                    self.env._(
                        "%s is done by itself: only its date can be moved.",
                        action.display_name,
                    )
                )

    # === FIGURES === #

    def _booked_hours(self, query):
        """How many hours the actions of a query take together, as SQL."""
        start, end, mode = (
            self._field_to_sql(query.table, name, query)
            for name in ("date_start", "date_end", "mode")
        )
        return SQL(
            "coalesce(sum(extract(epoch FROM %s - %s)) FILTER (WHERE %s = 'planned')"
            ", 0)::float / 3600",
            end,
            start,
            mode,
        )

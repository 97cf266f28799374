from datetime import timedelta

from odoo import models
from odoo.fields import Domain


class GamificationGoal(models.Model):
    """Goals over what people do here.

    Their definitions are data, computed by one line of code that asks this model. So
    they count the days, and weeks, of the user's company, as the leaderboard does:
    Odoo's own sums count days in UTC, and a week's Monday twice.
    """

    _inherit = "gamification.goal"

    def _count_now(self):
        """Bring up to date what counts itself; Odoo does it once a day."""
        counted = self.filtered(lambda goal: goal.computation_mode != "manually")
        counted.update_goal()

    def _get_write_values(self, new_value):
        """What was reached, and was taken back by a correction, is not reached."""
        values = super()._get_write_values(new_value)
        for goal, to_write in values.items():
            if goal.state == "reached" and "state" not in to_write:
                to_write["state"] = "inprogress"
        return values

    def _told(self):
        """What a screen or a letter says of the goal."""
        self.ensure_one()
        return {
            "id": self.id,
            "name": self.definition_id.name,
            "challenge": self.challenge_id.name,
            "suffix": self.definition_suffix or "",
            # It starts below zero, so that its first count is a change.
            "current": max(self.current, 0),
            "target": self.target_goal,
            "percent": max(self.completeness, 0),
            "is_reached": self.state == "reached",
        }

    def _crm_points(self):
        """The points given, less those taken back."""
        self.ensure_one()
        return self._crm_sum(
            "crm.transition",
            "date",
            Domain("points", "!=", 0) & Domain("user_id", "=", self.user_id.id),
            "points:sum",
        )

    def _crm_actions(self, channel=None):
        """How many actions a person has done; corrected ones do not count.

        :param str channel: only of types with this channel: ``call``, ``visit`` ...
        """
        self.ensure_one()
        done = (
            Domain("user_id", "=", self.user_id.id)
            & Domain("state", "=", "done")
            & Domain("mode", "!=", "automatic")
            & Domain("corrected_by_id", "=", False)
        )
        if channel:
            done &= Domain("action_type_id.channel", "=", channel)
        return self._crm_sum("crm.action", "done_at", done, "__count")

    def _crm_won(self):
        """How many opportunities of the person were won."""
        self.ensure_one()
        won = Domain("user_id", "=", self.user_id.id) & Domain("won_status", "=", "won")
        return self._crm_sum("crm.lead", "date_closed", won, "__count")

    def _crm_sum(self, model, name, domain, aggregate):
        records = self.env[model].sudo().with_context(active_test=False)
        of_company = Domain("company_id", "in", [self.user_id.company_id.id, False])
        ((total,),) = records._read_group(
            domain & of_company & self._crm_period(name), [], [aggregate]
        )
        return total or 0

    def _crm_period(self, name):
        """The days of the goal, on the clock of the user's company."""
        company = self.user_id.company_id
        first, last = self.start_date, self.end_date
        if self.challenge_id.period == "weekly" and first:
            first = company._first_day_of_week(first)
            last = first + timedelta(days=6)
        domain = Domain.TRUE
        if first:
            domain &= Domain(name, ">=", company._points_midnight(first))
        if last:
            after = company._points_midnight(last + timedelta(days=1))
            domain &= Domain(name, "<", after)
        return domain


class ResUsers(models.Model):
    _inherit = "res.users"

    def _goals_of(self, day):
        """The goals that these users had on a day, of the challenges that run.

        Odoo's own "set your time zone", once and for all, is no target of sales.
        """
        over_our_work = Domain("definition_id.compute_code", "like", "object._crm_")
        return (
            self.env["gamification.goal"]
            .sudo()
            .search(
                Domain("user_id", "in", self.ids)
                & Domain("challenge_id.state", "=", "inprogress")
                & Domain("state", "in", ("inprogress", "reached", "failed"))
                & (over_our_work | Domain("challenge_id.period", "!=", "once"))
                & (Domain("start_date", "=", False) | Domain("start_date", "<=", day))
                & (Domain("end_date", "=", False) | Domain("end_date", ">=", day)),
                order="end_date, definition_id, id",
            )
            # Of a week, Odoo names the day after as its end.
            .filtered(
                lambda goal: goal.challenge_id.period != "weekly" or goal.end_date > day
            )
        )

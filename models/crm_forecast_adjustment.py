from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .crm_forecast import period_of
from .crm_forecast_quota import ALL_DOCUMENTS, within
from .lookup import existing


class CrmForecastAdjustment(models.Model):
    """What who answers for people adds to their forecast, or takes from it, and why.

    Opportunities stay as they are. Lines are made by :meth:`adjust` alone, and never
    changed: each holds from when it was made until the next one, so that the forecast
    of a past day has the adjustments of that day. What is taken back is a line of 0.
    """

    _name = "crm.forecast.adjustment"
    _description = "Forecast Adjustment"
    _order = "valid_from DESC, id DESC"
    _rec_name = "note"

    company_id = fields.Many2one("res.company", required=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    team_id = fields.Many2one(
        "crm.team",
        "Sales Team",
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: the whole company.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: the whole team.",
    )
    month = fields.Date(required=True, help="Its first day.")
    amount = fields.Monetary(required=True, help="Negative: what is taken away.")
    note = fields.Char(required=True)
    valid_from = fields.Datetime(required=True)
    valid_to = fields.Datetime(help="Empty: it holds now.")

    _one_now_index = models.UniqueIndex(
        "(company_id, month, coalesce(team_id, 0), coalesce(user_id, 0))"
        " WHERE valid_to IS NULL",
        "There is one adjustment at a time: somebody else has just made one.",
    )
    _month_begins = models.Constraint(
        "CHECK(EXTRACT(DAY FROM month) = 1)", "A month is its first day."
    )
    _does_not_end_before = models.Constraint(
        "CHECK(valid_from <= valid_to)", "An adjustment ends after it began."
    )

    # === ADJUSTING === #

    @api.model
    def adjust(self, month, amount, note, team_id=False, user_id=False):
        """Add to the forecast of a month, or take from it, instead of what was before.

        :param str month: any day of it, as 2026-01-01
        :param float amount: in the currency of the company; negative: take away; 0: no
            adjustment any more
        :param str note: why
        :param int team_id: of this team; False: of the whole company
        :param int user_id: of this person in it; False: of the whole team
        :return: id of the new line
        :raise UserError: when there is no note, no amount, or no such month
        :raise AccessError: when the user answers neither for that team nor for all
        """
        values = {
            "company_id": self.env.company.id,
            "month": self._month(month),
            "team_id": existing(self.env, "crm.team", team_id).id if team_id else False,
            "user_id": existing(self.env, "res.users", user_id).id
            if user_id
            else False,
        }
        if user_id and not team_id:
            raise UserError(self.env._("Say in which team you adjust their forecast."))
        self._check_may_adjust(values["team_id"])
        if not isinstance(amount, (int, float)):
            raise UserError(self.env._("Say by how much the forecast is adjusted."))
        if not (note or "").strip():
            raise UserError(self.env._("Say why you adjust the forecast."))
        now = fields.Datetime.now()
        self._current(values).valid_to = now
        self.flush_model(["valid_to"])
        return (
            self.sudo()
            .create(
                values | {"amount": amount, "note": note.strip(), "valid_from": now}
            )
            .id
        )

    def _current(self, values):
        domain = Domain.AND([[(name, "=", value)] for name, value in values.items()])
        return self.sudo().search(domain & Domain("valid_to", "=", False))

    def _month(self, month):
        try:
            day = fields.Date.to_date(month)
        except (ValueError, TypeError) as error:
            raise UserError(
                self.env._("Write days as 2026-01-31, not as %s.", month)
            ) from error
        if not day:
            raise UserError(self.env._("Say which month is adjusted."))
        return day.replace(day=1)

    def _check_may_adjust(self, team_id):
        user = self.env.user
        team = self.env["crm.team"].browse(team_id or ())
        if user.has_group(ALL_DOCUMENTS) or (team and team._is_led_by(user)):
            return
        raise AccessError(
            self.env._("You may adjust the forecast of the teams that you lead.")
        )

    # === READING === #

    @api.model
    def _sums(self, at=None, domain=Domain.TRUE):
        """What holds now, or held right before a moment, of what the user may read.

        :param datetime at: a moment, UTC
        :param domain: only these
        :return: {(team id, user id, month): (amount, note, author, day)}; False for the
            team or person where it is about all of them
        """
        lines = self.search(
            self._at(at)
            & Domain("company_id", "=", self.env.company.id)
            & Domain("amount", "!=", 0)
            & domain
        )
        return {
            (line.team_id.id, line.user_id.id, line.month): (
                line.amount,
                line.note,
                line.create_uid.sudo().name,
                str(line.company_id._points_day(line.valid_from)),
            )
            for line in lines
        }

    @api.model
    def _at(self, moment=None):
        """The lines that held right before a moment (UTC), or that hold now."""
        now = Domain("valid_to", "=", False)
        if not moment:
            return now
        return Domain("valid_from", "<", moment) & (
            now | Domain("valid_to", ">=", moment)
        )


class CrmForecast(models.AbstractModel):
    _inherit = "crm.forecast"

    def _count_adjustments(self, leaves, whose, periods, moment):
        for (team_id, user_id, month), line in self._adjustments(
            periods, moment, whose
        ):
            key = (team_id, user_id, period_of(month, periods))
            leaves[key].adjustment += line["amount"]

    def _own_adjustments(self, periods, moment):
        lines = defaultdict(list)
        adjustments = self._adjustments(periods, moment)
        paths = self._paths({key[:2] for key, _line in adjustments})
        for (team_id, user_id, month), line in adjustments:
            node = paths[team_id, user_id][-1]
            lines[node, period_of(month, periods)].append(line)
        return {key: _together(of_node) for key, of_node in lines.items()}

    def _adjustments(self, periods, moment, whose=Domain.TRUE):
        """Pairs of whose they are and when, and what a screen is told."""
        names = ("amount", "note", "author", "date")
        sums = self.env["crm.forecast.adjustment"]._sums(
            moment, whose & within(periods)
        )
        return [
            (key, {"month": str(key[2])} | dict(zip(names, told, strict=True)))
            for key, told in sums.items()
        ]


def _together(lines):
    """Adjustments of one row in the months of one period, as one."""
    latest = max(lines, key=lambda line: line["date"])
    return {
        "amount": sum(line["amount"] for line in lines),
        "note": " · ".join(line["note"] for line in lines),
        "author": latest["author"],
        "date": latest["date"],
        "lines": sorted(lines, key=lambda line: line["month"]),
    }

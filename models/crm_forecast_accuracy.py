from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from . import company_day
from .crm_forecast_waterfall import CLOSED
from .forecast_figure import ForecastFigure

WIDTH = 10
DAYS = 30
MONTHS_BACK = 6


class CrmForecast(models.AbstractModel):
    """How good the forecast was: what it said, and what came true."""

    _inherit = "crm.forecast"

    @api.model
    def get_accuracy(
        self,
        first=None,
        period="month",
        count=MONTHS_BACK,
        team_id=False,
        user_id=False,
    ):
        """How close the forecast of each period came, by company, team and person.

        The forecast of a period is the one when it began: what was committed, with
        the adjustments of then. What came true is what was won in it. Accuracy is
        1 - abs(actual - forecast) / actual, never below 0, and unknown where nothing
        was won; of several periods, their errors are added up, and so is what was won.
        Bias is (forecast - actual) / actual: above 0, more was promised than came.

        :param str first: a day of the first period; None: as many as end before today
        :param int count: how many periods; those that are not over are left out
        :return: dict of ``periods`` and ``rows``, each with a ``cell`` of ``forecast``,
            ``actual``, ``accuracy`` and ``bias`` (false where unknown) for each period,
            and their ``total``
        """
        periods = self._past_periods(first, period, count)
        whose = self._whose(team_id, user_id)
        forecasts, actuals = {}, {}
        for span in periods:
            begin = self.env.company._points_midnight(span[0])
            forecasts |= self._figures(whose, [span], begin)
            actuals |= self._figures(whose, [span], None)
        known = {key: one for key, one in (forecasts | actuals).items() if one}
        rows = []
        for row in self._tree(known, whose, team_id, user_id):
            pairs = [
                (
                    _of(forecasts, row["node"], span).forecast,
                    _of(actuals, row["node"], span).closed,
                )
                for span in periods
            ]
            rows.append(
                self._told_node(row)
                | {
                    "cells": [_accuracy([pair]) for pair in pairs],
                    "total": _accuracy(pairs),
                }
            )
        return {
            "currency_id": self.env.company.currency_id.id,
            "periods": [self._told_period(one, period) for one in periods],
            "rows": rows,
        }

    def _past_periods(self, first, period, count):
        today = self._today()
        if not first:
            [(begin, _end)] = self._periods(None, period, 1)
            day = begin
            for _period in range(count):
                [(day, _end)] = self._periods(day - timedelta(days=1), period, 1)
            first = day
        periods = self._periods(first, period, count)
        return [(begin, end) for begin, end in periods if end < today]

    @api.model
    def get_calibration(self, first, last, team_id=False, user_id=False, days=DAYS):
        """Whether as many are won as probabilities say (a reliability curve).

        Looked at are the opportunities that were closed between two days, with the
        probability that each had some days before it was closed (the first it had, if
        it was made later).

        :param int days: how many days before
        :return: dict of ``points``, one for each tenth of probabilities that there
            were: ``low``, ``high``, ``count``, ``predicted`` and ``observed`` (both in
            per cent); ``brier``: the mean square of what they were wrong by (0 is best;
            Brier 1950); ``reference``: that of always saying the share that is won;
            ``bias``: predicted less observed, in per cent; ``count`` and ``days``.
            Brier, reference and bias are false without opportunities.
        :raise UserError: when days are no days
        """
        if days < 0:
            raise UserError(self.env._("Say how many days before, such as 30."))
        first, last = self._days(first, last)
        rows = self.env.execute_query(self._tenths(first, last, team_id, user_id, days))
        count = sum(row[1] for row in rows)
        won = sum(row[3] for row in rows)
        predicted = sum(row[2] for row in rows)
        share = won / count if count else 0
        return {
            "points": [self._told_point(*row[:4]) for row in rows],
            "brier": sum(row[4] for row in rows) / count if count else False,
            "reference": share * (1 - share) if count else False,
            "bias": 100 * (predicted - won) / count if count else False,
            "count": count,
            "days": days,
        }

    def _told_point(self, tenth, count, predicted, won):
        return {
            "low": tenth * WIDTH,
            "high": (tenth + 1) * WIDTH,
            "count": count,
            "predicted": 100 * predicted / count,
            "observed": 100 * won / count,
        }

    def _tenths(self, first, last, team_id, user_id, days):
        """Tenth, how many, sums of their chances, of the won, of the squared errors."""
        domain = self._whose(team_id, user_id) & self._due(first, last)
        closed = domain & CLOSED & self._at(None)
        query = self._history()._search(closed)
        ended = query.select(
            *(
                SQL.identifier("crm_forecast_history", name)
                for name in ("lead_key", "company_id", "date", "state")
            )
        )
        return SQL(
            """WITH ended AS (%s)
               SELECT least(floor(chance * 100 / %s), 9)::int, count(*), sum(chance),
                      sum(won), sum((chance - won) ^ 2)
                 FROM (SELECT was.probability / 100 AS chance,
                              (ended.state = 'won')::int AS won
                         FROM ended %s
                        CROSS JOIN LATERAL (
                              SELECT ((ended.date - %s)::timestamp
                                      AT TIME ZONE coalesce(zone.name, 'UTC')
                                     ) AT TIME ZONE 'UTC' AS moment) asked
                        CROSS JOIN LATERAL (
                              SELECT probability FROM crm_forecast_history row
                               WHERE row.lead_key = ended.lead_key
                                 AND row.state = 'open'
                            ORDER BY row.valid_from < asked.moment DESC,
                                     abs(extract(epoch FROM
                                         row.valid_from - asked.moment))
                               LIMIT 1) was) foretold
             GROUP BY 1 ORDER BY 1""",
            ended,
            WIDTH,
            company_day.join_zone_of_company(SQL("ended.company_id")),
            days,
        )


def _of(figures, node, span):
    return figures.get((node, span[0])) or ForecastFigure()


def _accuracy(pairs):
    """:param pairs: forecast and actual of each period."""
    forecast = sum(one for one, _other in pairs)
    actual = sum(other for _one, other in pairs)
    error = sum(abs(one - other) for one, other in pairs)
    return {
        "forecast": forecast,
        "actual": actual,
        "accuracy": max(0.0, 1 - error / actual) if actual > 0 else False,
        "bias": (forecast - actual) / actual if actual > 0 else False,
    }

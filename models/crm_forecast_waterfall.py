from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

# From what was open to what is, in the order of the chart: +1 adds, -1 takes away.
STEPS = {
    "new": 1,
    "pulled_in": 1,
    "received": 1,
    "increased": 1,
    "decreased": -1,
    "pushed_out": -1,
    "handed_over": -1,
    "won": -1,
    "lost": -1,
    "removed": -1,
}
CLOSED = Domain("state", "in", ["won", "lost"])


class CrmForecast(models.AbstractModel):
    """How the forecast of a period moved between two days.

    What was open when the first day ended, and what was open when the second did, are
    compared opportunity by opportunity; each is told as one or two steps that make up
    exactly the difference of its amounts, so that the waterfall always balances:

    - *new*: made, opened again, or no longer omitted; *pulled in*, *pushed out*: due in
      the period only since, or no longer; *received*, *handed over*: from or to
      somebody whom the question is not about;
    - *won*, *lost*: with the amount that it had in the end, the change of which is told
      as increased or decreased. What was opened and closed between the days is both;
    - *removed*: omitted, archived or deleted.
    """

    _inherit = "crm.forecast"

    @api.model
    def get_waterfall(
        self, start, end, first=None, last=None, team_id=False, user_id=False
    ):
        """What moved the forecast of a period between the ends of two days.

        :param str start: a past day, as 2026-01-31
        :param str end: a later one; today: as it stands now
        :param str first: first day of the period in which opportunities are due; None:
            whenever they are, or unknown
        :param str last: its last day
        :return: dict of ``steps``, each with ``name``, ``label``, ``count``, ``amount``
            (never negative; in the currency of the company) and ``kind``: ``total``,
            ``up`` or ``down``
        :raise UserError: when the days are no days, or the wrong way round
        """
        start, end = self._days(start, end)
        moves = self._moves(start, end, first, last, team_id, user_id)
        sums = {
            step: (count, float(amount))
            for step, count, amount in self.env.execute_query(
                SQL(
                    "SELECT step, count(*), sum(amount) FROM (%s) move GROUP BY step",
                    moves,
                )
            )
        }
        return {
            "start": str(start),
            "end": str(end),
            "first": first or False,
            "last": last or False,
            "steps": [
                self._told_step(step, *sums.get(step, (0, 0.0)))
                for step in ("opening", *STEPS, "closing")
            ],
        }

    @api.model
    def open_step(
        self, name, start, end, first=None, last=None, team_id=False, user_id=False
    ):
        """The opportunities behind a step of the waterfall; deleted ones are gone."""
        labels = self._labels_of_steps()
        if name not in labels:
            raise UserError(self.env._("There is no step called %s.", name))
        start, end = self._days(start, end)
        moves = self._moves(start, end, first, last, team_id, user_id)
        rows = self.env.execute_query(
            SQL("SELECT lead_key FROM (%s) move WHERE step = %s", moves, name)
        )
        action = self._open_leads([("id", "in", [key for (key,) in rows])])
        return action | {"name": labels[name]}

    def _told_step(self, name, count, amount):
        kinds = {1: "up", -1: "down"}
        return {
            "name": name,
            "label": self._labels_of_steps()[name],
            "count": count,
            "amount": amount,
            "kind": kinds.get(STEPS.get(name), "total"),
        }

    def _labels_of_steps(self):
        return {
            "opening": self.env._("Opening"),
            "new": self.env._("New"),
            "pulled_in": self.env._("Pulled in"),
            "received": self.env._("Received"),
            "increased": self.env._("Increased"),
            "decreased": self.env._("Decreased"),
            "pushed_out": self.env._("Pushed out"),
            "handed_over": self.env._("Handed over"),
            "won": self.env._("Won"),
            "lost": self.env._("Lost"),
            "removed": self.env._("Removed"),
            "closing": self.env._("Closing"),
        }

    # === SQL === #

    def _moves(self, start, end, first, last, team_id, user_id):
        """A query of ``lead_key``, ``step`` and ``amount``, one row a step.

        Only what was or is counted is looked up at the other moment, so that cost grows
        with what is due in the period, and not with all that ever was.
        """
        before, after = self._instant(start), self._instant(end)
        whose = self._whose(team_id, user_id)
        counted = whose & self._open() & self._within(first, last)
        # What was open when the first day ended was closed after it.
        late = Domain("valid_from", ">=", before or fields.Datetime.now())
        closed = whose & CLOSED & late & self._within(first, last)
        return SQL(
            """WITH opening AS (%(opening)s),
               late AS (%(closing)s UNION ALL %(ended)s),
               -- A full join is never done row by row, however few are expected.
               pair AS MATERIALIZED (
                   SELECT coalesce(opening.lead_key, late.lead_key) AS lead_key,
                          opening.amount AS amount_then, late.amount AS amount_late,
                          late.state = 'open' AS is_in, late.state AS state
                     FROM opening FULL JOIN late ON late.lead_key = opening.lead_key),
               -- How those stood in the end that were counted only in the beginning,
               gone AS MATERIALIZED (
                   SELECT pair.lead_key, pair.amount_then AS amount,
                          now.state AS state_now, now.category AS category_now,
                          now.amount AS amount_now, %(is_ours)s AS is_ours
                     FROM pair
                LEFT JOIN crm_forecast_history now
                       ON now.lead_key = pair.lead_key AND %(now)s
                    WHERE pair.amount_then IS NOT NULL AND is_in IS NOT TRUE),
               -- and in the beginning those that are counted only in the end, or ended.
               come AS MATERIALIZED (
                   SELECT pair.lead_key, pair.amount_late AS amount, pair.state,
                          now.state AS state_then, now.category AS category_then,
                          %(is_ours)s AS is_ours
                     FROM pair
                LEFT JOIN crm_forecast_history now
                       ON now.lead_key = pair.lead_key AND %(then)s
                    WHERE pair.amount_then IS NULL),
               changed AS (
                   SELECT lead_key, amount_late - amount_then AS difference
                     FROM pair WHERE amount_then IS NOT NULL AND is_in
                UNION ALL
                   SELECT lead_key, amount_now - amount FROM gone
                    WHERE is_ours AND state_now IN ('won', 'lost'))
               SELECT lead_key, 'opening' AS step, amount_then AS amount FROM pair
                WHERE amount_then IS NOT NULL
            UNION ALL
               SELECT lead_key, 'closing', amount_late FROM pair WHERE is_in
            UNION ALL
               SELECT lead_key,
                      CASE WHEN difference > 0 THEN 'increased' ELSE 'decreased' END,
                      abs(difference)
                 FROM changed WHERE difference <> 0
            UNION ALL
               SELECT lead_key,
                      CASE WHEN state_now IS NULL THEN 'removed'
                           WHEN NOT is_ours THEN 'handed_over'
                           WHEN state_now IN ('won', 'lost') THEN state_now
                           WHEN state_now <> 'open' OR category_now = 'omitted'
                           THEN 'removed'
                           ELSE 'pushed_out' END,
                      CASE WHEN is_ours AND state_now IN ('won', 'lost')
                           THEN amount_now ELSE amount END
                 FROM gone
            UNION ALL
               SELECT lead_key,
                      CASE WHEN state_then IS DISTINCT FROM 'open'
                             OR category_then = 'omitted' THEN 'new'
                           WHEN NOT is_ours THEN 'received'
                           ELSE 'pulled_in' END, amount
                 FROM come
                WHERE state = 'open' OR state_then IS NULL OR state_then = 'open'
            UNION ALL
               SELECT lead_key, state, amount FROM come
                WHERE state <> 'open'
                  AND (state_then IS NULL OR state_then = 'open')""",
            opening=self._rows_at(counted, before),
            closing=self._rows_at(counted, after, "state"),
            ended=self._rows_at(closed, after, "state"),
            now=self._holds(after),
            then=self._holds(before),
            is_ours=self._is_ours(whose),
        )

    def _instant(self, day):
        """When a day ended; None: it has not, so that what holds now is meant."""
        if day >= self._today():
            return None
        return self.env.company._points_midnight(day + timedelta(days=1))

    def _within(self, first, last):
        return self._due(*self._days(first, last)) if first or last else Domain.TRUE

    def _rows_at(self, domain, moment, *more):
        query = self._history()._search(domain & self._at(moment))
        return query.select(
            *(
                SQL.identifier("crm_forecast_history", name)
                for name in ("lead_key", "amount", *more)
            )
        )

    def _holds(self, moment):
        """Whether the row ``now`` of the history holds at a moment."""
        if moment is None:
            return SQL("now.valid_to IS NULL")
        return SQL(
            "now.valid_from < %s AND (now.valid_to IS NULL OR now.valid_to >= %s)",
            moment,
            moment,
        )

    def _is_ours(self, whose):
        """Whether the row ``now`` is of whom the question is about, and may be seen.

        With an offset, PostgreSQL looks at that row, and does not gather all of them.
        """
        query = self._history()._search(whose)
        return SQL(
            "EXISTS (SELECT FROM %s WHERE %s AND crm_forecast_history.id = now.id"
            " OFFSET 0)",
            query.from_clause,
            query.where_clause,
        )

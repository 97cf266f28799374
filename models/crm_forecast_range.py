from math import fsum
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from . import chances

# So many of the largest are drawn one by one; the sum of the smaller ones is close to
# a normal distribution.
DRAWN = 300
DRAWS = 2000
SEED = 8800
LOW, LIKELY, HIGH = 0.1, 0.5, 0.9
# How much of the past win rates are from, and how many cases the larger group's word is
# worth beside one's own.
YEARS = 2
STRENGTH = 20
# In the counts of those that were closed: whosever they were.
ALL = "all"


class Deals(NamedTuple):
    """Opportunities of one person in one team and stage, as sums.

    ``weighted`` and ``variance`` are those by their own probabilities.
    """

    team_id: int
    user_id: int
    stage_id: int
    count: int
    amount: float
    squares: float
    chance: float
    weighted: float
    variance: float


class CrmForecast(models.AbstractModel):
    """Between which amounts a period will end, and how sure that is.

    Opportunities are taken as independent. Each is won with the probability that
    opportunities had in the past that were in its stage, of the same person; where that
    one closed few, drawn towards the rate of the team, and that towards the company's
    (``shrunk``). Where nothing was ever closed from a stage, with its own probability.
    """

    _inherit = "crm.forecast"

    @api.model
    def get_range(self, first, last, team_id=False, user_id=False, by="history"):
        """What a period will bring, with the range in which 8 of 10 such periods end.

        :param str by: ``history``: win rates of the past; ``opportunity``: the
            probabilities that opportunities have
        :return: dict of ``low``, ``likely``, ``high`` (the 10th, 50th and 90th
            percentile) and ``expected`` (the mean), with what is ``closed`` already, in
            the currency of the company; ``won_count``: ``low``, ``likely``, ``high`` of
            how many of the open ones are won (false where they are too many to count);
            ``count`` of open ones; ``method``, ``seed``, ``draws``; ``made_of``: how
            many by history, and by their own probability
        """
        if by not in ("history", "opportunity"):
            raise UserError(self.env._("Win rates are by history or by opportunity."))
        domain = self._whose(team_id, user_id) & self._due(*self._days(first, last))
        rates = self._win_rates() if by == "history" else {}
        largest = [self._chance(one, rates) for one in self._largest(domain)]
        deals = [(one.amount, chance) for one, chance in largest]
        rest = [(one, rates.get(_place(one))) for one in self._rest(domain)]
        mean = fsum(_mean(one, rate) for one, rate in rest)
        variance = fsum(_variance(one, rate) for one, rate in rest)
        totals = chances.draw_totals(deals, mean, variance, DRAWS, SEED)
        closed = self._closed(domain)
        expected = fsum(amount * chance for amount, chance in deals) + mean
        single = [chance for _deal, chance in largest]
        by_rate = sum(_place(one) in rates for one, _chance in largest)
        by_rate += sum(one.count for one, rate in rest if rate is not None)
        count = len(largest) + sum(one.count for one, _rate in rest)
        return {
            "low": closed + chances.quantile(totals, LOW),
            "likely": closed + chances.quantile(totals, LIKELY),
            "high": closed + chances.quantile(totals, HIGH),
            "expected": closed + expected,
            "closed": closed,
            "count": count,
            "won_count": self._won_count(single) if count == len(single) else False,
            "method": "monte_carlo" if not rest else "monte_carlo_and_normal",
            "seed": SEED,
            "draws": DRAWS,
            "made_of": {
                "history": by_rate,
                "opportunity": count - by_rate,
                "years": YEARS,
                "strength": STRENGTH,
            },
        }

    def _won_count(self, single):
        likely = chances.poisson_binomial(single)
        return {
            name: chances.quantile_of_count(likely, share)
            for name, share in (("low", LOW), ("likely", LIKELY), ("high", HIGH))
        }

    def _chance(self, deal, rates):
        return deal, rates.get(_place(deal), deal.chance)

    def _closed(self, domain):
        won = domain & self._in_category("closed") & self._at(None)
        [(amount,)] = self._history()._read_group(won, [], ["amount:sum"])
        return amount

    def _largest(self, domain):
        """The largest open ones, one by one."""
        return self._deals(domain, SQL("place <= %s", DRAWN), SQL("lead_key"))

    def _rest(self, domain):
        """The smaller ones, as sums."""
        return self._deals(domain, SQL("place > %s", DRAWN), SQL("1"))

    def _deals(self, domain, which, each):
        query = self._history()._search(domain & self._open() & self._at(None))
        row = SQL.identifier("crm_forecast_history")
        ranked = query.select(
            SQL("%s.*", row),
            SQL(
                "row_number() OVER (ORDER BY %s.amount DESC, %s.id) AS place", row, row
            ),
            SQL("least(%s.probability, 100)::numeric / 100 AS chance", row),
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT team_id, user_id, stage_id, count(*), sum(amount),
                          sum(amount * amount), avg(chance), sum(amount * chance),
                          sum(amount * amount * chance * (1 - chance))
                     FROM (%s) deal WHERE %s
                 GROUP BY team_id, user_id, stage_id, %s
                 ORDER BY min(place)""",
                ranked,
                which,
                each,
            )
        )
        return [
            Deals(*row[:3], row[3], *(float(number or 0) for number in row[4:]))
            for row in rows
        ]

    # === WIN RATES === #

    @api.model
    def _win_rates(self):
        """How much of what was in a stage was won, by whom it was of then.

        Whosever the opportunities were: rates are of people, not of customers.

        :return: WinRates, which knows those too who never closed any
        """
        return WinRates(self._closed_from_stages())

    def _closed_from_stages(self):
        """{(team id, user id, stage id): (closed, won)}; those of all have None."""
        self.env["crm.lead"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT was.team_id, was.user_id, was.stage_id,
                          grouping(was.team_id, was.user_id),
                          count(DISTINCT was.lead_key),
                          count(DISTINCT was.lead_key) FILTER (WHERE now.state = 'won')
                     FROM crm_forecast_history now
                     JOIN crm_forecast_history was ON was.lead_key = now.lead_key
                    WHERE now.valid_to IS NULL AND now.state IN ('won', 'lost')
                      AND now.date >= %s
                      AND (now.company_id = %s OR now.company_id IS NULL)
                      AND was.state = 'open'
                 GROUP BY GROUPING SETS ((was.stage_id), (was.team_id, was.stage_id),
                          (was.team_id, was.user_id, was.stage_id))""",
                self._today() - relativedelta(years=YEARS),
                self.env.company.id,
            )
        )
        every = {3: (ALL, ALL), 1: (None, ALL), 0: (None, None)}
        return {
            (
                ALL if every[level][0] is ALL else team_id,
                ALL if every[level][1] is ALL else user_id,
                stage_id,
            ): (closed, won)
            for team_id, user_id, stage_id, level, closed, won in rows
        }


class WinRates:
    """By team, person and stage, each drawn towards that of the larger group."""

    def __init__(self, counts):
        self.counts = counts

    def __contains__(self, place):
        """Whether anything was ever closed from the stage."""
        return (ALL, ALL, place[2]) in self.counts

    def get(self, place, default=None):
        if place not in self:
            return default
        team_id, _user_id, stage_id = place
        closed, won = self.counts[ALL, ALL, stage_id]
        # As though one had been won and one lost besides: never certain.
        rate = (won + 1) / (closed + 2)
        for group in ((team_id, ALL, stage_id), place):
            closed, won = self.counts.get(group, (0, 0))
            rate = chances.shrunk(won, closed, rate, STRENGTH)
        return rate


def _place(deal):
    return deal.team_id, deal.user_id, deal.stage_id


def _mean(deals, rate):
    return deals.weighted if rate is None else deals.amount * rate


def _variance(deals, rate):
    return deals.variance if rate is None else deals.squares * rate * (1 - rate)

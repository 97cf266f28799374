"""Two years of a sales force, made from a seed, and how anybody may replay them.

35 people in 6 teams of 3 regions; each opportunity is made, changes hands, amount,
probability, closing date, stage and category, is archived, won, lost, opened again or
deleted. The scene keeps what it did; what it says of a moment it folds from that, in
plain Python.
"""

import random
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo.tools import SQL

from .clock import turn_clock

SEED = 20260302
FIRST_DAY = date(2024, 3, 4)
LAST_DAY = date(2026, 3, 1)
ZONE = "Europe/Madrid"
CATEGORIES = ("pipeline", "best_case", "commit")
# The second is after midnight where the company is.
HOURS = (10, 23)


class State(NamedTuple):
    """How an opportunity stands."""

    team: int
    user: int
    stage: int
    state: str = "open"
    category: str = "pipeline"
    amount: float = 0.0
    probability: float = 0.0
    deadline: date | None = None
    closed_at: datetime | None = None

    @property
    def date(self):
        if self.state in ("won", "lost"):
            return local_day(self.closed_at)
        return self.deadline

    @property
    def weighted(self):
        chance = {"won": 100.0, "lost": 0.0}.get(self.state, self.probability)
        return self.amount * chance / 100

    @property
    def is_counted(self):
        return self.state == "open" and self.category != "omitted"


def local_day(moment):
    return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(ZONE)).date()


def midnight_after(day):
    """When a day ends where the company is, in UTC."""
    local = datetime.combine(day + timedelta(days=1), datetime.min.time())
    utc = local.replace(tzinfo=ZoneInfo(ZONE)).astimezone(ZoneInfo("UTC"))
    return utc.replace(tzinfo=None)


class ForecastScene:
    """:param teams: {team id: list of ids of its people}
    :param list stages: ids of stages
    :param int won_stage: id of the one of what is won
    """

    def __init__(self, env, teams, stages, won_stage, opportunities):
        self.env = env
        self.teams = teams
        self.stages = stages
        self.won_stage = won_stage
        self.random = random.Random(SEED)
        # {lead id: [(moment, State or None where it is gone)]}
        self.stories = {}
        self._tell(opportunities)

    def at(self, moment=None):
        """How each opportunity stood right before a moment: {lead id: State}."""
        standing = {}
        for lead_id, story in self.stories.items():
            past = [state for when, state in story if not moment or when < moment]
            if past and past[-1]:
                standing[lead_id] = past[-1]
        return standing

    # === MAKING IT UP === #

    def _tell(self, opportunities):
        plans = self._plan(opportunities)
        ids = {}
        for moment in sorted(plans):
            turn_clock(self.env, moment)
            new = [number for number, *_ in plans[moment] if number not in ids]
            ids.update(zip(new, self._insert(moment, len(new)), strict=True))
            changes, deleted = [], []
            for number, state in plans[moment]:
                lead_id = ids[number]
                self.stories.setdefault(lead_id, []).append((moment, state))
                if state:
                    changes.append((lead_id, state))
                else:
                    deleted.append(lead_id)
            self._write(changes)
            self._delete(deleted)
        turn_clock(self.env, "")

    def _plan(self, opportunities):
        """{moment: [(number of the opportunity, State)]}, each once a moment."""
        plans = {}
        span = (LAST_DAY - FIRST_DAY).days
        for number in range(opportunities):
            day = FIRST_DAY + timedelta(days=self.random.randrange(span))
            state = self._begin(day)
            for moment, told in self._story(state, day):
                plans.setdefault(moment, []).append((number, told))
        return plans

    def _begin(self, day):
        team = self.random.choice(list(self.teams))
        return State(
            team=team,
            user=self.random.choice([*self.teams[team], None]),
            stage=self.stages[0],
            category=self.random.choice(CATEGORIES),
            amount=self._amount(),
            probability=self._chance(),
            deadline=self._deadline(day),
        )

    def _story(self, state, day):
        moment = self._moment(day)
        yield moment, state
        for _change in range(self.random.randrange(8)):
            day += timedelta(days=self.random.randint(1, 60))
            moment = self._moment(day)
            if day > LAST_DAY:
                return
            state = self._next(state, moment)
            yield moment, state
            if not state:
                return

    def _next(self, state, moment):
        if state.state != "open":
            return self._reopened(state, moment)
        change = self.random.choices(
            list(CHANGES), weights=[weight for weight, _ in CHANGES.values()]
        )[0]
        return CHANGES[change][1](self, state, moment)

    def _reopened(self, state, moment):
        return state._replace(
            state="open",
            stage=self.stages[0],
            category="pipeline",
            probability=self._chance(),
            deadline=self._deadline(local_day(moment)),
            closed_at=None,
        )

    def _worth(self, state, _moment):
        return state._replace(amount=self._amount())

    def _likely(self, state, _moment):
        return state._replace(probability=self._chance())

    def _moved(self, state, moment):
        return state._replace(deadline=self._deadline(local_day(moment)))

    def _staged(self, state, _moment):
        return state._replace(
            stage=self.random.choice(self.stages),
            category=self.random.choice(CATEGORIES),
        )

    def _omitted(self, state, _moment):
        category = "pipeline" if state.category == "omitted" else "omitted"
        return state._replace(category=category)

    def _handed(self, state, _moment):
        team = self.random.choice(list(self.teams))
        return state._replace(team=team, user=self.random.choice(self.teams[team]))

    def _won(self, state, moment):
        return state._replace(
            state="won",
            category="closed",
            stage=self.won_stage,
            probability=100.0,
            amount=self.random.choice([state.amount, self._amount()]),
            closed_at=moment,
        )

    def _lost(self, state, moment):
        return state._replace(
            state="lost", category="omitted", probability=0.0, closed_at=moment
        )

    def _archived(self, state, _moment):
        return state._replace(state="archived")

    def _deleted(self, _state, _moment):
        return None

    def _amount(self):
        return round(self.random.lognormvariate(7, 1), 2)

    def _chance(self):
        return float(self.random.randint(1, 19) * 5)

    def _deadline(self, day):
        if self.random.random() < 0.05:
            return None
        return day + timedelta(days=self.random.randint(-20, 200))

    def _moment(self, day):
        return datetime.combine(day, datetime.min.time()).replace(
            hour=self.random.choice(HOURS)
        )

    # === WRITING IT === #

    def _insert(self, moment, count):
        rows = self.env.execute_query(
            SQL(
                """INSERT INTO crm_lead (name, type, active, company_id, won_status,
                                         create_date, date_last_stage_update)
                   SELECT 'Opportunity', 'opportunity', true, %s, 'pending', %s, %s
                     FROM generate_series(1, %s) RETURNING id""",
                self.env.company.id,
                moment,
                moment,
                count,
            )
        )
        return [lead_id for (lead_id,) in rows]

    def _write(self, changes):
        """All that happened at a moment, by one statement."""
        if not changes:
            return
        values = SQL(", ").join(
            SQL(
                "(%s, %s, %s::int, %s, %s, %s, %s, %s, %s::date, %s::timestamp)",
                *(lead_id, state.team, state.user, state.stage, state.state),
                *(state.category, state.amount, state.probability),
                *(state.deadline, state.closed_at),
            )
            for lead_id, state in changes
        )
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead
                      SET team_id = told.team, user_id = told.person,
                          stage_id = told.stage, forecast_category = told.category,
                          expected_revenue = told.amount,
                          probability = told.probability,
                          date_deadline = told.deadline, date_closed = told.closed_at,
                          active = told.state IN ('open', 'won'),
                          won_status = CASE WHEN told.state IN ('won', 'lost')
                                            THEN told.state ELSE 'pending' END
                     FROM (VALUES %s)
                       AS told(id, team, person, stage, state, category, amount,
                               probability, deadline, closed_at)
                    WHERE crm_lead.id = told.id""",
                values,
            )
        )

    def _delete(self, lead_ids):
        self.env.cr.execute("DELETE FROM crm_lead WHERE id = ANY(%s)", [lead_ids])


# How often each happens, beside the others.
CHANGES = {
    "worth": (6, ForecastScene._worth),
    "likely": (6, ForecastScene._likely),
    "moved": (6, ForecastScene._moved),
    "staged": (5, ForecastScene._staged),
    "omitted": (1, ForecastScene._omitted),
    "handed": (2, ForecastScene._handed),
    "won": (4, ForecastScene._won),
    "lost": (4, ForecastScene._lost),
    "archived": (0.5, ForecastScene._archived),
    "deleted": (0.3, ForecastScene._deleted),
}

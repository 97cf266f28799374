import random
from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.crm_playbook.models import crm_forecast_range

from .common import PlaybookCase
from .forecast_scene import (
    FIRST_DAY,
    LAST_DAY,
    ZONE,
    ForecastScene,
    midnight_after,
)

TODAY = LAST_DAY + timedelta(days=1)
OPEN = ("pipeline", "best_case", "commit")


class Question(NamedTuple):
    """Whose opportunities, due when, a waterfall is about."""

    first: date | None
    last: date | None
    team_id: int
    user_id: int
    parent: dict

    def is_ours(self, state):
        of_team = self.team_id in (state.team, self.parent[state.team], False, 0)
        return of_team and self.user_id in (state.user, False, 0)

    def is_due(self, state):
        return not self.first or (
            state.date is not None and self.first <= state.date <= self.last
        )

    def counts(self, state):
        return (
            state is not None
            and state.is_counted
            and self.is_ours(state)
            and self.is_due(state)
        )

    def has_ended(self, then, now):
        return (
            now is not None
            and now.state in ("won", "lost")
            and self.is_ours(now)
            and (then is None or then.state == "open")
        )

    def steps(self, then, now):
        """What happened to one opportunity, as pairs of a step and an amount."""
        if self.counts(then):
            yield "opening", then.amount
        if self.counts(now):
            yield "closing", now.amount
        ended = self.has_ended(then, now)
        if self.counts(then):
            if (self.counts(now) or ended) and now.amount != then.amount:
                grown = now.amount > then.amount
                yield (
                    "increased" if grown else "decreased",
                    abs(now.amount - then.amount),
                )
            if not self.counts(now):
                yield self.way_out(now, ended), now.amount if ended else then.amount
        elif self.counts(now) or (ended and self.is_due(now)):
            yield self.way_in(then), now.amount
            if ended:
                yield now.state, now.amount

    def way_in(self, then):
        if then is None or not then.is_counted:
            return "new"
        return "pulled_in" if self.is_ours(then) else "received"

    def way_out(self, now, ended):
        if now is None:
            return "removed"
        if not self.is_ours(now):
            return "handed_over"
        if ended:
            return now.state
        return "pushed_out" if now.is_counted else "removed"


@tagged("post_install", "-at_install")
class TestCrmForecast(PlaybookCase):
    """35 people, 6 managers, 3 regions, 8,800 opportunities, two years of changes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.partner_id.tz = ZONE
        cls.env.cr.execute("UPDATE crm_lead SET company_id = NULL, type = 'lead'")
        regions = cls.env["crm.team"].create(
            [{"name": f"Region {number}"} for number in range(3)]
        )
        cls.leaders = [
            cls._create_user(f"manager_{number}", "sales_team.group_sale_salesman")
            for number in range(6)
        ]
        cls.teams = cls.env["crm.team"].create(
            [
                {
                    "name": f"Team {number}",
                    "parent_id": regions[number // 2].id,
                    "user_id": leader.id,
                }
                for number, leader in enumerate(cls.leaders)
            ]
        )
        cls.regions = regions
        cls.people = [
            cls._create_user(f"person_{number}", "sales_team.group_sale_salesman")
            for number in range(35)
        ]
        of_team = {
            team.id: [person.id for person in cls.people[number::6]]
            for number, team in enumerate(cls.teams)
        }
        stages = cls.env["crm.stage"].create(
            [{"name": f"Stage {number}"} for number in range(4)]
            + [{"name": "Won", "is_won": True}]
        )
        cls.scene = ForecastScene(
            cls.env, of_team, stages.ids[:4], stages[4].id, opportunities=8800
        )
        cls.parent = {
            team.id: regions[number // 2].id for number, team in enumerate(cls.teams)
        }
        cls.env.cr.execute("ANALYZE crm_forecast_history")

    def setUp(self):
        super().setUp()
        self.startPatcher(self._at(f"{TODAY} 09:00:00"))
        self.random = random.Random(8800)
        self.forecast = self.env["crm.forecast"].with_user(self.manager)

    def _days(self, count):
        span = (LAST_DAY - FIRST_DAY).days
        return [
            FIRST_DAY + timedelta(days=self.random.randrange(span))
            for _day in range(count)
        ]

    def test_as_of_is_a_replay_of_the_changes_on_50_days(self):
        history = self.env["crm.forecast.history"].with_user(self.manager)
        names = "lead_key", "team_id", "user_id", "stage_id", "state", "category"
        names += "amount", "probability", "date"
        for day in self._days(50):
            moment = midnight_after(day)
            rows = history.search_fetch(history._at(moment), names)
            told = {
                row.lead_key: (
                    *(row.team_id.id, row.user_id.id, row.stage_id.id),
                    *(row.state, row.category, row.amount, row.probability),
                    row.date or None,
                )
                for row in rows
            }
            replayed = {
                lead_id: (
                    *(state.team, state.user or False, state.stage),
                    *(state.state, state.category, state.amount, state.probability),
                    state.date,
                )
                for lead_id, state in self.scene.at(moment).items()
            }
            self.assertEqual(told, replayed, day)

    def test_every_roll_up_is_that_of_plain_python(self):
        for period, first, count in (
            ("month", "2025-11-15", 6),
            ("quarter", "2025-01-01", 7),
            ("year", "2024-01-01", 3),
        ):
            self._check_forecast(period, first, count)

    def test_every_roll_up_on_past_days(self):
        for day in self._days(6):
            self._check_forecast("quarter", str(day - timedelta(days=90)), 3, day)

    def _check_forecast(self, period, first, count, day=None):
        told = self.forecast.get_forecast(
            first, period, count, as_of=str(day) if day else None
        )
        spans = [(one["first"], one["last"]) for one in told["periods"]]
        expected = self._expected(spans, day)
        checked = 0
        for row in told["rows"]:
            for span, cell in zip(spans, row["cells"], strict=True):
                self._check_cell(cell, expected[row["key"], span], (row["key"], span))
                checked += bool(cell["count"])
        self.assertGreater(checked, 50)
        self.assertEqual(
            {row["key"] for row in told["rows"]} | {key for key, _span in expected},
            {row["key"] for row in told["rows"]},
            "nobody is left out",
        )

    def _check_cell(self, cell, expected, where):
        for name in (*OPEN, "closed", "omitted"):
            self.assertEqual(cell["counts"][name], expected[f"{name}_count"], where)
            self.assertAlmostEqual(
                cell["amounts"][name], expected[name], places=4, msg=where
            )
        for name in ("amount", "count", "weighted", "forecast"):
            self.assertAlmostEqual(cell[name], expected[name], places=4, msg=where)
        self.assertEqual(cell["slipped"]["count"], expected["slipped_count"], where)
        self.assertAlmostEqual(
            cell["slipped"]["amount"], expected["slipped"], places=4, msg=where
        )

    def _expected(self, spans, day):
        moment = midnight_after(day) if day else None
        sums = defaultdict(Counter)
        for lead_id, state in self.scene.at(moment).items():
            for span in spans:
                found = self._counted(lead_id, state, span, day)
                for key in self._keys(state) if found else ():
                    sums[key, span].update(found)
        return sums

    def _counted(self, lead_id, state, span, day):
        """What one opportunity adds to a period, as it stood when a day had ended."""
        first, last = map(date.fromisoformat, span)
        found = Counter()
        if (
            state.date
            and first <= state.date <= last
            and state.state in ("open", "won")
        ):
            found[f"{state.category}_count"] += 1
            found[state.category] += state.amount
            if state.category != "omitted":
                found["weighted"] += state.weighted
            if state.category in OPEN:
                found["count"] += 1
                found["amount"] += state.amount
            if state.category in ("closed", "commit"):
                found["forecast"] += state.amount
        if self._has_slipped(lead_id, state, first, last, day):
            found["slipped_count"] += 1
            found["slipped"] += state.amount
        return found

    def _has_slipped(self, lead_id, state, first, last, day):
        begin = midnight_after(first - timedelta(days=1))
        end = midnight_after(day or TODAY)
        day = day or LAST_DAY
        if not state.is_counted or begin > end:
            return False
        in_time = (
            state.date and state.date <= last and (last > day or state.date < first)
        )
        if in_time:
            return False
        story = self.scene.stories[lead_id]
        ends = [when for when, _state in story[1:]] + [None]
        return any(
            was
            and was.is_counted
            and was.date
            and first <= was.date <= last
            and (until is None or until > begin)
            and since < end
            for (since, was), until in zip(story, ends, strict=True)
        )

    def _keys(self, state):
        region = self.parent[state.team]
        return (
            "company",
            f"team-{region}",
            f"team-{state.team}",
            f"person-{state.team}-{state.user or -1}",
        )

    def test_rows_add_up_to_those_above_them(self):
        told = self.forecast.get_forecast("2025-06-01", "month", 9)
        children = defaultdict(list)
        for row in told["rows"]:
            children[row["parent"]].append(row)
        parents = [row for row in told["rows"] if children[row["key"]]]
        self.assertGreaterEqual(len(parents), 1 + 3 + 6)
        for row in parents:
            for place, cell in enumerate(row["cells"]):
                for name in ("amount", "weighted", "forecast", "count"):
                    below = sum(
                        child["cells"][place][name] for child in children[row["key"]]
                    )
                    self.assertAlmostEqual(cell[name], below, places=3)

    def test_waterfall_balances_between_200_pairs_of_days(self):
        scopes = [
            (False, False),
            *((team.id, False) for team in self.teams | self.regions),
            *((False, person.id) for person in self.people[:5]),
        ]
        moved = Counter()
        for _pair in range(200):
            start, end = sorted(self._days(2))
            team_id, user_id = self.random.choice(scopes)
            first = self.random.choice([None, start - timedelta(days=30)])
            last = first and first + timedelta(days=self.random.choice([30, 90, 365]))
            moved += self._check_waterfall(start, end, first, last, team_id, user_id)
        self.assertEqual(len(moved), 12, "each step was there")

    def test_waterfall_up_to_now_balances(self):
        self._check_waterfall(LAST_DAY - timedelta(days=7), TODAY, None, None, 0, 0)

    def _check_waterfall(self, start, end, first, last, team_id, user_id):
        told = self.forecast.get_waterfall(
            str(start),
            str(end),
            first and str(first),
            last and str(last),
            team_id,
            user_id,
        )
        amounts = {step["name"]: step["amount"] for step in told["steps"]}
        signs = {"up": 1, "down": -1}
        moves = sum(
            signs.get(step["kind"], 0) * step["amount"] for step in told["steps"]
        )
        self.assertAlmostEqual(amounts["opening"] + moves, amounts["closing"], places=4)
        expected = self._steps(start, end, first, last, team_id, user_id)
        for step in told["steps"]:
            count, amount = expected.get(step["name"], (0, 0.0))
            self.assertEqual(step["count"], count, (step, start, end, first, last))
            self.assertAlmostEqual(step["amount"], amount, places=4)
        return Counter(name for name, amount in amounts.items() if amount)

    def _steps(self, start, end, first, last, team_id, user_id):
        """{step: (how many, how much)}, opportunity by opportunity."""
        before = self.scene.at(midnight_after(start))
        after = self.scene.at(midnight_after(end))
        question = Question(first, last, team_id, user_id, self.parent)
        steps = defaultdict(lambda: (0, 0.0))
        for lead_id in before.keys() | after.keys():
            then, now = before.get(lead_id), after.get(lead_id)
            for step, amount in question.steps(then, now):
                count, total = steps[step]
                steps[step] = count + 1, total + amount
        return steps

    # === WHO SEES WHAT, AND WHAT IS BEHIND === #

    def test_salespeople_see_themselves_and_leaders_their_team(self):
        person = self.people[0]
        told = self.forecast.with_user(person).get_forecast("2026-01-01")
        rows = [row for row in told["rows"] if row["kind"] == "person"]
        self.assertEqual({row["user_id"] for row in rows}, {person.id})
        self.assertFalse(told["may_choose_team"])
        told = self.forecast.with_user(self.leaders[0]).get_forecast("2026-01-01")
        teams = {row["team_id"] for row in told["rows"] if row["kind"] == "person"}
        self.assertEqual(teams, {self.teams[0].id})
        self.assertTrue(told["may_choose_team"])

    def test_a_click_opens_what_a_cell_counts(self):
        for as_of in (None, "2025-12-10"):
            told = self.forecast.get_forecast("2025-12-01", as_of=as_of)
            leads = self.env["crm.lead"].with_user(self.manager)
            for row in told["rows"][:12]:
                cell = row["cells"][0]
                for category in (None, "commit", "closed"):
                    action = self.forecast.open_cell(
                        *("2025-12-01", "2025-12-31", row["team_id"], row["user_id"]),
                        category,
                        as_of,
                    )
                    found = leads.with_context(**action["context"]).search_count(
                        action["domain"]
                    )
                    count = cell["counts"][category] if category else cell["count"]
                    if as_of:  # those deleted since are gone
                        self.assertLessEqual(count - found, 5)
                    else:
                        self.assertEqual(found, count)
                slipped = self.forecast.open_slipped(
                    "2025-12-01", "2025-12-31", row["team_id"], row["user_id"], as_of
                )
                if not as_of:
                    self.assertEqual(
                        len(slipped["domain"][0][2]), cell["slipped"]["count"]
                    )

    def test_what_is_in_no_period_to_come_is_told(self):
        told = self.forecast.get_forecast()
        now = [state for state in self.scene.at().values() if state.is_counted]
        overdue = [one.amount for one in now if one.date and one.date < TODAY]
        undated = [one.amount for one in now if not one.date]
        self.assertEqual(told["overdue"]["count"], len(overdue))
        self.assertAlmostEqual(told["overdue"]["amount"], sum(overdue), places=4)
        self.assertEqual(told["without_date"]["count"], len(undated))
        leads = self.env["crm.lead"].with_user(self.manager)
        action = self.forecast.open_overdue()
        self.assertEqual(leads.search_count(action["domain"]), len(overdue))

    def test_funnel_is_by_stage(self):
        funnel = self.forecast.get_funnel("2026-03-01", "2026-05-31")
        now = self.scene.at().values()
        for step in funnel:
            amounts = [
                one.amount
                for one in now
                if one.is_counted
                and one.stage == step["stage_id"]
                and one.date
                and date(2026, 3, 1) <= one.date <= date(2026, 5, 31)
            ]
            self.assertEqual(step["count"], len(amounts))
            self.assertAlmostEqual(step["amount"], sum(amounts), places=4)
        self.assertEqual(len(funnel), 4)

    def test_queries_do_not_grow_with_people(self):
        self.forecast.get_forecast("2026-01-01")
        self.env.invalidate_all()
        with self.assertQueryCount(60):
            self.forecast.get_forecast("2026-01-01", count=12)

    def test_bad_input_is_told(self):
        for arguments in (("31/01/2026",), ("2026-01-01", "week"), (None, "month", 99)):
            with self.assertRaises(UserError):
                self.forecast.get_forecast(*arguments)
        with self.assertRaises(UserError):
            self.forecast.get_waterfall("2026-02-01", "2026-01-01")
        with self.assertRaises(UserError):
            self.forecast.open_step("sideways", "2026-01-01", "2026-02-01")

    # === HOW GOOD IT WAS === #

    def test_accuracy_is_that_of_plain_python(self):
        told = self.forecast.get_accuracy("2025-03-01", "month", 6)
        seen = 0
        for row in told["rows"]:
            pairs = []
            for period, cell in zip(told["periods"], row["cells"], strict=True):
                pair = self._promised_and_won(row["key"], period)
                self.assertAlmostEqual(cell["forecast"], pair[0], places=4)
                self.assertAlmostEqual(cell["actual"], pair[1], places=4)
                pairs.append(pair)
            won = sum(actual for _promised, actual in pairs)
            if won:
                missed = sum(abs(promised - actual) for promised, actual in pairs)
                self.assertAlmostEqual(
                    row["total"]["accuracy"], max(0, 1 - missed / won)
                )
                seen += 1
            else:
                self.assertIs(row["total"]["accuracy"], False)
        self.assertGreater(seen, 40)

    @lru_cache(maxsize=32)  # noqa: B019 - as long as the test
    def _replayed(self, moment):
        return list(self.scene.at(moment).values())

    def _promised_and_won(self, key, period):
        first = date.fromisoformat(period["first"])
        last = date.fromisoformat(period["last"])
        begin = midnight_after(first - timedelta(days=1))
        promised = sum(
            state.amount
            for state in self._replayed(begin)
            if key in self._keys(state)
            and state.date
            and first <= state.date <= last
            and state.category in ("commit", "closed")
            and state.state in ("open", "won")
        )
        won = sum(
            state.amount
            for state in self._replayed(None)
            if key in self._keys(state)
            and state.state == "won"
            and first <= state.date <= last
        )
        return promised, won

    def test_periods_that_are_not_over_are_left_out(self):
        told = self.forecast.get_accuracy("2026-01-01", "month", 6)
        firsts = [one["first"] for one in told["periods"]]
        self.assertEqual(firsts, ["2026-01-01", "2026-02-01"])
        self.assertEqual(len(self.forecast.get_accuracy(count=3)["periods"]), 3)

    def test_calibration_is_that_of_plain_python(self):
        for days in (0, 30):
            told = self.forecast.get_calibration("2025-01-01", "2025-12-31", days=days)
            cases = list(self._foretold(date(2025, 1, 1), date(2025, 12, 31), days))
            self.assertEqual(told["count"], len(cases))
            self.assertGreater(len(cases), 500)
            brier = sum((chance / 100 - won) ** 2 for chance, won in cases) / len(cases)
            self.assertAlmostEqual(told["brier"], brier, places=9)
            for point in told["points"]:
                inside = [
                    (chance, won)
                    for chance, won in cases
                    if point["low"] <= chance < point["high"]
                ]
                self.assertEqual(point["count"], len(inside))
                chances, wins = zip(*inside, strict=True)
                self.assertAlmostEqual(point["predicted"], sum(chances) / len(inside))
                self.assertAlmostEqual(point["observed"], 100 * sum(wins) / len(inside))

    def _foretold(self, first, last, days):
        """Chance that each closed opportunity had before, and whether it was won."""
        for lead_id, state in self.scene.at().items():
            if state.state not in ("won", "lost") or not first <= state.date <= last:
                continue
            asked = midnight_after(state.date - timedelta(days=days + 1))
            was_open = [
                (when, one)
                for when, one in self.scene.stories[lead_id]
                if one and one.state == "open"
            ]
            before = [one for when, one in was_open if when < asked]
            chosen = before[-1] if before else was_open[0][1]
            yield chosen.probability, state.state == "won"

    def test_range_is_of_the_past_and_of_the_seed(self):
        span = "2026-03-01", "2026-03-31"
        team = self.teams[0]
        told = self.forecast.get_range(*span, team.id)
        self.assertEqual(told, self.forecast.get_range(*span, team.id))
        self.assertLess(told["low"], told["likely"])
        self.assertLess(told["likely"], told["high"])
        self.assertLess(told["low"], told["expected"])
        self.assertLess(told["expected"], told["high"])
        self.assertEqual(told["made_of"]["history"], told["count"])
        self.assertEqual(told["method"], "monte_carlo")
        own = self.forecast.get_range(*span, team.id, by="opportunity")
        cell = self.forecast.get_forecast(*span[:1], "month", 1, team.id)["rows"][0]
        self.assertAlmostEqual(own["expected"], cell["total"]["weighted"], places=4)
        self.assertEqual(own["count"], cell["total"]["count"])
        self.assertEqual(own["made_of"]["opportunity"], own["count"])

    def test_range_of_many_is_that_of_each(self):
        span = "2026-03-01", "2026-12-31"
        told = self.forecast.get_range(*span, by="opportunity")
        self.assertEqual(told["method"], "monte_carlo_and_normal")
        self.assertFalse(told["won_count"])
        self.patch(crm_forecast_range, "DRAWN", 10000)
        each = self.forecast.get_range(*span, by="opportunity")
        self.assertEqual(each["method"], "monte_carlo")
        self.assertAlmostEqual(told["expected"], each["expected"], places=3)
        for name in ("low", "likely", "high"):
            self.assertAlmostEqual(told[name] / each[name], 1, delta=0.02)

    def test_win_rates_are_of_those_that_were_in_the_stage(self):
        rates = self.env["crm.forecast"]._win_rates()
        team, person, stage = (
            self.teams[0].id,
            self.people[0].id,
            self.scene.stages[1],
        )
        groups = [(None, None), (team, None), (team, person)]
        counts = [self._closed_from(stage, *group) for group in groups]
        rate = (counts[0][1] + 1) / (counts[0][0] + 2)
        for closed, won in counts[1:]:
            rate = (won + 20 * rate) / (closed + 20)
        self.assertAlmostEqual(rates.get((team, person, stage)), rate)
        self.assertNotIn((team, person, -5), rates)

    def _closed_from(self, stage, team, person):
        closed = [
            (lead_id, state.state == "won")
            for lead_id, state in self.scene.at().items()
            if state.state in ("won", "lost") and state.date >= date(2024, 3, 2)
        ]
        passed = [
            won
            for lead_id, won in closed
            if any(
                one
                and one.state == "open"
                and one.stage == stage
                and team in (None, one.team)
                and person in (None, one.user)
                for _when, one in self.scene.stories[lead_id]
            )
        ]
        return len(passed), sum(passed)

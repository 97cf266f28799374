from datetime import date, datetime, timedelta
from random import Random

import pytz

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.crm_playbook.models import bulk
from odoo.addons.crm_playbook.models.engine import as_engine

from .common import TeamCase

PERIODS = ("day", "week", "month", "quarter", "year")
# Clocks change in Madrid on the 29th of March and on the 25th of October.
DAYS = (
    *(date(2026, 3, day) for day in (1, 23, 28, 29, 30)),
    *(date(2026, 10, day) for day in (24, 25, 26)),
    date(2026, 12, 31),
)


@tagged("post_install", "-at_install")
class TestCrmLeaderboard(TeamCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.partner_id.tz = "Europe/Madrid"
        cls.zone = pytz.timezone("Europe/Madrid")
        cls.other_team_seller = cls._create_user(
            "elsewhere", "sales_team.group_sale_salesman"
        )
        cls.foreign_team.member_ids = cls.other_team_seller
        cls.campaign = cls._create_campaign(cls.partner)

    # === THE SUMS === #

    def test_totals_are_the_sum_of_the_ledger(self):
        """Whatever the period, team and campaign, and though clocks change."""
        lines = self._random_lines(400)
        boss = self._board(self.all_documents)
        for day in DAYS:
            for period in PERIODS:
                for team in (None, self.team, self.foreign_team):
                    for campaign in (None, self.campaign):
                        with self.subTest(
                            day=day, period=period, team=team, campaign=campaign
                        ):
                            self._check_sums(boss, lines, day, period, team, campaign)

    def _check_sums(self, boss, lines, day, period, team, campaign):
        table = boss.get_leaderboard(
            period,
            team_id=team and team.id,
            campaign_id=campaign and campaign.id,
            day=str(day),
        )
        first, last = (
            date.fromisoformat(table[name]) for name in ("first_day", "last_day")
        )
        self.assertTrue(first <= day <= last)
        expected = {}
        for line in lines:
            local = pytz.utc.localize(line.date).astimezone(self.zone).date()
            if (
                first <= local <= last
                and (not team or line.team_id == team)
                and (not campaign or line.crm_campaign_id == campaign)
            ):
                whose = line.user_id.id
                expected[whose] = expected.get(whose, 0) + line.points
        told = {row["id"]: row["points"] for row in table["rows"]}
        self.assertEqual(
            {whose: points for whose, points in told.items() if points},
            {whose: points for whose, points in expected.items() if points},
        )
        self.assertEqual(table["total"], sum(expected.values()))

    def test_teams_add_up_to_people(self):
        self._random_lines(100)
        boss = self._board(self.all_documents)
        by_person = boss.get_leaderboard("year", day="2026-06-01")
        by_team = boss.get_leaderboard("year", day="2026-06-01", by="team")
        self.assertEqual(by_team["total"], by_person["total"])
        self.assertIn("Without a team", [row["name"] for row in by_team["rows"]])

    def test_days_are_those_of_the_company_whoever_looks(self):
        # Half past midnight in Madrid, the day before elsewhere.
        self._line(3, datetime(2026, 3, 8, 23, 30))
        self.seller.tz = "America/Bogota"
        for user in (self.seller, self.all_documents):
            table = self._board(user).get_leaderboard("week", day="2026-03-09")
            self.assertEqual(table["total"], 3)

    def test_weeks_begin_as_the_company_says(self):
        for first, expected in (("1", "2026-03-09"), ("7", "2026-03-08")):
            self.env.company.crm_week_start = first
            table = self._board(self.seller).get_leaderboard("week", day="2026-03-11")
            self.assertEqual(table["first_day"], expected)

    # === THE TABLE === #

    def test_as_many_points_share_the_rank(self):
        self._line(7, user=self.other_seller)
        self._line(7, user=self.seller)
        self._line(3, user=self.other_team_seller)
        rows = self._rows(self.all_documents)
        told = [(row["rank"], row["id"], row["behind"]) for row in rows]
        self.assertEqual(
            sorted(told[:2]),
            sorted([(1, self.seller.id, 0), (1, self.other_seller.id, 0)]),
        )
        self.assertEqual(told[2], (3, self.other_team_seller.id, 4))

    def test_change_is_against_the_whole_period_before(self):
        self._line(10, datetime(2026, 3, 4, 12))
        self._line(4, datetime(2026, 3, 11, 12))
        row = self._row_of(self.seller, period="week", day="2026-03-11")
        self.assertEqual((row["points"], row["change"]), (4, -6))
        row = self._row_of(self.seller, period="month", day="2026-03-11")
        self.assertEqual((row["points"], row["change"]), (14, 14))
        row = self._row_of(self.seller, period="month", day="2026-04-11")
        self.assertEqual((row["points"], row["change"]), (0, -14))

    def test_actions_done_count_once_and_corrected_ones_do_not(self):
        with self._at("2026-03-11 12:00:00"):
            lead = self._start()
            action = self._planned(lead).with_user(self.seller)
            action.done(self.interested.id)
            action.correct(self.declined.id)
        row = self._row_of(self.seller, day="2026-03-11")
        self.assertEqual(row["done"], 1)

    def test_who_is_in_the_team_is_in_the_table_without_points(self):
        rows = self._rows(self.seller)
        self.assertLessEqual(
            {self.seller.id, self.other_seller.id}, {row["id"] for row in rows}
        )
        (mine,) = (row for row in rows if row["is_mine"])
        self.assertEqual(mine["id"], self.seller.id)

    def test_badges_are_counted(self):
        badge = self.env["gamification.badge"].create({"name": "Test badge"})
        self.env["gamification.badge.user"].create(
            [{"user_id": self.seller.id, "badge_id": badge.id}] * 2
        )
        self.assertEqual(self._row_of(self.seller)["badges"], 2)

    # === WHO SEES WHAT === #

    def test_seller_sees_the_own_team_and_no_other(self):
        self._line(3, user=self.other_seller, team_id=self.team.id)
        self._line(5, user=self.other_team_seller, team_id=self.foreign_team.id)
        self._line(2, user=self.seller, team_id=False)
        for user in (self.seller, self.leader):
            seen = {row["id"]: row["points"] for row in self._rows(user)}
            self.assertEqual(seen.get(self.other_seller.id), 3)
            self.assertNotIn(self.other_team_seller.id, seen)
            with self.assertRaises(AccessError):
                self._board(user).get_leaderboard(team_id=self.foreign_team.id)
        self.assertEqual(self._row_of(self.seller)["points"], 2)
        (row,) = self._board(self.seller).get_leaderboard(
            "week", day="2026-03-11", by="team"
        )["rows"][:1]
        self.assertEqual((row["id"], row["points"]), (self.team.id, 3))

    def test_who_has_left_the_team_does_not_see_it(self):
        self.team.member_ids -= self.other_seller
        with self.assertRaises(AccessError):
            self._board(self.other_seller).get_leaderboard(team_id=self.team.id)

    def test_all_documents_sees_everybody(self):
        self._line(5, user=self.other_team_seller, team_id=self.foreign_team.id)
        seen = {row["id"] for row in self._rows(self.all_documents)}
        self.assertLessEqual({self.seller.id, self.other_team_seller.id}, seen)

    def test_nobody_else_sees_it(self):
        employee = self._create_user("employee", "base.group_user")
        with self.assertRaises(AccessError):
            self._board(employee).get_leaderboard()

    def test_points_of_another_company_do_not_count(self):
        company = self.env["res.company"].create({"name": "Another company"})
        self._line(5, company_id=company.id)
        self.assertEqual(self._row_of(self.seller)["points"], 0)

    def test_what_cannot_be_read_is_told(self):
        board = self._board(self.seller)
        for asked in ({"period": "fortnight"}, {"day": "soon"}, {"by": "shoe size"}):
            with self.subTest(**asked), self.assertRaises(UserError):
                board.get_leaderboard(**asked)

    # === COST === #

    def test_cost_does_not_grow_with_people_and_lines(self):
        boss = self._board(self.all_documents)
        self._random_lines(50)

        def ask():
            boss.env.invalidate_all()
            before = self.env.cr.sql_log_count
            boss.get_leaderboard("year", day="2026-06-01")
            return self.env.cr.sql_log_count - before

        ask()
        few = ask()
        people = [
            self._create_user(f"p{number}", "sales_team.group_sale_salesman").id
            for number in range(20)
        ]
        self.team.member_ids = [(4, person) for person in people]
        self._random_lines(500)
        ask()
        self.assertEqual(ask(), few)

    # === HELPERS === #

    def _board(self, user):
        return self.env["crm.leaderboard"].with_user(user)

    def _rows(self, user, period="week", day="2026-03-11"):
        return self._board(user).get_leaderboard(period, day=day)["rows"]

    def _row_of(self, user, **asked):
        (row,) = (row for row in self._rows(user, **asked) if row["id"] == user.id)
        return row

    def _line(self, points, moment=datetime(2026, 3, 11, 12), user=None, **values):
        return as_engine(self.env["crm.transition"]).create(
            {
                "trigger": "outcome",
                "points": points,
                "date": moment,
                "user_id": (user or self.seller).id,
                "company_id": self.env.company.id,
                **values,
            }
        )

    def _random_lines(self, count):
        """Lines of a year, most of them around the days when clocks change."""
        random = Random(count)
        people = self.seller | self.other_seller | self.other_team_seller
        rows = [
            {
                "trigger": "outcome",
                "date": datetime.combine(random.choice(DAYS), datetime.min.time())
                + timedelta(minutes=random.randrange(-3000, 3000)),
                "points": random.randrange(-5, 10),
                "user_id": random.choice(people).id,
                "team_id": random.choice([self.team.id, self.foreign_team.id, False]),
                "crm_campaign_id": random.choice([self.campaign.id, False]),
                "company_id": self.env.company.id,
            }
            for _number in range(count)
        ]
        return bulk.insert(as_engine(self.env["crm.transition"]), rows)

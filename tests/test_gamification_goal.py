from datetime import datetime

from odoo.tests import tagged

from odoo.addons.crm_playbook.models.engine import as_engine

from .common import TeamCase


@tagged("post_install", "-at_install")
class TestGamificationGoal(TeamCase):
    """Odoo's own targets and badges, over what people do here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.partner_id.tz = "Europe/Madrid"
        cls.env["crm.playbook.rule"].search([]).active = False
        cls._create_rule(cls.interested, points=60, move="won")
        cls._create_rule(cls.declined, points=1)

    def test_goals_count_what_is_true(self):
        with self._at("2026-03-11 12:00:00"):
            self._do_calls(self.interested, self.interested)
            corrected = self._do_calls(self.interested)
            corrected.correct(self.declined.id)
            challenge = self._start_challenge(
                points=1000, actions=1000, calls=1000, visits=1000, won=1000
            )
            self.assertEqual(
                self._currents(challenge),
                {"points": 121, "actions": 3, "calls": 3, "visits": 0, "won": 2},
            )
            self._do_calls(self.declined)
            self._goals(challenge).update_goal()
            self.assertEqual(self._currents(challenge)["points"], 122)

    def test_week_is_that_of_the_company(self):
        for moment, points in (
            # Monday in Madrid, though Sunday in UTC; and the other way round.
            (datetime(2026, 3, 8, 23, 30), 1),
            (datetime(2026, 3, 15, 22, 30), 10),
            (datetime(2026, 3, 8, 22, 30), 100),
            (datetime(2026, 3, 15, 23, 30), 1000),
        ):
            as_engine(self.env["crm.transition"]).create(
                {
                    "trigger": "outcome",
                    "points": points,
                    "date": moment,
                    "user_id": self.seller.id,
                    "company_id": self.env.company.id,
                }
            )
        with self._at("2026-03-11 12:00:00"):
            challenge = self._start_challenge(period="weekly", points=5000)
            self.assertEqual(self._currents(challenge), {"points": 11})
        self.env.company.crm_week_start = "6"
        with self._at("2026-03-12 12:00:00"):
            # From Saturday the 7th on.
            self._goals(challenge).update_goal()
            self.assertEqual(self._currents(challenge), {"points": 101})

    def test_shipped_challenge_gives_its_badge_to_who_earns_it(self):
        challenge = self.env.ref("crm_playbook.challenge_week")
        badge = self.env.ref("crm_playbook.badge_hundred_points")
        self.assertEqual(challenge.state, "draft")
        with self._at("2026-03-11 12:00:00"):
            self._do_calls(self.interested, self.interested)
            challenge.action_start()
            self.assertIn(self.seller, challenge.user_ids)
            challenge._update_all()
            owners = self.env["gamification.badge.user"].search(
                [("badge_id", "=", badge.id)]
            )
            self.assertEqual(owners.user_id, self.seller)
            challenge._update_all()
            self.assertEqual(len(badge.owner_ids), 1)
            (told,) = self._told(self.seller)
            self.assertEqual((told["current"], told["is_reached"]), (120, True))
            (told,) = self._told(self.other_seller)
            self.assertEqual((told["current"], told["percent"]), (0, 0))

    def test_all_shipped_targets_can_be_counted(self):
        with self._at("2026-03-11 12:00:00"):
            self._do_calls(self.interested)
            for name in ("challenge_week", "challenge_month"):
                self.env.ref(f"crm_playbook.{name}").action_start()
            self.assertEqual(len(self._told(self.seller)), 4)

    def test_board_counts_targets_as_of_now(self):
        with self._at("2026-03-11 12:00:00"):
            self._start_challenge(points=1000)
            self._do_calls(self.declined)
            (told,) = self._told(self.seller)
            self.assertEqual((told["current"], told["percent"]), (1, 0.1))

    def test_what_was_taken_back_is_not_reached(self):
        with self._at("2026-03-11 12:00:00"):
            self._start_challenge(points=60)
            done = self._do_calls(self.interested)
            self.assertTrue(self._told(self.seller)[0]["is_reached"])
            done.correct(self.declined.id)
            self.assertFalse(self._told(self.seller)[0]["is_reached"])

    def test_work_in_another_company_does_not_count(self):
        with self._at("2026-03-11 12:00:00"):
            self._start_challenge(points=1000)
            self._do_calls(self.declined)
            elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
            as_engine(self.env["crm.transition"]).create(
                {
                    "trigger": "outcome",
                    "points": 500,
                    "date": datetime(2026, 3, 11, 11),
                    "user_id": self.seller.id,
                    "company_id": elsewhere.id,
                }
            )
            self.assertEqual(self._told(self.seller)[0]["current"], 1)

    # === HELPERS === #

    def _told(self, user):
        board = self.env["crm.leaderboard"].with_user(user)
        return board.get_leaderboard()["goals"]

    def _do_calls(self, *outcomes):
        actions = self.env["crm.action"].with_user(self.seller)
        for outcome in outcomes:
            action = self._planned(self._start()).with_user(self.seller)
            action.done(outcome.id)
            actions |= action
        return actions

    def _start_challenge(self, period="monthly", **targets):
        challenge = self.env["gamification.challenge"].create(
            {
                "name": "Test challenge",
                "period": period,
                "user_ids": [(6, 0, self.seller.ids)],
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "definition_id": self._definition(name).id,
                            "target_goal": target,
                        },
                    )
                    for name, target in targets.items()
                ],
            }
        )
        challenge.action_start()
        return challenge

    def _definition(self, name):
        return self.env.ref(f"crm_playbook.goal_definition_{name}")

    def _goals(self, challenge):
        return self.env["gamification.goal"].search(
            [
                ("challenge_id", "=", challenge.id),
                ("user_id", "=", self.seller.id),
            ]
        )

    def _currents(self, challenge):
        names = ("points", "actions", "calls", "visits", "won")
        by_definition = {self._definition(name): name for name in names}
        return {
            by_definition[goal.definition_id]: goal.current
            for goal in self._goals(challenge)
        }

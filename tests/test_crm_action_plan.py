from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import MONDAY, MessageCase, TeamCase

TOMORROW = datetime(2026, 3, 3, 10, 0)


@tagged("post_install", "-at_install")
class TestCrmActionPlan(TeamCase):
    """An action is planned at an hour, or left free from a date on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.action = cls.env["crm.action"].create(
            {
                "partner_id": cls.partner.id,
                "action_type_id": cls.visit.id,
                "user_id": cls.seller.id,
                "team_id": cls.team.id,
                "date_start": MONDAY,
            }
        )
        cls.own = cls.action.with_user(cls.seller)

    def _check(self, mode, start, end):
        action = self.action
        self.assertEqual(
            (action.mode, action.date_start, action.date_end, action.state),
            (mode, start, end, "planned"),
        )

    def test_planned_action_takes_as_long_as_its_type_says(self):
        self.own.plan("2026-03-03 10:00:00")
        self._check("planned", TOMORROW, TOMORROW + timedelta(hours=1))

    def test_planned_action_takes_as_long_as_is_asked(self):
        self.own.plan(TOMORROW, hours=2.5)
        self._check("planned", TOMORROW, TOMORROW + timedelta(hours=2.5))

    def test_freed_action_has_no_end(self):
        self.own.plan(TOMORROW)
        self.own.free("2026-03-03 00:00:00")
        self._check("free", datetime(2026, 3, 3), False)

    def test_several_are_planned_at_once(self):
        actions = self.own | self.action.copy({"action_type_id": self.call.id})
        actions.plan(TOMORROW)
        self.assertEqual(
            actions.mapped("date_end"),
            [TOMORROW + timedelta(hours=hours) for hours in (1, 0.25)],
        )

    def test_cancelled_action_becomes_planned_again(self):
        for again in (self.own.plan, self.own.free):
            self.own.cancel("Not now")
            again(TOMORROW)
            self.assertEqual(self.action.state, "planned")
            self.assertFalse(self.action.cancel_reason)

    def test_done_action_is_not_planned_again(self):
        self.own.done(self.interested.id)
        for again in (self.own.plan, self.own.free):
            with self.assertRaises(UserError):
                again(TOMORROW)
        self.assertEqual(self.action.state, "done")

    def test_task_of_a_closed_opportunity_is_not_planned_again(self):
        lead = self._start()
        task = self._planned(lead).with_user(self.seller)
        lead.action_set_lost()
        for again in (task.plan, task.free):
            with self.assertRaises(UserError):
                again(TOMORROW)

    def test_task_of_a_stage_that_was_left_is_not_planned_again(self):
        lead = self._start()
        task = self._planned(lead).with_user(self.seller)
        lead.go_to_stage(self.second.id)
        for again in (task.plan, task.free):
            with self.assertRaises(UserError):
                again(TOMORROW)

    def test_handed_over_action_keeps_its_hour(self):
        self.own.plan(TOMORROW, hours=2)
        by = self.action.with_user(self.leader)
        by.hand_over(self.other_seller.id, "2026-03-05")
        start = datetime(2026, 3, 5, 10)
        self._check("planned", start, start + timedelta(hours=2))
        self.assertEqual(self.action.user_id, self.other_seller)

    def test_handed_over_action_keeps_the_hour_that_a_clock_shows(self):
        """In Berlin at 11 o'clock, before the clocks change and after."""
        self.seller.tz = "Europe/Berlin"
        by = self.action.with_user(self.leader)
        by.plan(TOMORROW)
        by.hand_over(self.other_seller.id, "2026-03-30")
        self.assertEqual(self.action.date_start, datetime(2026, 3, 30, 9))

    def test_handed_over_free_action_is_free_from_that_day(self):
        by = self.action.with_user(self.leader)
        by.hand_over(self.other_seller.id, "2026-03-05")
        self._check("free", datetime(2026, 3, 5, 9), False)

    def test_without_a_day_only_the_person_changes(self):
        self.action.with_user(self.leader).hand_over(self.other_seller.id)
        self._check("free", MONDAY, False)
        self.assertEqual(self.action.user_id, self.other_seller)

    def test_action_is_handed_back_to_nobody(self):
        self.action.with_user(self.leader).hand_over(False)
        self.assertFalse(self.action.user_id)

    def test_what_is_not_planned_is_not_handed_over(self):
        self.own.cancel()
        with self.assertRaises(UserError):
            self.action.with_user(self.leader).hand_over(self.other_seller.id)

    def test_colleague_does_not_hand_it_over(self):
        theirs = self.action.with_user(self.other_seller)
        with self.assertRaises(AccessError):
            theirs.hand_over(self.other_seller.id)

    def test_length_that_is_none_is_refused(self):
        for hours in (0, -1, 25, True, "2", float("nan"), float("inf")):
            with self.subTest(hours=hours), self.assertRaises(UserError):
                self.own.plan(TOMORROW, hours=hours)
        self._check("free", MONDAY, False)

    def test_date_that_is_none_is_refused(self):
        for again in (self.own.plan, self.own.free):
            with self.assertRaises(UserError):
                again("tomorrow")

    def test_colleague_does_not_plan_it(self):
        theirs = self.action.with_user(self.other_seller)
        for again in (theirs.plan, theirs.free):
            with self.assertRaises(AccessError):
                again(TOMORROW)

    def test_leader_plans_it(self):
        self.action.with_user(self.leader).plan(TOMORROW)
        self._check("planned", TOMORROW, TOMORROW + timedelta(hours=1))


@tagged("post_install", "-at_install")
class TestAutomaticActionPlan(MessageCase):
    """What the scheduler does has no hour at which somebody does it."""

    def test_automatic_action_is_neither_planned_nor_freed(self):
        task = self._planned(self._start()).with_user(self.seller)
        self.assertEqual(task.mode, "automatic")
        for again in (task.plan, task.free):
            with self.assertRaisesRegex(UserError, "by itself"):
                again(TOMORROW)
        with self.assertRaisesRegex(UserError, "by itself"):
            task.hand_over(self.seller.id, "2026-03-05")
        self.assertEqual(task.mode, "automatic")

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import crm_action_take
from .common import TeamCase

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestCrmActionTake(TeamCase):
    """What the team may do belongs to whoever takes it first, for a while."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first.assignee = "team"
        cls.env.company.crm_release_hours = 24
        cls.other_company = cls.env["res.company"].create(
            {"name": "Patient company", "crm_release_hours": 0}
        )

    def setUp(self):
        super().setUp()
        self.now = fields.Datetime.now()

    def _team_task(self):
        return self._planned(self._start()).with_user(self.seller)

    def _release_at(self, moment):
        with self._at(moment):
            self._run_cron("ir_cron_release_taken")

    def test_first_to_take_it_has_it(self):
        task = self._team_task()
        task.take()
        self.assertEqual(task.user_id, self.seller)
        with self.assertRaises(UserError):
            task.with_user(self.leader).take()

    def test_taken_and_not_done_is_the_teams_again(self):
        task = self._team_task()
        task.take()
        self._release_at(self.now + DAY - HOUR)
        self.assertEqual(task.sudo().user_id, self.seller)
        self._release_at(self.now + DAY + HOUR)
        self.assertFalse(task.sudo().user_id)
        task.with_user(self.other_seller).take()
        self.assertEqual(task.sudo().user_id, self.other_seller)

    def test_hours_begin_when_it_could_be_done(self):
        task = self._team_task()
        task.take()
        task.reschedule(self.now + 7 * DAY)
        self._release_at(self.now + 2 * DAY)
        self.assertEqual(task.sudo().user_id, self.seller)
        self._release_at(self.now + 8 * DAY + HOUR)
        self.assertFalse(task.sudo().user_id)

    def test_what_was_done_given_or_given_back_is_not_released(self):
        done, given, kept = self._team_task(), self._team_task(), self._team_task()
        (done | given).take()
        done.done(self.interested.id)
        given.with_user(self.leader).reassign(self.seller.id)
        kept.with_user(self.leader).reassign(self.other_seller.id)
        self._release_at(self.now + 3 * DAY)
        self.assertEqual(done.sudo().user_id, self.seller)
        self.assertEqual(given.sudo().user_id, self.seller)
        self.assertEqual(kept.sudo().user_id, self.other_seller)

    def test_company_without_hours_releases_nothing(self):
        task = self._team_task()
        task.take()
        self.env.company.crm_release_hours = 0
        self._release_at(self.now + 30 * DAY)
        self.assertEqual(task.sudo().user_id, self.seller)

    def test_many_are_released_to_the_end(self):
        tasks = self.env["crm.action"].concat(*(self._team_task() for _ in range(5)))
        tasks.with_user(self.seller).take()
        self.patch(crm_action_take, "BATCH", 2)
        self._release_at(self.now + 2 * DAY)
        self.assertFalse(tasks.sudo().user_id)

    def test_when_it_was_taken_is_not_written_by_hand(self):
        task = self._team_task()
        task.take()
        with self.assertRaises(UserError):
            task.write({"taken_at": self.now + DAY})

    def test_task_of_the_team_is_seen_by_the_team_alone(self):
        task = self._team_task()
        for user, sees in (
            (self.other_seller, True),
            (self.leader, True),
            (self._create_user("stranger", "sales_team.group_sale_salesman"), False),
        ):
            found = self.env["crm.action"].with_user(user).search([])
            self.assertEqual(task in found, sees, user.name)
        task.take()
        found = self.env["crm.action"].with_user(self.other_seller).search([])
        self.assertNotIn(task, found)

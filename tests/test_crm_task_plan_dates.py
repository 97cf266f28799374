from datetime import datetime, timedelta

from psycopg2.errors import CheckViolation

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import MONDAY, PlaybookCase

HOUR = timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestCrmTaskPlanDates(PlaybookCase):
    """Planned tasks stand where whoever does them works and is free."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Eight to twelve",
                "tz": "UTC",
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": f"Day {day}",
                                "dayofweek": str(day),
                                "hour_from": 8,
                                "hour_to": 12,
                                "day_period": "morning",
                            }
                        )
                        for day in range(5)
                    ),
                ],
            }
        )
        cls.resource = cls.env["resource.resource"].create(
            {
                "name": cls.seller.name,
                "user_id": cls.seller.id,
                "calendar_id": cls.calendar.id,
            }
        )
        cls.env["calendar.event"].search([]).unlink()
        cls.first.write({"task_type_id": cls.visit.id, "task_mode": "planned"})

    def setUp(self):
        super().setUp()
        self.startPatcher(self._at(MONDAY))

    def _start_many(self, count):
        leads = self.env["crm.lead"].concat(
            *(self._create_lead() for _number in range(count))
        )
        leads.start_playbook(self.playbook.id)
        return leads.action_ids.sorted("id").mapped("date_start")

    def _meeting(self, hour, **values):
        start = MONDAY.replace(hour=hour)
        return self.env["calendar.event"].create(
            {
                "name": "Elsewhere",
                "start": start,
                "stop": start + HOUR,
                "partner_ids": [Command.set(self.seller.partner_id.ids)],
                **values,
            }
        )

    def test_tasks_planned_together_follow_one_another(self):
        starts = self._start_many(5)
        hours = [(start.day, start.hour) for start in starts]
        self.assertEqual(hours, [(2, 9), (2, 10), (2, 11), (3, 8), (3, 9)])

    def test_tasks_planned_one_by_one_come_to_the_same(self):
        starts = [self._start_many(1)[0] for _number in range(5)]
        hours = [(start.day, start.hour) for start in starts]
        self.assertEqual(hours, [(2, 9), (2, 10), (2, 11), (3, 8), (3, 9)])

    def test_nothing_is_planned_over_a_meeting(self):
        self._meeting(9)
        self._meeting(10)
        self.assertEqual(self._start_many(1), [MONDAY.replace(hour=11)])

    def test_meetings_that_leave_one_free_are_no_hindrance(self):
        self._meeting(9, show_as="free")
        declined = self._meeting(9)
        declined.attendee_ids.state = "declined"
        self._meeting(9, active=False)
        self._meeting(9, partner_ids=[Command.set(self.manager.partner_id.ids)])
        self.assertEqual(self._start_many(1), [MONDAY])

    def test_cancelled_task_leaves_its_hour_to_another(self):
        self._start_many(1)
        self._planned(self.env["crm.lead"].search([], limit=1)).cancel()
        self.assertEqual(self._start_many(1), [MONDAY])

    def test_leave_is_respected(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.calendar.id,
                "resource_id": self.resource.id,
                "date_from": datetime(2026, 3, 2),
                "date_to": datetime(2026, 3, 4),
            }
        )
        self.assertEqual(self._start_many(1), [datetime(2026, 3, 4, 8)])

    def test_two_people_do_not_wait_for_each_other(self):
        self.other_seller.tz = "UTC"
        mine, other = (
            self._create_lead(),
            self._create_lead(user_id=self.other_seller.id),
        )
        (mine | other).start_playbook(self.playbook.id)
        self.assertEqual(mine.action_ids.date_start, other.action_ids.date_start)

    def test_tasks_that_nobody_has_are_in_nobodys_way(self):
        self.first.assignee = "team"
        first, second = self._start_many(2)
        self.assertEqual(first, second)

    def test_who_never_works_has_tasks_all_the_same(self):
        self.calendar.attendance_ids.unlink()
        self.assertEqual(len(self._start_many(3)), 3)

    def test_later_days_begin_at_the_standard_hour(self):
        self.env.company.crm_standard_hour = 10.5
        self.first.task_delay_days = 2
        self.assertEqual(self._start_many(1), [datetime(2026, 3, 4, 10, 30)])
        self.first.write({"task_delay_days": 3, "task_delay_hours": 1})
        self.assertEqual(self._start_many(1), [datetime(2026, 3, 5, 10)])

    def test_standard_hour_is_an_hour_of_the_day(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.env.company.crm_standard_hour = 24
            self.env.flush_all()

    def test_stage_invites_colleagues_and_the_contact(self):
        self.first.write(
            {"guest_user_ids": [Command.set(self.manager.ids)], "invites_entity": True}
        )
        partner = self._create_partner("Bruno Neri")
        for leads in (
            self._create_lead(),
            self._create_lead() | self._create_lead(partner),
        ):
            leads.start_playbook(self.playbook.id)
            for task in leads.action_ids:
                guests = self.manager.partner_id | task.partner_id
                self.assertEqual(task.guest_ids, guests)
                attending = task.calendar_event_ids.partner_ids
                self.assertEqual(attending, guests | self.seller.partner_id)

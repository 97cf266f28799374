from datetime import date

from odoo.tests import tagged

from .common import MONDAY, TeamCase


@tagged("post_install", "-at_install")
class TestCrmOccupation(TeamCase):
    """Hours done and booked, of those that people work."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.call.duration = 0.5
        (cls.seller | cls.other_seller).tz = "UTC"
        cls.env.company.resource_calendar_id.tz = "UTC"

    def _register(self, user, done_at):
        self.env["crm.action"].with_user(user).register(
            {
                "partner_id": self.partner.id,
                "action_type_id": self.call.id,
                "outcome_id": self.interested.id,
                "done_at": done_at,
            }
        )

    def _plan(self, user, start, hours):
        action = self.env["crm.action"].create(
            {
                "partner_id": self.partner.id,
                "action_type_id": self.call.id,
                "user_id": user.id,
            }
        )
        action.plan(start, hours)

    def _rows(self, user):
        self.env.flush_all()
        with self._at(MONDAY):
            model = self.env["crm.occupation"].with_user(user).with_context(tz="UTC")
            return model._make(date(2026, 3, 2), date(2026, 3, 8))

    def test_hours_done_and_booked_are_told_by_day(self):
        with self._at(MONDAY):
            self._register(self.seller, "2026-03-02 07:00:00")
            self._register(self.seller, "2026-03-02 07:30:00")
            self._plan(self.seller, "2026-03-03 10:00:00", 3.0)
        rows = {row.date.day: row for row in self._rows(self.seller)}
        monday, tuesday = rows[2], rows[3]
        self.assertEqual((monday.done_hours, monday.booked_hours), (1.0, 0.0))
        self.assertEqual((tuesday.done_hours, tuesday.booked_hours), (0.0, 3.0))
        self.assertEqual(monday.available_hours, 8.0)
        self.assertEqual(tuesday.occupation, 3 / 8)
        self.assertNotIn(7, rows, "nobody works on Saturday")

    def test_occupation_of_a_week_is_that_of_its_hours(self):
        with self._at(MONDAY):
            self._plan(self.seller, "2026-03-03 10:00:00", 4.0)
        rows = self._rows(self.seller)
        [(occupation, hours)] = rows._read_group(
            [("id", "in", rows.ids)], [], ["occupation:avg", "available_hours:sum"]
        )
        self.assertEqual((occupation, hours), (4 / 40, 40.0))

    def test_corrected_actions_count_once(self):
        with self._at(MONDAY):
            self._register(self.seller, "2026-03-02 07:00:00")
            action = self.env["crm.action"].search(
                [("user_id", "=", self.seller.id), ("state", "=", "done")]
            )
            action.with_user(self.seller).correct(self.declined.id)
        [monday] = self._rows(self.seller).filtered(lambda row: row.date.day == 2)
        self.assertEqual(monday.done_hours, 0.5)

    def test_seller_sees_own_hours_and_leader_those_of_the_team(self):
        self.assertEqual(self._rows(self.seller).user_id, self.seller)
        leaders = self._rows(self.team.user_id).user_id
        self.assertEqual(leaders, self.team.user_id | self.team.member_ids)

    def test_rows_are_of_who_opened_the_report(self):
        rows = self._rows(self.seller)
        others = self.env["crm.occupation"].with_user(self.other_seller)
        self.assertFalse(others.search([("id", "in", rows.ids)]))

    def test_report_opens_with_its_own_rows(self):
        action = self.env["crm.occupation"].with_user(self.seller).action_open()
        found = self.env["crm.occupation"].with_user(self.seller)
        rows = found.search(action["domain"])
        self.assertEqual(rows.user_id, self.seller)
        self.assertEqual(len(rows), len(action["domain"][0][2]))

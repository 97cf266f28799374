from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_crm_agenda import MONDAY, AgendaCase


@tagged("post_install", "-at_install")
class TestCrmAgendaTeam(AgendaCase):
    """What a team has to do: by person and day, and only for who may look at it."""

    def _agendas(self, user, zone="UTC"):
        return self.env["crm.agenda"].with_user(user).with_context(tz=zone)

    def _load(self, user, zone="UTC", first_day="2026-03-02", days=2, **options):
        agendas = self._agendas(user, zone)
        return agendas.get_team_load(first_day, days=days, **options)

    def _rows(self, load):
        """{name: (late, [(tasks, booked, available) of each day])}."""
        return {
            row["name"]: (row["late"], [tuple(day.values()) for day in row["days"]])
            for row in load["people"]
        }

    def _tasks(self, user, **options):
        found = self._agendas(user).get_team_tasks(**options)
        return [task["id"] for task in found["tasks"]]

    # === WHAT IS COUNTED === #

    def test_load_is_told_by_person_and_day(self):
        self._plan(self.seller, 14, 2)
        self._plan(self.seller, 1)
        self._plan(self.seller, 24 + 14, 1.5)
        self._plan(self.seller, -30)
        self._plan(self.seller, -30, 1)
        self._plan(self.other_seller, 48)
        self._plan(self.nobody, 14)
        self._plan(self.nobody, -30)
        load = self._load(self.leader, team_id=self.team.id)
        self.assertEqual(load["days"], ["2026-03-02", "2026-03-03"])
        self.assertEqual(
            self._rows(load),
            {
                "Nobody": (1, [(1, 0, 0), (0, 0, 0)]),
                self.seller.name: (2, [(2, 2, 8), (1, 1.5, 8)]),
                self.other_seller.name: (0, [(0, 0, 8), (0, 0, 8)]),
            },
        )
        self.assertEqual(load["people"][0]["id"], False)

    def test_days_begin_at_the_midnight_of_who_looks(self):
        self._plan(self.seller, 23, 0.5)
        name = self.seller.name
        rows = self._rows(self._load(self.leader, zone="Asia/Tokyo"))
        self.assertEqual([day[0] for day in rows[name][1]], [0, 1])
        self.leader.tz = "Asia/Tokyo"  # and who calls from outside tells no zone
        rows = self._rows(self._load(self.leader, zone=None))
        self.assertEqual([day[0] for day in rows[name][1]], [0, 1])
        rows = self._rows(self._load(self.leader, zone="UTC"))
        self.assertEqual([day[0] for day in rows[name][1]], [1, 0])

    def test_hours_of_who_is_on_leave_are_not_there(self):
        self.env["resource.calendar.leaves"].create(
            {
                "calendar_id": self.calendar.id,
                "date_from": MONDAY,
                "date_to": MONDAY + timedelta(hours=24),
            }
        )
        rows = self._rows(self._load(self.leader))
        self.assertEqual([day[2] for day in rows[self.seller.name][1]], [0, 8])

    def test_tasks_behind_a_number_are_shown(self):
        today = self._plan(self.seller, 14, 2)
        tomorrow = self._plan(self.seller, 24)
        late = self._plan(self.seller, -30)
        to_take = self._plan(self.nobody, 14)
        late_to_take = self._plan(self.nobody, -14)
        own = {"user_id": self.seller.id}
        for asked, wanted in (
            ({**own, "day": "2026-03-02"}, today),
            ({**own, "day": "2026-03-03"}, tomorrow),
            (own, late),
            ({"user_id": False, "day": "2026-03-02"}, to_take),
            ({"user_id": False}, late_to_take),
        ):
            with self.subTest(asked=asked):
                tasks = self._tasks(self.leader, team_id=self.team.id, **asked)
                self.assertEqual(tasks, wanted.ids)

    def test_days_that_cannot_be_read_are_refused(self):
        for options in ({"first_day": "Monday"}, {"days": 0}, {"days": 32}):
            with self.subTest(options=options), self.assertRaises(UserError):
                self._load(self.leader, **options)

    # === WHO SEES WHAT === #

    def test_seller_sees_nobodys_load(self):
        for team_id in (False, self.team.id):
            with self.assertRaises(AccessError):
                self._load(self.seller, team_id=team_id)
            with self.assertRaises(AccessError):
                self._tasks(self.seller, user_id=self.other_seller.id, team_id=team_id)

    def test_leader_sees_the_own_team_alone(self):
        self._plan(self.seller, 14, 1)
        self._plan(self.seller, 15, 1, team_id=self.foreign_team.id)
        self._plan(self.nobody, 14, 1, team_id=self.foreign_team.id)
        rows = self._rows(self._load(self.leader))
        self.assertEqual(
            set(rows),
            {
                "Nobody",
                self.seller.name,
                self.other_seller.name,
                self.leader.name,
            },
        )
        self.assertEqual(rows[self.seller.name][1][0][:2], (1, 1))
        self.assertEqual(rows["Nobody"][1][0][0], 0)
        with self.assertRaises(AccessError):
            self._load(self.leader, team_id=self.foreign_team.id)
        with self.assertRaises(AccessError):
            self._tasks(self.leader, user_id=self.manager.id)

    def test_all_documents_sees_everybody(self):
        self._plan(self.seller, 14, 1, team_id=self.foreign_team.id)
        rows = self._rows(self._load(self.all_documents))
        self.assertEqual(rows[self.seller.name][1][0][0], 1)
        self.assertIn(self.manager.name, rows)

    def test_load_of_another_company_is_hidden(self):
        company = self.env["res.company"].create({"name": "Another company"})
        self._plan(self.seller, 14, 1, company_id=company.id)
        self._plan(self.seller, -30, company_id=company.id)
        late, days = self._rows(self._load(self.all_documents))[self.seller.name]
        self.assertEqual((late, days[0][0]), (0, 0))

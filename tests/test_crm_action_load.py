from datetime import datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TeamCase

TOMORROW = datetime(2026, 3, 3, 9, 0)


@tagged("post_install", "-at_install")
class TestCrmActionLoad(TeamCase):
    """How much people have to do: exact at any time, and no more than one may see."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.seller | cls.other_seller

    @classmethod
    def _plan(cls, user, date=TOMORROW, **values):
        return cls.env["crm.action"].create(
            {
                "partner_id": cls.partner.id,
                "action_type_id": cls.call.id,
                "user_id": user.id,
                "team_id": cls.team.id,
                "date_start": date,
                **values,
            }
        )

    def _load(self, user, domain=(), **context):
        """What somebody sees of these people, {(person, day): count}."""
        load = self.env["crm.action.load"].with_user(user).with_context(**context)
        groups = load._read_group(
            [("user_id", "in", [*self.people.ids, False]), *domain],
            ["user_id", "date_start:day"],
            ["action_count:sum"],
        )
        return {(who.id, day.date()): count for who, day, count in groups}

    def _total(self, user):
        return sum(self._load(user).values())

    # === WHAT IS COUNTED === #

    def test_planned_actions_are_counted_by_person_and_day(self):
        for minutes in (0, 0, 14, 15, 200):
            self._plan(self.seller, TOMORROW + timedelta(minutes=minutes))
        self._plan(self.seller, TOMORROW + timedelta(days=1))
        self._plan(self.other_seller)
        day = TOMORROW.date()
        self.assertEqual(
            self._load(self.manager),
            {
                (self.seller.id, day): 5,
                (self.seller.id, day + timedelta(days=1)): 1,
                (self.other_seller.id, day): 1,
            },
        )

    def test_days_begin_at_the_midnight_of_who_looks(self):
        """In Nepal at 18:15 UTC, in Tokyo at 15:00."""
        self._plan(self.seller, datetime(2026, 3, 3, 14, 59, 59))
        self._plan(self.seller, datetime(2026, 3, 3, 18, 14, 59))
        self._plan(self.seller, datetime(2026, 3, 3, 18, 15))
        third, fourth = datetime(2026, 3, 3).date(), datetime(2026, 3, 4).date()
        for zone, counts in (
            ("UTC", {third: 3}),
            ("Asia/Tokyo", {third: 1, fourth: 2}),
            ("Asia/Kathmandu", {third: 2, fourth: 1}),
        ):
            with self.subTest(zone=zone):
                self.assertEqual(
                    self._load(self.manager, tz=zone),
                    {(self.seller.id, day): n for day, n in counts.items()},
                )

    def test_what_is_done_or_moved_changes_the_load_at_once(self):
        first, second = self._plan(self.seller), self._plan(self.seller)
        self.assertEqual(self._total(self.manager), 2)
        first.with_user(self.seller).done(self.interested.id)
        self.assertEqual(self._total(self.manager), 1)
        second.with_user(self.seller).reassign(self.other_seller.id)
        self.assertEqual(
            self._load(self.manager), {(self.other_seller.id, TOMORROW.date()): 1}
        )
        second.cancel()
        self.assertFalse(self._load(self.manager))

    def test_what_the_scheduler_does_is_nobodys_load(self):
        email = self._create_message_type()
        self._plan(self.seller, mode="automatic", action_type_id=email.id)
        self.assertFalse(self._load(self.manager))

    def test_what_nobody_has_is_counted_for_nobody(self):
        self._plan(self.env["res.users"])
        self.assertEqual(self._load(self.manager), {(False, TOMORROW.date()): 1})

    def test_a_line_opens_the_actions_that_it_counts(self):
        actions = self._plan(self.seller) | self._plan(
            self.seller, TOMORROW + timedelta(minutes=14, seconds=59)
        )
        self._plan(self.seller, TOMORROW + timedelta(minutes=15))
        self._plan(self.seller, TOMORROW - timedelta(seconds=1))
        self._plan(self.seller, team_id=self.foreign_team.id)
        self._plan(self.other_seller)
        line = (
            self.env["crm.action.load"]
            .with_user(self.manager)
            .search(
                [
                    ("user_id", "=", self.seller.id),
                    ("team_id", "=", self.team.id),
                    ("date_start", "=", TOMORROW),
                ]
            )
        )
        self.assertEqual(line.action_count, 2)
        opened = line.action_view_actions()
        found = self.env[opened["res_model"]].search(opened["domain"])
        self.assertEqual(found, actions)

    # === WHO SEES WHAT: each fails when the rules of actions are not asked === #

    def test_seller_sees_own_load_and_what_nobody_in_the_team_has(self):
        self._plan(self.seller)
        self._plan(self.other_seller)
        self._plan(self.env["res.users"])
        self._plan(self.env["res.users"], team_id=self.foreign_team.id)
        day = TOMORROW.date()
        self.assertEqual(
            self._load(self.seller), {(self.seller.id, day): 1, (False, day): 1}
        )

    def test_seller_sees_what_others_have_to_do_in_own_opportunities(self):
        lead = self._create_lead()
        self._plan(self.other_seller, lead_id=lead.id)
        self._plan(self.other_seller)
        self.assertEqual(self._total(self.seller), 1)

    def test_leader_sees_the_load_of_the_team(self):
        self._plan(self.seller)
        self._plan(self.other_seller)
        self._plan(self.other_seller, team_id=self.foreign_team.id)
        self.assertEqual(self._total(self.leader), 2)

    def test_all_documents_sees_all_load(self):
        self._plan(self.seller)
        self._plan(self.other_seller, team_id=self.foreign_team.id)
        self.assertEqual(self._total(self.all_documents), 2)

    def test_load_of_another_company_is_hidden_even_from_managers(self):
        company = self.env["res.company"].create({"name": "Another company"})
        self._plan(self.seller)
        self._plan(self.seller, company_id=company.id)
        self.assertEqual(self._total(self.manager), 1)

    def test_employee_without_sales_rights_sees_no_load(self):
        employee = self._create_user("employee", "base.group_user")
        with self.assertRaises(AccessError):
            self._load(employee)

    def test_nobody_writes_the_load(self):
        load = self.env["crm.action.load"].with_user(self.manager)
        for operation in ("create", "write", "unlink"):
            with self.assertRaises(AccessError):
                load.check_access(operation)

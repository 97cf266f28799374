from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import MONDAY, TeamCase


@tagged("post_install", "-at_install")
class TestCrmForecastAdjustment(TeamCase):
    """What leaders add to a forecast stays apart from the opportunities, and dated."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.region = cls.env["crm.team"].create({"name": "Region"})
        cls.head = cls._create_user("head", "sales_team.group_sale_salesman")
        cls.region.user_id = cls.head
        cls.team.parent_id = cls.region

    def _adjustments(self, user=None):
        return self.env["crm.forecast.adjustment"].with_user(user or self.env.user)

    def _adjust(self, amount, user=None, month="2026-03-15", at=MONDAY, **values):
        whose = {"team_id": self.team.id, "user_id": self.seller.id} | values
        with freeze_time(at):
            line_id = self._adjustments(user or self.leader).adjust(
                month, amount, values.pop("note", "A hunch"), **whose
            )
        return self._adjustments().browse(line_id)

    def _sums(self, at=None, user=None):
        sums = self._adjustments(user)._sums(at)
        return {(key[0], key[1]): told[0] for key, told in sums.items()}

    def test_the_next_one_holds_instead_and_the_last_one_stays(self):
        first = self._adjust(100.0)
        second = self._adjust(-50.0, at=MONDAY + timedelta(days=2))
        self.assertEqual(first.valid_to, second.valid_from)
        self.assertEqual(first.amount, 100.0)
        self.assertFalse(second.valid_to)
        self.assertEqual(second.month, fields.Date.to_date("2026-03-01"))
        node = (self.team.id, self.seller.id)
        self.assertEqual(self._sums(), {node: -50.0})
        self.assertEqual(self._sums(MONDAY + timedelta(days=1)), {node: 100.0})
        self.assertEqual(self._sums(MONDAY), {})

    def test_it_tells_the_note_the_author_and_the_day(self):
        self._adjust(100.0)
        [told] = self._adjustments()._sums().values()
        self.assertEqual(told, (100.0, "A hunch", self.leader.name, "2026-03-02"))

    def test_zero_takes_it_back(self):
        self._adjust(100.0)
        self._adjust(0.0, at=MONDAY + timedelta(days=1))
        self.assertEqual(self._sums(), {})
        self.assertEqual(len(self._adjustments().search([])), 2)

    def test_each_node_and_month_has_its_own(self):
        self._adjust(1.0)
        self._adjust(2.0, month="2026-04-01")
        self._adjust(4.0, user_id=False)
        self._adjust(8.0, user=self.manager, team_id=False, user_id=False)
        amounts = [told[0] for told in self._adjustments()._sums().values()]
        self.assertEqual(sorted(amounts), [1.0, 2.0, 4.0, 8.0])

    def test_opportunities_stay_as_they_are(self):
        lead = self._create_lead(expected_revenue=1000.0, date_deadline="2026-03-31")
        self.env.flush_all()
        self.env.invalidate_all()
        before = lead.read()
        history = self.env["crm.forecast.history"].search_count([])
        self._adjust(500.0)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(lead.read(), before)
        self.assertEqual(self.env["crm.forecast.history"].search_count([]), history)

    def test_leaders_of_the_team_or_one_above_adjust(self):
        self._adjust(1.0, user=self.leader)
        self._adjust(2.0, user=self.head)
        self._adjust(4.0, user=self.all_documents)
        self._adjust(8.0, user=self.manager)
        self.assertEqual(list(self._sums().values()), [8.0])
        for user, values in (
            (self.seller, {}),
            (self.leader, {"team_id": self.foreign_team.id}),
            (self.leader, {"team_id": self.region.id, "user_id": False}),
            (self.head, {"team_id": False, "user_id": False}),
        ):
            with self.assertRaises(AccessError):
                self._adjust(16.0, user=user, **values)

    def test_nobody_changes_or_deletes_one(self):
        line = self._adjust(1.0)
        for user in (self.leader, self.manager):
            own = line.with_user(user)
            for change in (lambda own=own: own.write({"amount": 2.0}), own.unlink):
                with self.assertRaises(AccessError):
                    change()
            with self.assertRaises(AccessError):
                self._adjustments(user).create(
                    {"month": "2026-01-01", "amount": 1.0, "note": "Direct"}
                )

    def test_one_reads_what_is_about_oneself_or_ones_teams(self):
        self._adjust(1.0)
        self._adjust(2.0, user_id=False)
        self._adjust(4.0, user=self.manager, team_id=False, user_id=False)
        for user, amounts in (
            (self.seller, [1.0]),
            (self.other_seller, []),
            (self.leader, [1.0, 2.0]),
            (self.head, [1.0, 2.0]),
            (self.all_documents, [1.0, 2.0, 4.0]),
        ):
            found = self._adjustments(user).search([]).sorted("amount")
            self.assertEqual(found.mapped("amount"), amounts, user.name)

    def test_other_companies_have_their_own(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.manager.company_ids |= company
        self._adjust(1.0)
        there = self._adjustments(self.manager).with_company(company)
        there.adjust("2026-03-01", 2.0, "There")
        here = self._adjustments(self.manager).with_context(
            allowed_company_ids=self.env.company.ids
        )
        self.assertEqual(here.search([]).mapped("amount"), [1.0])
        self.assertEqual([told[0] for told in there._sums().values()], [2.0])

    # === IN THE FORECAST === #

    def _rows(self, user=None, **asked):
        forecast = self.env["crm.forecast"].with_user(user or self.manager)
        rows = forecast.get_forecast("2026-03-01", **asked)["rows"]
        return {row["key"]: row for row in rows}

    def test_adjustments_roll_up(self):
        self._adjust(1.0)
        self._adjust(2.0, user_id=False)
        self._adjust(4.0, user=self.manager, team_id=False, user_id=False)
        self._adjust(8.0, month="2026-04-01")
        rows = self._rows()
        adjustments = {
            key: [cell["adjustment"] for cell in row["cells"]]
            for key, row in rows.items()
        }
        person = f"person-{self.team.id}-{self.seller.id}"
        self.assertEqual(adjustments[person], [1.0, 8.0, 0.0])
        self.assertEqual(adjustments[f"team-{self.team.id}"], [3.0, 8.0, 0.0])
        self.assertEqual(adjustments[f"team-{self.region.id}"], [3.0, 8.0, 0.0])
        self.assertEqual(adjustments["company"], [7.0, 8.0, 0.0])
        self.assertEqual(rows["company"]["cells"][0]["forecast"], 7.0)
        own = rows[f"team-{self.team.id}"]["cells"][0]["own_adjustment"]
        self.assertEqual((own["amount"], own["author"]), (2.0, self.leader.name))
        self.assertFalse(rows[f"team-{self.region.id}"]["cells"][0]["own_adjustment"])
        [cell] = self._rows(period="year", count=1)[person]["cells"]
        months = [line["month"] for line in cell["own_adjustment"]["lines"]]
        self.assertEqual(months, ["2026-03-01", "2026-04-01"])
        self.assertEqual(cell["own_adjustment"]["amount"], 9.0)
        [cell] = self._rows(count=1, user_id=self.seller.id)["company"]["cells"]
        self.assertEqual(cell["adjustment"], 1.0)

    def test_a_past_day_has_the_adjustments_of_that_day(self):
        self._adjust(1.0)
        self._adjust(16.0, at=MONDAY + timedelta(days=2))
        with freeze_time(MONDAY + timedelta(days=5)):
            [cell] = self._rows(count=1, as_of="2026-03-03")["company"]["cells"]
            self.assertEqual(cell["adjustment"], 1.0)
            [cell] = self._rows(count=1)["company"]["cells"]
            self.assertEqual(cell["adjustment"], 16.0)

    def test_the_grid_says_what_one_may_adjust(self):
        team, person = f"team-{self.team.id}", f"person-{self.team.id}-{self.seller.id}"
        for user, may in (
            (self.seller, [False, False, False]),
            (self.leader, [True, True, False]),
            (self.all_documents, [True, True, True]),
        ):
            rows = self._rows(user)
            told = [rows[key]["may_adjust"] for key in (person, team, "company")]
            self.assertEqual(told, may, user.name)

    def test_what_lacks_a_note_a_month_or_an_amount_is_refused(self):
        leader = self._adjustments(self.leader)
        for month, amount, note in (
            ("2026-03-01", 1.0, "  "),
            ("2026-03-01", 1.0, None),
            ("2026-03-01", None, "Why"),
            ("March", 1.0, "Why"),
            (False, 1.0, "Why"),
        ):
            with self.assertRaises(UserError):
                leader.adjust(month, amount, note, team_id=self.team.id)
        with self.assertRaises(UserError):
            leader.adjust("2026-03-01", 1.0, "Why", user_id=self.seller.id)

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import TeamCase
from .sales_case import SalesCase


@tagged("post_install", "-at_install")
class TestCrmForecastQuota(SalesCase, TeamCase):
    """Who is to sell how much, and how far they came by product family."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.region = cls.env["crm.team"].create({"name": "Region"})
        cls.head = cls._create_user("head", "sales_team.group_sale_salesman")
        cls.region.user_id = cls.head
        cls.team.parent_id = cls.region
        cls.sport, cls.running, cls.books = cls.env["product.category"].create(
            [{"name": name} for name in ("Sport", "Running", "Books")]
        )
        cls.running.parent_id = cls.sport

    @classmethod
    def _quotas(cls, user=None):
        quotas = cls.env["crm.forecast.quota"]
        return quotas.with_user(user) if user else quotas

    def _set(self, amount, first="2026-01-01", last="2026-03-31", user=None, **values):
        return self._quotas(user or self.leader).set_quota(
            self.team.id, self.seller.id, first, last, amount, **values
        )

    def _amounts(self, **values):
        return self._quotas().search([], order="month").mapped("amount")

    # === SETTING === #

    def test_a_span_is_split_evenly_to_the_cent(self):
        ids = self._set(100.0)
        self.assertEqual(self._amounts(), [33.33, 33.33, 33.34])
        self.assertEqual(self._quotas().browse(ids).mapped("user_id"), self.seller)

    def test_a_span_is_split_as_it_was_before(self):
        self._set(10.0, "2026-01-01", "2026-01-31")
        self._set(20.0, "2026-02-01", "2026-02-28")
        self._set(100.0)
        self.assertEqual(self._amounts(), [33.33, 66.66, 0.01])
        self._set(50.0)
        self.assertEqual(round(sum(self._amounts()), 2), 50.0)

    def test_nothing_is_split_evenly_again(self):
        self._set(90.0)
        self._set(0.0)
        self.assertEqual(self._amounts(), [0.0, 0.0, 0.0])
        self._set(30.0)
        self.assertEqual(self._amounts(), [10.0, 10.0, 10.0])

    def test_over_the_end_of_a_year(self):
        self._set(1200.0, "2025-07-01", "2026-06-30")
        self.assertEqual(self._amounts(), [100.0] * 12)

    def test_only_whole_months_and_no_negative_amounts(self):
        for first, last in (
            ("2026-01-02", "2026-01-31"),
            ("2026-01-01", "2026-01-30"),
            ("2026-03-01", "2026-01-31"),
            ("2026-01-01", False),
            ("January", "2026-01-31"),
        ):
            with self.assertRaises(UserError):
                self._set(100.0, first, last)
        with self.assertRaises(UserError):
            self._set(-1.0)
        with self.assertRaises(UserError):
            self._quotas().set_quota(self.team.id, 0, "2026-01-01", "2026-01-31", 1)

    def test_the_database_keeps_one_a_month_on_its_first_day(self):
        values = {
            "team_id": self.team.id,
            "user_id": self.seller.id,
            "month": "2026-01-01",
            "amount": 1.0,
        }
        self._quotas().create(values)
        for wrong in (
            {},
            {"month": "2026-02-02"},
            {"month": "2026-02-01", "amount": -1},
        ):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self._quotas().create({**values, **wrong})
        self._quotas().create({**values, "product_category_id": self.sport.id})

    # === SUMS === #

    def test_families_are_parts_of_the_quota_of_all_products(self):
        january = ("2026-01-01", "2026-01-31")
        key = (self.team.id, self.seller.id)
        self._set(40.0, *january, product_category_id=self.sport.id)
        self._set(30.0, *january, product_category_id=self.running.id)
        self._set(5.0, *january, product_category_id=self.books.id)
        [(told, amount)] = self._quotas()._sums([]).items()
        self.assertEqual((*told[:2], str(told[2])), (*key, "2026-01-01"))
        self.assertEqual(amount, 45.0)
        self._set(100.0, *january)
        self.assertEqual(list(self._quotas()._sums([]).values()), [100.0])

    # === ACCESS === #

    def _cannot_write(self, user, quotas):
        """Not by a list or an import either."""
        own = quotas.with_user(user)
        values = quotas[0].copy_data({"month": "2027-01-01"})[0]
        for change in (
            lambda: own.write({"amount": 1.0}),
            lambda: own.create(values),
            own.unlink,
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                change()

    def test_salespeople_look_at_their_own(self):
        ids = self._set(90.0)
        self.assertEqual(self._quotas(self.seller).search([]).ids, ids[::-1])
        self.assertFalse(self._quotas(self.other_seller).search([]))
        with self.assertRaises(AccessError):
            self._set(100.0, user=self.seller)
        self._cannot_write(self.seller, self._quotas().browse(ids))

    def test_leaders_set_those_of_their_teams_and_of_those_below(self):
        self._set(90.0, user=self.leader)
        self._set(60.0, user=self.head)
        self.assertEqual(self._amounts(), [20.0, 20.0, 20.0])
        self.foreign_team.user_id = self.leader
        self.team.user_id = False
        with self.assertRaises(AccessError):
            self._set(90.0, user=self.leader)
        self._cannot_write(self.leader, self._quotas().search([]))

    def test_all_documents_look_and_administrators_set(self):
        ids = self._set(90.0, user=self.manager)
        self.assertEqual(len(self._quotas(self.all_documents).search([])), 3)
        self._cannot_write(self.all_documents, self._quotas().browse(ids))

    def test_other_companies_have_their_own(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.manager.company_ids |= company
        team = self.env["crm.team"].create({"name": "There", "company_id": company.id})
        quotas = self._quotas(self.manager).with_company(company)
        quotas.set_quota(team.id, self.manager.id, "2026-01-01", "2026-01-31", 5.0)
        self.assertEqual(quotas.search([]).company_id, company)
        here = self._quotas(self.manager).with_context(
            allowed_company_ids=self.env.company.ids
        )
        self.assertFalse(here.search([]))

    # === IN THE FORECAST === #

    def _rows(self, user, **asked):
        told = (
            self.env["crm.forecast"].with_user(user).get_forecast("2026-01-01", **asked)
        )
        return {row["key"]: row for row in told["rows"]}

    def test_quotas_roll_up(self):
        self._set(90.0)
        self._quotas(self.leader).set_quota(
            self.team.id, self.other_seller.id, "2026-01-01", "2026-01-31", 5.0
        )
        rows = self._rows(self.manager)
        quotas = {
            key: [cell["quota"] for cell in row["cells"]] for key, row in rows.items()
        }
        self.assertEqual(
            quotas[f"person-{self.team.id}-{self.seller.id}"], [30.0, 30.0, 30.0]
        )
        for key in (f"team-{self.team.id}", f"team-{self.region.id}", "company"):
            self.assertEqual(quotas[key], [35.0, 30.0, 30.0])
        [cell] = self._rows(self.manager, period="quarter", count=1)["company"]["cells"]
        self.assertEqual(cell["quota"], 95.0)
        [cell] = self._rows(
            self.manager, period="quarter", count=1, user_id=self.other_seller.id
        )["company"]["cells"]
        self.assertEqual(cell["quota"], 5.0)

    def test_the_grid_says_whose_quota_one_may_set(self):
        key = f"person-{self.team.id}-{self.seller.id}"
        for user, may in (
            (self.seller, False),
            (self.leader, True),
            (self.head, True),
            (self.all_documents, False),
            (self.manager, True),
        ):
            self.assertEqual(self._rows(user)[key]["may_set_quota"], may, user.name)
        self.assertFalse(self._rows(self.manager)["company"]["may_set_quota"])

    # === ATTAINMENT === #

    def _sell_of(self, family, price, date="2026-02-10 12:00:00", user=None, team=None):
        product = self.env["product.product"].create(
            {"name": family.name, "type": "service", "categ_id": family.id}
        )
        line = {"product_id": product.id, "price_unit": price, "tax_ids": False}
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "user_id": (user or self.seller).id,
                "team_id": (team or self.team).id,
                "order_line": [(0, 0, line)],
            }
        )
        order.action_confirm()
        order.date_order = date
        return order

    def _attainment(self, user=None, **values):
        rows = self._quotas(user or self.leader).get_family_attainment(
            "2026-01-01", "2026-03-31", **values
        )
        return {row["name"]: (row["quota"], row["sold"]) for row in rows}

    def test_attainment_is_what_the_sales_report_says(self):
        self.env.company.partner_id.tz = "Europe/Madrid"
        self._set(300.0)
        self._set(120.0, product_category_id=self.sport.id)
        self._set(60.0, product_category_id=self.running.id)
        orders = (
            self._sell_of(self.sport, 10.0)
            | self._sell_of(self.running, 20.0)
            | self._sell_of(self.books, 40.0)
            # Still the year before where the company is, then already January.
            | self._sell_of(self.sport, 80.0, "2025-12-31 22:30:00")
            | self._sell_of(self.sport, 160.0, "2025-12-31 23:30:00")
            | self._sell_of(self.sport, 320.0, "2026-03-31 22:30:00")
            | self._sell_of(self.sport, 640.0, user=self.other_seller)
        )
        self._sell_of(self.sport, 1280.0)._action_cancel()
        told = self._attainment(user_id=self.seller.id)
        self.assertEqual(told["All products"], (300.0, 230.0))
        self.assertEqual(told["Sport"], (120.0, 190.0))
        self.assertEqual(told["Sport / Running"], (60.0, 20.0))
        inside = orders.filtered(lambda order: order.user_id == self.seller)
        inside -= orders[3] | orders[5]
        self.env.flush_all()
        report = self.env["sale.report"]._read_group(
            [("order_reference", "in", [f"sale.order,{one.id}" for one in inside])],
            ["categ_id"],
            ["price_subtotal:sum"],
        )
        by_family = dict(report)
        self.assertEqual(sum(by_family.values()), told["All products"][1])
        self.assertEqual(by_family[self.running], told["Sport / Running"][1])

    def test_attainment_counts_what_one_may_see(self):
        self._set(300.0)
        self._sell_of(self.sport, 10.0)
        self._sell_of(self.sport, 20.0, user=self.other_seller)
        self._sell_of(self.sport, 40.0, team=self.foreign_team)
        self._sell_of(self.sport, 80.0, user=self.head, team=self.foreign_team)
        self.assertEqual(self._attainment(self.seller)["All products"][1], 50.0)
        self.assertEqual(self._attainment(self.leader)["All products"][1], 30.0)
        self.assertEqual(self._attainment(self.all_documents)["All products"][1], 150.0)
        self.assertEqual(self._attainment(self.other_seller), {})
        below = self._attainment(self.all_documents, team_id=self.region.id)
        self.assertEqual(below["All products"][1], 30.0)

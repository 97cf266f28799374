from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PlaybookCase
from .money_set_up import Money
from .test_engine_properties import stories

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05")


@tagged("post_install", "-at_install")
class TestCrmLoyalty(Money, PlaybookCase):
    """Who comes back: cohorts of customers, and how many of them buy again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.company = cls.env["res.company"].create({"name": "Loyal"})
        cls.company.partner_id.tz = "UTC"
        cls.reader = cls._create_user(
            "reader",
            "sales_team.group_sale_salesman_all_leads",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.customers = cls.env["res.partner"].union(
            *(cls._create_partner(f"Customer {number}") for number in range(4))
        )
        cls.product = cls.env["product.product"].create(
            {"name": "Membership", "type": "service", "taxes_id": False}
        )

    def _buy(self, customer, day, price=10.0):
        """A confirmed order of that day."""
        order = (
            self.env["sale.order"]
            .with_company(self.company)
            .create(
                {
                    "partner_id": customer.id,
                    "company_id": self.company.id,
                    "order_line": [
                        (0, 0, {"product_id": self.product.id, "price_unit": price})
                    ],
                }
            )
        )
        order.order_line.tax_ids = False
        order.write({"state": "sale", "date_order": f"{day} 12:00:00"})
        return order

    def _loyalty(self, **asked):
        self.env.flush_all()
        return self.env["crm.loyalty"].with_user(self.reader).get_loyalty(**asked)

    def _table(self, **asked):
        return {
            cohort["date"]: cohort["buyers"]
            for cohort in self._loyalty(**asked)["cohorts"]
        }

    def test_cohort_is_followed_month_by_month(self):
        one, two, three, _four = self.customers
        for customer, days in (
            (one, ("2026-01-05", "2026-01-20", "2026-03-01")),
            (two, ("2026-01-31",)),
            (three, ("2026-02-01", "2026-03-31")),
        ):
            for day in days:
                self._buy(customer, day)
        self.assertEqual(self._table(), {"2026-01-01": [2, 0, 1], "2026-02-01": [1, 1]})
        told = self._loyalty()
        self.assertEqual((told["customers"], told["orders_per_customer"]), (3, 2.0))
        self.assertAlmostEqual(told["repeat_rate"], 2 / 3)
        self.assertEqual(
            [cohort["repeat_rate"] for cohort in told["cohorts"]], [0.5, 1.0]
        )

    def test_quarters_and_years_are_followed_too(self):
        one, two = self.customers[:2]
        for customer, days in (
            (one, ("2025-11-05", "2026-02-20", "2027-03-01")),
            (two, ("2026-01-31", "2026-06-30")),
        ):
            for day in days:
                self._buy(customer, day)
        self.assertEqual(
            self._table(interval="quarter", last="2026-12-31"),
            {"2025-10-01": [1, 1, 0], "2026-01-01": [1, 1]},
        )
        self.assertEqual(
            self._table(interval="year"),
            {"2025-01-01": [1, 1, 1], "2026-01-01": [1, 0]},
        )

    def test_contacts_of_a_company_are_one_customer(self):
        contact = self._create_partner("Contact", parent_id=self.customers[0].id)
        self._buy(self.customers[0], "2026-01-05")
        self._buy(contact, "2026-02-05")
        self.assertEqual(self._table(), {"2026-01-01": [1, 1]})

    def test_cancelled_order_is_no_purchase(self):
        self._buy(self.customers[0], "2026-01-05")
        self._buy(self.customers[0], "2026-02-05").state = "cancel"
        self.assertEqual(self._table(), {"2026-01-01": [1]})

    def test_cohorts_begin_on_a_day(self):
        self._buy(self.customers[0], "2026-01-05")
        self._buy(self.customers[0], "2026-02-05")
        self._buy(self.customers[1], "2026-02-05")
        self.assertEqual(self._table(first="2026-02-01"), {"2026-02-01": [1]})

    def test_segment_narrows_the_customers(self):
        for customer in self.customers[:2]:
            self._buy(customer, "2026-01-05")
        segment = self._create_segment(self.customers[0])
        self.assertEqual(self._table(segment_id=segment.id), {"2026-01-01": [1]})

    def test_customers_behind_a_number_are_opened(self):
        one, two = self.customers[:2]
        for customer, day in (
            (one, "2026-01-05"),
            (two, "2026-01-06"),
            (two, "2026-02-05"),
        ):
            self._buy(customer, day)
        self.env.flush_all()
        loyalty = self.env["crm.loyalty"].with_user(self.reader)
        for number, expected in ((0, one | two), (1, two)):
            action = loyalty.open_customers("month", "2026-01-01", number)
            found = self.env["res.partner"].search(action["domain"])
            self.assertEqual(found, expected)

    def test_other_companies_are_not_counted(self):
        self._buy(self.customers[0], "2026-01-05")
        other = self.env["crm.loyalty"].with_user(self.manager)
        self.assertNotIn(
            "2026-01-01", [one["date"] for one in other.get_loyalty()["cohorts"]]
        )

    def test_what_cannot_be_read_is_told(self):
        for asked in ({"interval": "week"}, {"first": "yesterday"}):
            with self.assertRaises(UserError):
                self._loyalty(**asked)

    def test_only_who_sees_all_documents_looks_at_it(self):
        with self.assertRaises(AccessError):
            self.env["crm.loyalty"].with_user(self.seller).get_loyalty()

    @stories(20)
    @given(
        st.lists(
            st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(1, 28)),
            max_size=12,
        )
    )
    def test_grid_is_that_of_a_count_by_hand(self, bought):
        with self.env.cr.savepoint() as savepoint:
            months = defaultdict(set)
            for who, month, day in bought:
                self._buy(self.customers[who], f"{MONTHS[month]}-{day:02}")
                months[who].add(month)
            latest = max((max(own) for own in months.values()), default=0)
            expected = {
                f"{MONTHS[first]}-01": [
                    sum(
                        first + number in own
                        for own in months.values()
                        if min(own) == first
                    )
                    for number in range(latest - first + 1)
                ]
                for first in {min(own) for own in months.values()}
            }
            self.assertEqual(self._table(), expected)
            savepoint.rollback()
        self.env.invalidate_all()

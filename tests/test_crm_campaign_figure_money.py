from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import PlaybookCase
from .money_set_up import Money


@tagged("post_install", "-at_install")
class TestCrmCampaignFigureMoney(Money, PlaybookCase):
    """What campaigns cost and brought: by product, person, source and month."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.env.company.partner_id.tz = "America/Bogota"
        cls.entities = cls.env["res.partner"].union(
            *(cls._create_partner(f"Entity {number}") for number in range(3))
        )
        cls.entities[2].user_id = cls.other_seller
        cls.campaign = cls._create_campaign(
            cls.entities, date_start="2026-01-10", fixed_cost=40.0
        )
        with freeze_time("2026-01-15 12:00:00"):
            cls.campaign.action_launch()
        cls.first_lead, cls.second_lead, cls.others_lead = cls.campaign.lead_ids.sorted(
            "partner_id"
        )

    def setUp(self):
        super().setUp()
        self.shoes = self._create_product("Shoes")
        self.lessons = self._create_product("Lessons")

    def _sell(self, lead, prices, moment):
        with self._at(moment):
            order = self._create_order(lead, prices)
            order.action_confirm()
        return order

    def _sums(self, names, by=()):
        """{key: sums} of the campaign's figures, as the manager reads them."""
        self.env.flush_all()
        self.env.invalidate_all()
        figures = self.env["crm.campaign.figure"].with_user(self.manager)
        width = len(by)
        return {
            row[:width]: row[width:]
            for row in figures._read_group(
                [("crm_campaign_id", "=", self.campaign.id)],
                list(by),
                [
                    f"{name}:{figures._fields[name].aggregator}"
                    for name in names.split()
                ],
            )
            if any(row[width:])
        }

    def test_sales_are_told_by_product_person_and_month(self):
        order = {self.shoes: 30.0, self.lessons: 70.0}
        self._sell(self.first_lead, order, "2026-02-03 12:00:00")
        self._sell(self.others_lead, {self.shoes: 50.0}, "2026-03-03 12:00:00")
        self.assertEqual(
            self._sums("revenue", ["product_id"]),
            {(self.shoes,): (80.0,), (self.lessons,): (70.0,)},
        )
        self.assertEqual(
            self._sums("order_count revenue average_sale", ["user_id"]),
            {
                (self.seller,): (1, 100.0, 100.0),
                (self.other_seller,): (1, 50.0, 50.0),
            },
        )
        self.assertEqual(
            self._sums("revenue", ["date:month"]),
            {(date(2026, 2, 1),): (100.0,), (date(2026, 3, 1),): (50.0,)},
        )

    def test_days_are_those_of_the_company(self):
        """Three in the morning of March in UTC is still February in Bogota."""
        self._sell(self.first_lead, {self.shoes: 30.0}, "2026-03-01 03:00:00")
        self.assertEqual(
            self._sums("revenue", ["date:day"]), {(date(2026, 2, 28),): (30.0,)}
        )

    def test_cost_is_told_on_the_day_it_arose(self):
        with self._at("2026-02-03 12:00:00"):
            self._do(self.first_lead, self.interested)
        self.assertEqual(
            self._sums("fixed_cost action_cost cost", ["date:month"]),
            {
                (date(2026, 1, 1),): (40.0, 0.0, 40.0),
                (date(2026, 2, 1),): (0.0, 2.5, 2.5),
            },
        )

    def test_roi_of_several_rows_is_that_of_their_sums(self):
        self._sell(self.first_lead, {self.shoes: 60.0}, "2026-02-03 12:00:00")
        self.assertEqual(
            self._sums("cost revenue profit roi"), {(): (40.0, 60.0, 20.0, 0.5)}
        )
        self.assertEqual(self.campaign.roi, 0.5)
        of_products = self._sums("revenue roi", ["product_id"])
        self.assertEqual(of_products[self.shoes,], (60.0, False), "no cost, no return")

    def test_figures_agree_with_the_campaign(self):
        order = self._sell(
            self.first_lead, {self.shoes: 30.0, self.lessons: 70.0}, "2026-02-03 12:00"
        )
        self._sell(self.second_lead, {self.shoes: 10.0}, "2026-02-04 12:00")
        invoice = self._invoice(order)
        self._pay(invoice)
        self._credit(invoice, 20.0)
        names = "order_count ordered refunded revenue invoiced paid cost"
        told = self._sums(names)[()]
        of_campaign = tuple(self.campaign[name] for name in names.split())
        self.assertEqual(told, of_campaign)
        self.assertEqual(told, (2, 110.0, 40.0, 70.0, 60.0, 100.0, 40.0))

    def test_sales_are_told_in_the_month_of_their_opportunity_too(self):
        self._sell(self.first_lead, {self.shoes: 60.0}, "2026-03-03 12:00:00")
        opened = (date(2026, 1, 1),)
        with self._at("2026-03-03 12:00:00"):
            self.first_lead.action_set_won()
        sums = self._sums("opportunity_count won_count revenue", ["date_opened:month"])
        self.assertEqual(sums, {opened: (3, 1, 60.0)})

    def test_days_and_appointments_for_each_sale(self):
        visit = self._create_type("Demonstration", self.interested, channel="visit")
        for _time in range(3):
            self.env["crm.action"].register(
                {
                    "lead_id": self.first_lead.id,
                    "action_type_id": visit.id,
                    "outcome_id": self.interested.id,
                }
            )
        for lead, moment in (
            (self.first_lead, "2026-01-25 12:00:00"),
            (self.second_lead, "2026-02-14 12:00:00"),
        ):
            with self._at(moment):
                lead.action_set_won()
        sums = self._sums("won_count appointment_count appointments_per_sale")
        self.assertEqual(sums, {(): (2, 3, 1.5)})
        ((days,),) = self._sums("days_per_sale").values()
        self.assertAlmostEqual(days, 20.0, 3)

    def test_documents_behind_money_are_opened(self):
        order = self._sell(
            self.first_lead, {self.shoes: 30.0, self.lessons: 70.0}, "2026-02-03 12:00"
        )
        self._sell(self.second_lead, {self.lessons: 10.0}, "2026-02-04 12:00")
        with self._at("2026-02-05 12:00:00"):
            invoice = self._invoice(order)
        self.env.flush_all()
        rows = self.env["crm.campaign.figure"].with_user(self.manager).search([])
        row = rows.filtered(lambda one: one.kind == "sale" and one.date.day == 3)
        self.assertEqual(row.mapped("revenue"), [30.0, 70.0])
        for one in row:
            self.assertEqual(self._opened(one), order)
        bills = rows.filtered(lambda one: one.kind == "invoice")
        self.assertEqual(bills.mapped("invoiced"), [30.0, 70.0])
        for one in bills:
            self.assertEqual(self._opened(one), invoice)
        cost = rows.filtered(lambda one: one.kind == "fixed_cost")
        self.assertEqual(self._opened(cost), self.campaign.cost_ids)

    def _opened(self, row):
        action = row.action_view_records()
        return self.env[action["res_model"]].search(action["domain"])

    def test_days_move_with_the_zone_of_the_company(self):
        with self._at("2026-02-01 03:00:00"):
            self.first_lead.action_set_won()
        self.assertEqual(
            self._sums("won_count", ["date:day"]), {(date(2026, 1, 31),): (1,)}
        )
        self.env.company.partner_id.tz = "Europe/Rome"
        self.assertEqual(
            self._sums("won_count", ["date:day"]), {(date(2026, 2, 1),): (1,)}
        )
        self.assertEqual(self.env["crm.campaign.figure.delta"]._differences(), [])

    def test_shipped_reports_ask_for_fields_that_there_are(self):
        figures = self.env["crm.campaign.figure"].with_user(self.manager)
        filters = self.env["ir.filters"].search(
            [("model_id", "=", figures._name), ("user_ids", "=", False)]
        )
        self.assertEqual(len(filters), 4)
        for one in filters:
            context = safe_eval(one.context)
            figures.formatted_read_group(
                safe_eval(one.domain),
                context["pivot_row_groupby"] + context["pivot_column_groupby"],
                [
                    f"{name}:{figures._fields[name].aggregator}"
                    for name in context["pivot_measures"]
                ],
            )

    def test_seller_sees_own_sales_counted_and_no_money(self):
        self._sell(self.first_lead, {self.shoes: 30.0}, "2026-02-03 12:00:00")
        self._sell(self.others_lead, {self.shoes: 50.0}, "2026-02-03 12:00:00")
        self.env.flush_all()
        figures = self.env["crm.campaign.figure"].with_user(self.seller)
        [(count,)] = figures._read_group([], [], ["order_count:sum"])
        self.assertEqual(count, 1)
        self.assertFalse(
            {"revenue", "roi", "cost", "profit"} & set(figures.fields_get())
        )

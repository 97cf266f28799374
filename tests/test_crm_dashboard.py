from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PlaybookCase
from .money_set_up import Money


@tagged("post_install", "-at_install")
class TestCrmDashboard(Money, PlaybookCase):
    """The results on one page, with the rights of who looks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.entities = cls.env["res.partner"].union(
            *(cls._create_partner(f"Entity {number}") for number in range(4))
        )
        cls.entities[3].user_id = cls.other_seller
        cls.campaign = cls._create_campaign(
            cls.entities, date_start="2026-01-10", fixed_cost=40.0, budget=100.0
        )
        with freeze_time("2026-01-15 12:00:00"):
            cls.campaign.action_launch()
        leads = cls.campaign.lead_ids.sorted("partner_id")
        cls.lead, cls.second_lead, cls.lost_lead, cls.others_lead = leads

    def setUp(self):
        super().setUp()
        with self._at("2026-02-03 12:00:00"):
            self._do(self.lead, self.interested)
            self._confirm_order(self.lead, 100.0)
            self.lead.action_set_won()
        with self._at("2026-03-03 12:00:00"):
            self.second_lead.go_to_stage(self.second.id)
            self.lost_lead.action_set_lost()
        self.env.flush_all()

    def _dashboard(self, user=None, **asked):
        model = self.env["crm.dashboard"].with_user(user or self.manager)
        return model.get_dashboard(campaign_id=self.campaign.id, **asked)

    def test_totals_are_those_of_the_campaign(self):
        totals = self._dashboard()["totals"]
        for name, expected in {
            "opportunity_count": 4,
            "won_count": 1,
            "lost_count": 1,
            "conversion": 0.25,
            "done_action_count": 1,
            "order_count": 1,
            "revenue": 100.0,
            "fixed_cost": 40.0,
            "cost": 42.5,
            "roi": (100 - 42.5) / 42.5,
            "average_sale": 100.0,
        }.items():
            self.assertAlmostEqual(totals[name], expected, msg=name)
        self.assertEqual(totals["revenue"], self.campaign.revenue)
        self.assertEqual(totals["cost"], self.campaign.cost)

    def test_period_is_compared_with_the_days_before(self):
        told = self._dashboard(first="2026-02-01", last="2026-02-28")
        self.assertEqual(
            (told["totals"]["won_count"], told["totals"]["revenue"]), (1, 100.0)
        )
        self.assertEqual(told["totals"]["opportunity_count"], 0)
        self.assertEqual(told["before"]["opportunity_count"], 4)
        self.assertEqual(self._dashboard()["before"], {})
        self.assertEqual(told["totals"]["conversion"], 1.0, "of those closed")
        self.assertEqual(told["funnel"]["stages"][0]["entered"], 0, "made before")

    @freeze_time("2026-02-03 13:00:00")
    def test_period_under_way_is_compared_with_as_much_of_the_one_before(self):
        told = self._dashboard(first="2026-02-01", last="2026-02-28")
        self.assertEqual(told["before"]["opportunity_count"], 0, "made on the 15th")

    def test_months_campaigns_people_and_reasons_add_up(self):
        told = self._dashboard()
        self.assertEqual(
            [(row["date"], row["cost"], row["revenue"]) for row in told["months"]],
            [
                ("2026-01-01", 40.0, 0.0),
                ("2026-02-01", 2.5, 100.0),
                ("2026-03-01", 0.0, 0.0),
            ],
        )
        [row] = told["campaigns"]
        self.assertEqual((row["name"], row["budget"]), (self.campaign.name, 100.0))
        people = {row["name"]: row["opportunity_count"] for row in told["people"]}
        self.assertEqual(people[self.seller.name], 3)
        self.assertEqual(people[self.other_seller.name], 1)
        self.assertEqual(
            [(row["name"], row["lost_count"]) for row in told["reasons"]],
            [("No reason given", 1)],
        )
        self.assertEqual([row["revenue"] for row in told["products"]], [100.0])

    def test_funnel_is_that_of_the_campaign(self):
        funnel = self._dashboard()["funnel"]
        self.assertEqual(funnel["campaign"]["id"], self.campaign.id)
        self.assertEqual([one["entered"] for one in funnel["stages"]], [4, 1, 0])

    # === RIGHTS === #

    def test_seller_sees_own_results_and_no_money(self):
        told = self._dashboard(self.seller)
        self.assertEqual(told["totals"]["opportunity_count"], 3)
        self.assertFalse(told["sees_money"])
        self.assertNotIn("revenue", told["totals"])
        self.assertEqual(told["products"], [])
        others = self._dashboard(self.other_seller)
        self.assertEqual(others["totals"]["opportunity_count"], 1)
        self.assertEqual(others["funnel"]["stages"][0]["entered"], 1)

    def test_employee_sees_nothing(self):
        employee = self._create_user("employee", "base.group_user")
        with self.assertRaises(AccessError):
            self._dashboard(employee)

    def test_choices_are_those_one_has_results_of(self):
        choices = self.env["crm.dashboard"].with_user(self.other_seller).get_choices()
        self.assertEqual([one["id"] for one in choices["users"]], self.other_seller.ids)

    def test_day_that_cannot_be_read_is_told(self):
        with self.assertRaises(UserError):
            self._dashboard(first="yesterday")

    def test_queries_do_not_grow_with_what_is_shown(self):
        counts = []
        for _time in range(2):
            self.env.flush_all()
            self._dashboard_of_all()  # rights are known by now
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._dashboard_of_all()
            counts.append(self.env.cr.sql_log_count - before)
            for _campaign in range(4):
                self._create_campaign(self.entities).action_launch()
        self.assertLessEqual(counts[1], counts[0])

    def _dashboard_of_all(self):
        return self.env["crm.dashboard"].with_user(self.manager).get_dashboard()

from psycopg2.errors import CheckViolation

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PlaybookCase
from .money_set_up import Money


@tagged("post_install", "-at_install")
class TestCrmCampaignExpectation(Money, PlaybookCase):
    """What a campaign is expected to bring, and what of it came true."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.entities = cls.env["res.partner"].concat(
            *(cls._create_partner(f"Entity {number}") for number in range(4))
        )
        cls.campaign = cls._create_campaign(
            cls.entities, fixed_cost=100.0, budget=120.0
        ).with_user(cls.manager)

    def _expect(self, **values):
        self.campaign.write(
            {
                "expected_opportunity_count": 4,
                "expected_conversion": 0.5,
                "expected_average_sale": 150.0,
                "expected_action_cost": 5.0,
                **values,
            }
        )

    def _goals(self):
        self.campaign.invalidate_recordset()
        return {goal["name"]: goal for goal in self.campaign.goals}

    def _launch_past(self):
        """An earlier campaign: one of four won, for 200, after two calls in all."""
        past = self._create_campaign(self.entities, name="Past")
        past.action_launch()
        lead, other = past.lead_ids[:2]
        self._do(lead, self.interested)
        self._do(other, self.no_answer)
        self._confirm_order(lead, 200.0)
        lead.action_set_won()
        past.lead_ids[1:].action_set_lost()
        return past

    def test_the_rest_follows_from_four_figures_and_fixed_costs(self):
        self._expect()
        self.assertEqual(self.campaign.expected_won_count, 2.0)
        self.assertEqual(self.campaign.expected_revenue, 300.0)
        self.assertEqual(self.campaign.expected_cost, 120.0)
        self.assertEqual(self.campaign.expected_roi, 1.5)
        self.campaign.fixed_cost = 130.0
        self.assertEqual(self.campaign.expected_cost, 150.0)
        self.assertEqual(self.campaign.expected_roi, 1.0)

    def test_parts_of_sales_count(self):
        self._expect(expected_opportunity_count=15, expected_conversion=0.25)
        self.assertEqual(self.campaign.expected_revenue, 3.75 * 150)

    def test_proposed_from_the_segment_and_the_history_of_the_playbook(self):
        past = self._launch_past()
        self.campaign.action_propose_expectations()
        self.assertEqual(self.campaign.expected_opportunity_count, 4)
        self.assertEqual(self.campaign.expected_conversion, 0.25)
        self.assertEqual(self.campaign.expected_average_sale, 200.0)
        self.assertEqual(self.campaign.expected_action_cost, past.action_cost / 4)
        self.assertEqual(past.action_cost, 5.0)

    def test_proposal_leaves_the_control_group_out(self):
        self.campaign.control_share = 50
        self.campaign.action_propose_expectations()
        control = self.campaign._control_among(self.entities.ids)
        self.assertEqual(self.campaign.expected_opportunity_count, 4 - len(control))

    def test_without_history_that_is_said_and_nothing_made_up(self):
        self._expect()
        told = self.campaign.action_propose_expectations()
        self.assertIn("Nothing was ever closed", told["params"]["message"])
        self.assertEqual(self.campaign.expected_conversion, 0.5)
        self.assertEqual(self.campaign.expected_average_sale, 150.0)

    def test_history_is_of_the_playbook_and_company_and_closed(self):
        self._create_campaign(self.entities, name="Running").action_launch()
        self.assertFalse(self.campaign._history())
        past = self._launch_past()
        self.assertEqual(self.campaign._history()["campaigns"], 1)
        other = self.env["crm.playbook"].create({"name": "Other"})
        self.campaign.playbook_id = other
        self.assertFalse(self.campaign._history())
        self.campaign.playbook_id = self.playbook
        another = self.env["res.company"].create({"name": "Another"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_campaign SET company_id = %s WHERE id = %s",
            [another.id, past.id],
        )
        self.env.invalidate_all()
        self.assertFalse(self.campaign._history())

    def test_nothing_is_proposed_without_a_segment(self):
        self.campaign.segment_id = False
        with self.assertRaisesRegex(UserError, "Choose the segment"):
            self.campaign.action_propose_expectations()

    def test_goals_tell_what_came_true(self):
        self._expect()
        self.campaign.action_launch()
        lead = self.campaign.lead_ids[0].with_user(self.seller)
        self._confirm_order(lead.sudo(), 240.0)
        lead.action_set_won()
        goals = self._goals()
        shares = {name: goal["attainment"] for name, goal in goals.items()}
        self.assertEqual(
            shares,
            {
                "opportunity_count": 1.0,
                "won_count": 0.5,
                "revenue": 0.8,
                "cost": 100 / 120,
                "roi": False,
            },
        )
        self.assertEqual(goals["revenue"]["expected"], 300.0)
        self.assertEqual(goals["revenue"]["actual"], 240.0)
        self.assertEqual(goals["roi"]["expected"], 1.5)
        self.assertAlmostEqual(goals["roi"]["actual"], 1.4)

    def test_goals_that_nobody_set_are_no_zeros(self):
        goals = self._goals()
        self.assertIs(goals["revenue"]["expected"], False)
        self.assertIs(goals["revenue"]["attainment"], False)
        self.campaign.fixed_cost = 0
        self.assertIs(self._goals()["roi"]["actual"], False)

    def test_over_budget_is_told(self):
        self.assertFalse(self.campaign.is_over_budget)
        self._expect()
        self.assertFalse(self.campaign.is_expected_over_budget)
        self.campaign.expected_action_cost = 5.01
        self.assertTrue(self.campaign.is_expected_over_budget)
        self.assertEqual(self.campaign.budget_left, 20.0)
        self.campaign.fixed_cost = 120.01
        self.assertTrue(self.campaign.is_over_budget)
        self.assertTrue(self._goals()["cost"]["is_bad"])
        self.campaign.budget = 0
        self.assertFalse(self.campaign.is_over_budget, "no budget, none exceeded")

    def test_nonsense_is_refused(self):
        for values in (
            {"expected_conversion": 1.01},
            {"expected_average_sale": -1},
        ):
            with (
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
                mute_logger("odoo.sql_db"),
            ):
                self.campaign.write(values)
                self.env.flush_all()

    def test_salespeople_are_told_no_money(self):
        fields = self.campaign.with_user(self.seller).fields_get()
        told = {name for name in fields if name.startswith("expected_")}
        self.assertEqual(
            told,
            {"expected_opportunity_count", "expected_conversion", "expected_won_count"},
        )
        self.assertNotIn("goals", fields)

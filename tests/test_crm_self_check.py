from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.crm_playbook.models.crm_self_check import CHECKS

from .common import MessageCase
from .sales_case import SalesCase


@tagged("post_install", "-at_install")
class TestCrmSelfCheck(MessageCase, SalesCase):
    """What is kept in two places says the same; where it does not, it is shown."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.partner | cls._create_partner("Bruno Conti")
        cls._create_rule(cls.sent, move="next", points=3)
        cls._create_rule(cls.interested, move="next", points=5)
        cls._create_rule(
            trigger="order_confirmed",
            move="won",
            commercial_status_id=cls.status.id,
            outcome_id=False,
        )
        cls.campaign = cls._create_campaign(cls.people)
        cls.first.task_mode = "automatic"
        cls.campaign.action_launch()

    def setUp(self):
        super().setUp()
        self._run_cron("ir_cron_run_due_actions")
        self.leads = self.campaign.lead_ids.sorted("id")
        self.lead = self.leads[0]
        self._do(self.lead, self.interested)
        self.order = self._sell(
            self.lead.partner_id, 100.0, opportunity_id=self.lead.id
        )
        self._credit(self._invoice(self.order), 40.0)
        self.done = self.lead.sudo().action_ids.filtered(
            lambda action: action.state == "done" and action.mode != "automatic"
        )
        self.message = self.lead.sudo().action_ids.filtered(
            lambda action: action.state == "done" and action.mode == "automatic"
        )
        self.waiting = self._planned(self.leads[1])
        self.env.flush_all()

    def _run(self, name):
        return self.env["crm.self.check"].with_user(self.manager).run_check(name)

    def _break(self, query, *parameters):
        """Change something behind everybody's back."""
        self.env.flush_all()
        self.env.cr.execute(query, parameters)
        self.assertTrue(self.env.cr.rowcount, "nothing was broken")
        self.env.invalidate_all()

    def _assert_red(self, name, records):
        """The check finds these records, and no others."""
        found = self._run(name)
        self.assertEqual(found["differences"], len(records))
        opened = found["open"]
        model = self.env[opened["res_model"]].with_context(**opened["context"])
        self.assertEqual(model.search(opened["domain"]), records)
        others = set(CHECKS) - {name}
        return {other for other in others if self._run(other)["differences"]}

    # === GREEN === #

    def test_everything_agrees(self):
        for name in CHECKS:
            with self.subTest(check=name):
                found = self._run(name)
                self.assertEqual((found["name"], found["differences"]), (name, 0))
                self.assertTrue(found["looked_at"])
                self.assertNotIn("open", found)

    def test_corrected_and_skipped_work_agrees_too(self):
        self.done.with_user(self.seller).correct(self.declined.id)
        self.leads[1].action_set_lost()
        self.campaign.action_close()
        for name in CHECKS:
            with self.subTest(check=name):
                self.assertEqual(self._run(name)["differences"], 0)

    def test_page_tells_which_checks_there_are(self):
        told = self.env["crm.self.check"].with_user(self.manager).get_checks()
        self.assertEqual(tuple(check["name"] for check in told), CHECKS)
        for check in told:
            self.assertTrue(check["label"] and check["compared"])

    # === RED === #

    def test_stage_that_the_ledger_does_not_tell_of(self):
        self._break(
            "UPDATE crm_lead SET playbook_stage_id = %s WHERE id = %s",
            self.third.id,
            self.leads[1].id,
        )
        self.assertFalse(self._assert_red("ledger", self.leads[1]))

    def test_status_that_the_ledger_does_not_tell_of(self):
        other = self.env["crm.commercial.status"].create({"name": "Test other"})
        self._break(
            "UPDATE crm_lead SET commercial_status_id = %s WHERE id = %s",
            other.id,
            self.lead.id,
        )
        self.assertFalse(self._assert_red("ledger", self.lead))

    def test_result_that_the_ledger_does_not_tell_of(self):
        self._break(
            "UPDATE crm_lead SET won_status = 'pending' WHERE id = %s", self.lead.id
        )
        self.assertFalse(self._assert_red("ledger", self.lead))

    def test_done_action_without_its_ledger_line(self):
        self._break(
            "DELETE FROM crm_transition WHERE action_id = %s AND trigger = 'outcome'",
            self.done.id,
        )
        also = self._assert_red("actions_told", self.done)
        self.assertEqual(also, {"ledger", "points"})

    def test_points_that_no_line_gave(self):
        self._break("UPDATE crm_action SET points = 9 WHERE id = %s", self.done.id)
        self.assertFalse(self._assert_red("points", self.done))

    def test_message_that_left_no_trace(self):
        self._break(
            "DELETE FROM mailing_trace WHERE crm_action_id = %s", self.message.id
        )
        self.assertFalse(self._assert_red("messages", self.message))

    def test_trace_of_what_was_not_done(self):
        self._break(
            "UPDATE mailing_trace SET crm_action_id = %s WHERE crm_action_id = %s",
            self.waiting.id,
            self.message.id,
        )
        self.assertFalse(self._assert_red("messages", self.message | self.waiting))

    def test_task_without_its_activity(self):
        self._break(
            "DELETE FROM mail_activity WHERE crm_action_id = %s", self.waiting.id
        )
        self.assertFalse(self._assert_red("activities", self.waiting))

    def test_activity_of_what_is_no_task(self):
        self._break(
            "UPDATE mail_activity SET active = true WHERE crm_action_id = %s",
            self.done.id,
        )
        self.assertFalse(self._assert_red("activities", self.done))

    def test_order_that_was_not_told(self):
        self._break(
            "UPDATE crm_transition SET order_id = NULL WHERE order_id = %s",
            self.order.id,
        )
        self.assertFalse(self._assert_red("orders_told", self.order))

    def test_order_of_another_campaign(self):
        self._break(
            "UPDATE sale_order SET campaign_id = NULL WHERE id = %s", self.order.id
        )
        self.assertFalse(self._assert_red("order_campaigns", self.order))

    def test_figures_that_were_changed_by_hand(self):
        self._break(
            "UPDATE crm_campaign_figure_delta SET open_count = open_count + 1 WHERE id "
            "= (SELECT min(id) FROM crm_campaign_figure_delta"
            " WHERE crm_campaign_id = %s)",
            self.campaign.id,
        )
        self.assertFalse(self._assert_red("figures", self.campaign))

    def test_forecast_history_that_was_changed_by_hand(self):
        self._break(
            "UPDATE crm_forecast_history SET amount = amount + 1"
            " WHERE valid_to IS NULL AND lead_id = %s",
            self.lead.id,
        )
        self.assertFalse(self._assert_red("forecast", self.lead))

    def test_sales_that_odoos_report_does_not_tell(self):
        """As one that counted an order of another opportunity would."""
        campaign = type(self.env["crm.campaign"])
        counted = campaign._compute_revenue

        def count_wrongly(campaigns):
            counted(campaigns)
            for one in campaigns.filtered("ordered"):
                one.ordered += 0.01

        self.patch(campaign, "_compute_revenue", count_wrongly)
        self.assertFalse(self._assert_red("revenue", self.campaign))

    def test_attribution_that_loses_a_cent(self):
        attribution = type(self.env["crm.attribution"])
        sales = attribution._sales

        def lose(records):
            return SQL(
                """SELECT order_id, date_order, partner_id, user_id, team_id,
                          company_id, currency_id, entity_id, own_campaign_id,
                          own_since, days, half_life, decimals, total - 0.01 AS total
                     FROM (%s) sale""",
                sales(records),
            )

        self.patch(attribution, "_sales", lose)
        self.assertFalse(self._assert_red("attribution", self.order))

    # === WHO === #

    def test_it_is_for_sales_administrators(self):
        check = self.env["crm.self.check"].with_user(self.seller)
        with self.assertRaises(AccessError):
            check.get_checks()
        with self.assertRaises(AccessError):
            check.run_check("ledger")

    def test_only_checks_are_run(self):
        with self.assertRaises(UserError):
            self._run("_register_hook")

    def test_other_companies_are_not_looked_at(self):
        self._break("UPDATE crm_action SET points = 9 WHERE id = %s", self.done.id)
        company = self.env["res.company"].create({"name": "Another company"})
        self.manager.write(
            {"company_ids": [(6, 0, company.ids)], "company_id": company.id}
        )
        for name in CHECKS:
            with self.subTest(check=name):
                self.assertEqual(self._run(name)["looked_at"], 0)

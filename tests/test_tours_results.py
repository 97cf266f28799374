from freezegun import freeze_time

from odoo.tests import HttpCase, tagged

from .common import PlaybookCase
from .money_set_up import Money


@tagged("post_install", "-at_install")
class TestToursResults(Money, HttpCase, PlaybookCase):
    """Results in a browser: before a launch, and after."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.entities = cls.env["res.partner"].union(
            *(cls._create_partner(f"Entity {number}") for number in range(4))
        )
        cls.campaign = cls._create_campaign(
            cls.entities, date_start="2026-01-10", fixed_cost=40.0
        )

    def _have_results(self):
        with freeze_time("2026-01-15 12:00:00"):
            self.campaign.action_launch()
        lead = self.campaign.lead_ids[0]
        with freeze_time("2026-02-03 12:00:00"):
            self._do(lead, self.interested)
            self._confirm_order(lead, 100.0)
            lead.action_set_won()
        self.env.flush_all()

    def _tour(self, url, name):
        self.start_tour(url, name, login=self.manager.login, timeout=180)

    def test_dashboard_goes_down_to_the_order(self):
        self._have_results()
        self._tour(
            "/odoo/campaign-dashboard", "crm_playbook_manager_looks_at_the_dashboard"
        )

    def test_dashboard_on_a_phone(self):
        self._have_results()
        self.browser_size, self.touch_enabled = "390x844", True
        self._tour(
            "/odoo/campaign-dashboard",
            "crm_playbook_manager_looks_at_the_dashboard_on_a_phone",
        )

    def test_dry_run_before_the_launch(self):
        self._tour(
            f"/odoo/action-crm_playbook.crm_campaign_action/{self.campaign.id}",
            "crm_playbook_manager_makes_a_dry_run",
        )
        self.assertEqual(self.campaign.state, "draft")
        self.assertFalse(self.campaign.opportunity_count)

    def test_people_save_their_own_reports(self):
        self._have_results()
        self._tour("/odoo/campaign-results", "crm_playbook_manager_saves_a_report")
        saved = self.env["ir.filters"].search([("name", "=", "My own report")])
        self.assertEqual(saved.model_id, "crm.campaign.figure")
        self.assertEqual(saved.user_ids, self.manager)
        self.assertIn("pivot_measures", saved.context)

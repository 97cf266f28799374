from odoo.tests import HttpCase, tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestTours(HttpCase, PlaybookCase):
    """The main job in a browser, by the people who do it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls._create_partner("Tour Anna") | cls._create_partner("Tour Bruno")
        cls._create_segment(partners).name = "Tour segment"
        cls.env["crm.campaign"].create(
            {
                "name": "Tour template",
                "is_template": True,
                "playbook_id": cls.playbook.id,
                "team_id": cls.team.id,
            }
        )
        cls._create_rule(
            cls.interested,
            action_type_id=cls.call.id,
            commercial_status_id=cls.status.id,
            task_type_id=cls.visit.id,
            task_mode="planned",
            task_delay_days=2,
        )
        cls._create_rule(trigger="order_confirmed", move="won")
        cls.env["product.product"].create(
            {"name": "Tour product", "list_price": 250, "taxes_id": False}
        )

    def test_campaign_from_template_to_return_on_investment(self):
        self._tour("crm_playbook_manager_launches_a_campaign", self.manager)
        self._tour("crm_playbook_salesperson_works_and_sells", self.seller)
        self._tour("crm_playbook_manager_sees_the_return", self.manager)
        campaign = self.env["crm.campaign"].search([("name", "=", "Tour campaign")])
        self.assertEqual(campaign.opportunity_count, 2)
        self.assertEqual(campaign.won_count, 1)
        self.assertEqual((campaign.revenue, campaign.cost), (250, 100))

    def test_resume_with_its_numbers(self):
        email = self._create_type(
            "Tour e-mail", self.sent, channel="email", sent_outcome_id=self.sent.id
        )
        self.first.task_type_id = email
        self._create_rule(self.sent, move="next")
        partners = self.env["res.partner"].concat(
            *(self._create_partner(f"Tour member {number}") for number in range(4))
        )
        campaign = self._create_campaign(partners)
        campaign.action_launch()
        self._tour(
            "crm_playbook_manager_resumes_a_campaign", self.manager, record=campaign
        )
        states = campaign.action_ids.filtered(
            lambda action: action.action_type_id == email
        ).mapped("state")
        self.assertEqual(states, ["cancelled"] * 4)

    def test_playbook_under_way_is_changed_with_open_eyes(self):
        rule = self._create_rule(
            self.declined, move="stage", target_stage_id=self.second.id
        )
        waits, goes = self._start(), self._start()
        waits.go_to_stage(self.third.id)
        self._planned(waits).cancel()
        goes.go_to_stage(self.second.id)
        self._tour(
            "crm_playbook_manager_changes_a_playbook",
            self.manager,
            record=self.playbook,
        )
        self.assertEqual(waits.playbook_stage_id.name, "Letter")
        self.assertEqual(goes.playbook_stage_id, self.third)
        self.assertEqual(rule.target_stage_id, self.third)

    def _tour(self, name, user, record=None):
        """Walk a tour, from the start page or from the form of a record."""
        page = "/odoo"
        if record:
            page = f"/odoo/{record._name}/{record.id}"
        self.start_tour(page, name, login=user.login, timeout=180)

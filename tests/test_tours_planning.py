from odoo.tests import HttpCase, tagged

from .common import PlaybookCase


class PlanningTourCase(HttpCase, PlaybookCase):
    """A campaign that a director has to approve."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls._create_partner("Tour Anna") | cls._create_partner("Tour Bruno")
        cls.campaign = cls._create_campaign(partners, name="Tour campaign")
        cls.director = cls._create_user("director", "sales_team.group_sale_salesman")
        cls.env["crm.approval.step"].create(
            {"name": "Direction", "user_ids": cls.director.ids}
        )

    def _tour(self, name, user):
        self.start_tour(
            f"/odoo/crm.campaign/{self.campaign.id}",
            name,
            login=user.login,
            timeout=180,
        )


@tagged("post_install", "-at_install")
class TestToursPlanning(PlanningTourCase):
    """Planned by one, approved by another, launched as approved."""

    def test_campaign_is_planned_approved_and_launched(self):
        self._tour("crm_playbook_manager_plans_a_campaign", self.manager)
        self.assertEqual(self.campaign.state, "to_approve")
        self.assertEqual(self.campaign.fixed_cost, 40.0)
        self._tour("crm_playbook_director_approves_a_campaign", self.director)
        self.assertEqual(self.campaign.approval_ids.user_id, self.director)
        self._tour("crm_playbook_manager_launches_what_was_approved", self.manager)
        self.assertEqual(self.campaign.opportunity_count, 2)

from odoo.tests import tagged
from odoo.tools import SQL

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmCampaignFunnel(PlaybookCase):
    """How far opportunities came, stage by stage."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.entities = cls.env["res.partner"].union(
            *(cls._create_partner(f"Entity {number}") for number in range(4))
        )
        cls.campaign = cls._create_campaign(cls.entities)
        cls.campaign.action_launch()
        cls.leads = cls.campaign.lead_ids

    def _funnel(self, *conditions):
        return {
            line["stage"]: (
                line["entered"],
                line["share_of_first"],
                line["share_of_previous"],
            )
            for line in self.campaign._funnel(*conditions)
        }

    def test_everybody_who_entered_a_stage_counts_once(self):
        self.leads[:2].go_to_stage(self.second.id)
        self.leads[0].go_to_stage(self.first.id)
        self.leads[0].go_to_stage(self.second.id)
        self.leads[0].go_to_stage(self.third.id)
        self.assertEqual(
            self._funnel(),
            {
                self.first: (4, 1.0, 1.0),
                self.second: (2, 0.5, 0.5),
                self.third: (1, 0.25, 0.5),
            },
        )

    def test_stage_that_closes_has_no_share_of_the_one_before(self):
        self.third.write({"task_type_id": False, "closes_as": "won"})
        self.leads[0].go_to_stage(self.third.id)
        self.assertEqual(self._funnel()[self.third], (1, 0.25, None))

    def test_some_of_the_opportunities_are_followed(self):
        self.leads[0].user_id = self.other_seller
        self.leads[0].go_to_stage(self.second.id)
        others = SQL("lead.user_id = %s", self.other_seller.id)
        self.assertEqual(self._funnel(others)[self.second], (1, 1.0, 1.0))
        sellers = SQL("lead.user_id = %s", self.seller.id)
        self.assertEqual(self._funnel(sellers)[self.second], (0, 0.0, 0.0))

    def test_nothing_is_told_of_a_campaign_without_opportunities(self):
        campaign = self._create_campaign(self.entities)
        self.assertEqual(
            [line["share_of_first"] for line in campaign._funnel()], [None] * 3
        )

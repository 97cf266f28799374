from freezegun import freeze_time

from odoo.tests import tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmStageStay(PlaybookCase):
    """How long opportunities stay in each stage."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.entities = cls.env["res.partner"].union(
            *(cls._create_partner(f"Entity {number}") for number in range(2))
        )
        cls.campaign = cls._create_campaign(cls.entities, date_start="2026-01-01")
        with freeze_time("2026-01-01 12:00:00"):
            cls.campaign.action_launch()
        cls.lead, cls.other_lead = cls.campaign.lead_ids

    def _stays(self, lead, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        stays = self.env["crm.stage.stay"].with_user(user or self.seller)
        return [
            (stay.playbook_stage_id, round(stay.days, 2), stay.is_over)
            for stay in stays.search([("lead_id", "=", lead.id)], order="id")
        ]

    def test_stay_lasts_until_the_next_stage_or_until_now(self):
        with self._at("2026-01-04 12:00:00"):
            self.lead.go_to_stage(self.second.id)
        with self._at("2026-01-06 00:00:00"):
            self.assertEqual(
                self._stays(self.lead),
                [(self.first, 3.0, True), (self.second, 1.5, False)],
            )

    def test_closing_ends_the_stay(self):
        with self._at("2026-01-04 12:00:00"):
            self.lead.action_set_won()
            self.other_lead.action_set_lost()
        for lead in (self.lead, self.other_lead):
            self.assertEqual(self._stays(lead), [(self.first, 3.0, True)])

    def test_stage_that_closes_is_no_place_to_stay(self):
        self.third.write({"task_type_id": False, "closes_as": "won"})
        with self._at("2026-01-04 12:00:00"):
            self.lead.go_to_stage(self.third.id)
        self.assertEqual(self._stays(self.lead), [(self.first, 3.0, True)])

    def test_who_comes_back_stays_twice(self):
        for moment, stage in (
            ("2026-01-02 12:00:00", self.second),
            ("2026-01-04 12:00:00", self.first),
        ):
            with self._at(moment):
                self.lead.go_to_stage(stage.id)
        with self._at("2026-01-05 12:00:00"):
            self.lead.action_set_lost()
        with self._at("2026-01-10 12:00:00"):
            self.lead.action_unarchive()
        with self._at("2026-01-11 12:00:00"):
            self.assertEqual(
                self._stays(self.lead),
                [
                    (self.first, 1.0, True),
                    (self.second, 2.0, True),
                    (self.first, 1.0, True),
                    (self.first, 1.0, False),
                ],
            )

    def test_average_is_that_of_the_stays(self):
        with self._at("2026-01-04 12:00:00"):
            self.lead.go_to_stage(self.second.id)
        with self._at("2026-01-02 12:00:00"):
            self.other_lead.go_to_stage(self.second.id)
        self.env.flush_all()
        stays = self.env["crm.stage.stay"].with_user(self.seller)
        [(days, count)] = stays._read_group(
            [("playbook_stage_id", "=", self.first.id)],
            [],
            ["days:avg", "stay_count:sum"],
        )
        self.assertEqual((round(days, 2), count), (2.0, 2))

    # === ACCESS === #

    def test_seller_sees_own_stays_alone(self):
        self.campaign.team_id = False
        self.lead.user_id = self.other_seller
        self.assertFalse(self._stays(self.lead))
        self.assertTrue(self._stays(self.lead, self.other_seller))
        everything = self._create_user(
            "all", "sales_team.group_sale_salesman_all_leads"
        )
        self.assertTrue(self._stays(self.lead, everything))

    def test_leader_sees_the_stays_of_the_teams_people(self):
        leader = self._create_user("leader", "sales_team.group_sale_salesman")
        self.campaign.team_id = False
        self.assertFalse(self._stays(self.lead, leader))
        self.team.user_id = leader
        self.assertTrue(self._stays(self.lead, leader))

    def test_stays_of_another_company_are_hidden(self):
        self.assertTrue(self._stays(self.lead, self.manager))
        another = self.env["res.company"].create({"name": "Another"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET company_id = %s WHERE id = %s",
            [another.id, self.lead.id],
        )
        self.assertFalse(self._stays(self.lead, self.manager))

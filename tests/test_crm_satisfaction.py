from datetime import date

from odoo.tests import tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmSatisfaction(PlaybookCase):
    """How satisfied people are: by campaign, segment and person, over time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.env.company.partner_id.tz = "America/Bogota"
        cls.entities = cls.env["res.partner"].union(
            *(cls._create_partner(f"Member {number}") for number in range(3))
        )
        cls.campaign = cls._create_campaign(cls.entities, date_start="2026-01-01")
        cls.campaign.action_launch()
        cls.actions = cls.campaign.lead_ids.action_ids.sorted("partner_id")
        cls.survey = cls.env["survey.survey"].create(
            {
                "title": "How was it?",
                "scoring_type": "scoring_without_answers",
                "question_and_page_ids": [
                    (
                        0,
                        0,
                        {
                            "title": "Satisfied?",
                            "question_type": "simple_choice",
                            "suggested_answer_ids": [
                                (0, 0, {"value": "Very", "answer_score": 10}),
                                (0, 0, {"value": "Half", "answer_score": 5}),
                                (0, 0, {"value": "Hardly", "answer_score": 2}),
                            ],
                        },
                    )
                ],
            }
        )

    def _answer(self, partner, choice, moment="2026-02-03 12:00:00", action=None):
        """The partner chooses the so-manieth answer."""
        question = self.survey.question_and_page_ids
        with self._at(moment):
            sheet = self.survey.sudo()._create_answer(
                partner=partner, check_attempts=False
            )
            sheet.crm_action_id = action
            sheet._save_lines(question, str(question.suggested_answer_ids[choice].id))
            sheet._mark_done()
        return sheet

    def _answer_all(self):
        for choice, action in enumerate(self.actions):
            self._answer(action.partner_id, choice, action=action)

    def _scores(self, by, user=None):
        self.env.flush_all()
        satisfaction = self.env["crm.satisfaction"].with_user(user or self.manager)
        return [
            (*row[:-1], round(row[-1], 1))
            for row in satisfaction._read_group(
                [("survey_id", "=", self.survey.id)],
                by,
                ["answer_count:sum", "score:avg"],
            )
        ]

    def test_score_is_the_average_of_those_who_answered(self):
        self._answer_all()
        self.assertEqual(
            self._scores(["crm_campaign_id", "segment_id", "user_id"]),
            [
                (
                    self.campaign,
                    self.campaign.segment_id,
                    self.seller,
                    3,
                    round((100 + 50 + 20) / 3, 1),
                )
            ],
        )

    def test_scores_are_told_by_month_where_the_company_is(self):
        self._answer(self.entities[0], 0, "2026-02-03 12:00:00")
        self._answer(self.entities[1], 1, "2026-03-01 03:00:00")
        self._answer(self.entities[2], 2, "2026-03-01 12:00:00")
        self.assertEqual(
            self._scores(["date:month"]),
            [(date(2026, 2, 1), 2, 75.0), (date(2026, 3, 1), 1, 20.0)],
        )

    def test_answer_without_campaign_is_the_entitys_salespersons(self):
        self._answer(self.entities[0], 0)
        self.assertEqual(
            self._scores(["crm_campaign_id", "user_id"]),
            [(self.campaign.browse(), self.entities[0].user_id, 1, 100.0)],
        )

    def test_who_has_not_finished_does_not_count(self):
        self.survey.sudo()._create_answer(
            partner=self.entities[0], check_attempts=False
        )
        self.assertFalse(self.env["crm.satisfaction"].search([]))

    def test_survey_without_scores_counts_answers_only(self):
        self.survey.scoring_type = "no_scoring"
        self._answer(self.entities[0], 0)
        self.env.flush_all()
        [row] = self.env["crm.satisfaction"]._read_group(
            [("survey_id", "=", self.survey.id)], [], ["answer_count:sum", "score:avg"]
        )
        self.assertEqual(row, (1, False))

    # === ACCESS === #

    def test_seller_sees_own_customers_alone(self):
        self._answer_all()
        self.campaign.team_id = False
        self.assertTrue(self._scores([], self.seller)[0][0])
        self.assertFalse(self._count_for(self.other_seller))
        everything = self._create_user(
            "all", "sales_team.group_sale_salesman_all_leads"
        )
        self.assertEqual(self._count_for(everything), 3)

    def test_leader_sees_those_of_the_teams_people(self):
        self._answer_all()
        self.campaign.team_id = False
        leader = self._create_user("leader", "sales_team.group_sale_salesman")
        self.assertFalse(self._count_for(leader))
        self.team.user_id = leader
        self.assertEqual(self._count_for(leader), 3)

    def test_answers_of_another_company_are_hidden(self):
        self._answer_all()
        company = self.env["res.company"].create({"name": "Another"})
        self.actions[0].company_id = company
        self.assertEqual(self._count_for(self.manager), 2)

    def _count_for(self, user):
        self.env.flush_all()
        return self.env["crm.satisfaction"].with_user(user).search_count([])

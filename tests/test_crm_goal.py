from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmGoal(PlaybookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goal = cls.env["crm.goal"].create({"name": "Test renewal"})
        cls.other_goal = cls.env["crm.goal"].create({"name": "Test sign-up"})
        cls.call.goal_id = cls.goal
        cls.visit.goal_id = cls.other_goal
        cls.env["crm.playbook.rule"].create(
            [
                {"outcome_id": cls.interested.id, "move": "won"},
                {"outcome_id": cls.declined.id, "move": "lost"},
            ]
        )

    def _do(self, outcome=None, action_type=None, user=None, **values):
        action_id = (
            self.env["crm.action"]
            .with_user(user or self.seller)
            .register(
                {
                    "partner_id": self.partner.id,
                    "action_type_id": (action_type or self.call).id,
                    "outcome_id": (outcome or self.no_answer).id,
                    **values,
                }
            )
        )
        return self.env["crm.action"].browse(action_id)

    def _found(self, *domain):
        return (
            self.env["res.partner"]
            .with_user(self.seller)
            .search([*domain, ("id", "=", self.partner.id)])
        )

    # === GROUPING === #

    def test_actions_towards_a_goal_are_one_opportunity(self):
        first, second = self._do(), self._do()
        self.assertTrue(first.lead_id)
        self.assertEqual(first.lead_id, second.lead_id)
        self.assertEqual(first.lead_id.goal_id, self.goal)
        self.assertEqual(first.lead_id.user_id, self.seller)
        self.assertEqual(first.goal_id, self.goal)

    def test_an_entity_has_several_goals_at_once(self):
        call, visit = self._do(), self._do(action_type=self.visit)
        self.assertNotEqual(call.lead_id, visit.lead_id)
        self.assertEqual(self.partner.open_goal_ids, self.goal | self.other_goal)

    def test_a_type_without_goal_stands_by_itself(self):
        self.call.goal_id = False
        self.assertFalse(self._do().lead_id)

    def test_what_is_planned_belongs_to_it_too_and_is_done_in_it(self):
        planned = (
            self.env["crm.action"]
            .with_user(self.seller)
            .create({"partner_id": self.partner.id, "action_type_id": self.call.id})
        )
        self.assertEqual(planned.lead_id.goal_id, self.goal)
        done = self._do()
        self.assertEqual(done, planned)

    def test_what_was_planned_before_joins_when_it_is_done(self):
        self.call.goal_id = False
        planned = self.env["crm.action"].create(
            {"partner_id": self.partner.id, "action_type_id": self.call.id}
        )
        self.call.goal_id = self.goal
        planned.done(self.no_answer.id)
        self.assertEqual(planned.lead_id.goal_id, self.goal)

    def test_what_a_rule_plans_without_an_opportunity_belongs_to_it(self):
        self.visit.goal_id = False
        self.env["crm.playbook.rule"].create(
            {
                "action_type_id": self.visit.id,
                "outcome_id": self.no_answer.id,
                "task_type_id": self.call.id,
            }
        )
        visit = self._do(action_type=self.visit)
        planned = visit.answer_ids.planned_action_ids
        self.assertFalse(visit.lead_id)
        self.assertEqual(planned.action_type_id, self.call)
        self.assertEqual(planned.lead_id.goal_id, self.goal)

    def test_it_is_of_who_did_it_where_the_salesperson_is_not_in_the_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._create_user(
            "stranger",
            "sales_team.group_sale_salesman",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.partner.user_id = stranger
        self.assertEqual(self._do().lead_id.user_id, self.seller)

    def test_it_is_of_who_did_it_and_not_of_who_records_it(self):
        self.partner.user_id = False
        leader = self._create_user("leader", "sales_team.group_sale_salesman_all_leads")
        done = self._do(user=leader, user_id=self.seller.id)
        self.assertEqual(done.lead_id.user_id, self.seller)

    def test_an_action_of_an_opportunity_stays_with_that(self):
        lead = self.env["crm.lead"].create(
            {"name": "Own", "partner_id": self.partner.id, "user_id": self.seller.id}
        )
        self.assertEqual(self._do(lead_id=lead.id).lead_id, lead)

    def test_the_opportunity_of_a_colleague_is_joined_not_doubled(self):
        own = self._do()
        other = self._do(user=self.other_seller)
        self.assertEqual(other.lead_id, own.lead_id)
        self.assertEqual(other.user_id, self.other_seller)
        with self.assertRaises(AccessError):
            own.lead_id.with_user(self.other_seller).read(["name"])

    def test_contacts_of_a_company_share_its_goals(self):
        company = self._create_partner("Test company", is_company=True)
        ana, bea = (
            self._create_partner(name, parent_id=company.id) for name in ("Ana", "Bea")
        )
        leads = (
            self._do(partner_id=ana.id).lead_id | self._do(partner_id=bea.id).lead_id
        )
        self.assertEqual(len(leads), 1)

    def test_the_ledger_tells_what_opened_it(self):
        first, second = self._do(), self._do()
        opened = first.lead_id.transition_ids.filtered(
            lambda line: line.trigger == "opened"
        )
        self.assertEqual(opened.action_id, first)
        self.assertNotIn("opened", second.answer_ids.mapped("trigger"))

    def test_who_records_is_told_beforehand_that_it_opens(self):
        values = {
            "partner_id": self.partner.id,
            "action_type_id": self.call.id,
            "outcome_id": self.interested.id,
        }
        actions = self.env["crm.action"].with_user(self.seller)
        told = [item["text"] for item in actions.preview_register([values])]
        self.assertEqual(
            told[:2], ["Opens Test renewal · Ada Bianchi", "Wins the opportunity"]
        )
        self.assertFalse(self.partner.open_goal_ids)

    # === CLOSING === #

    def test_an_outcome_that_wins_closes_it_and_the_next_opens_another(self):
        won = self._do(self.interested).lead_id
        self.assertEqual(won.won_status, "won")
        following = self._do().lead_id
        self.assertNotEqual(following, won)
        self.assertEqual(following.won_status, "pending")

    def test_an_outcome_that_loses_closes_it_alone(self):
        visit = self._do(action_type=self.visit)
        lost = self._do(self.declined).lead_id
        self.assertEqual(lost.won_status, "lost")
        self.assertEqual(visit.lead_id.won_status, "pending")

    def test_it_has_a_status_of_its_own_with_its_date(self):
        self.env["crm.playbook.rule"].create(
            {
                "outcome_id": self.no_answer.id,
                "action_type_id": self.call.id,
                "commercial_status_id": self.status.id,
            }
        )
        visit, call = self._do(action_type=self.visit), self._do()
        self.assertEqual(call.lead_id.commercial_status_id, self.status)
        self.assertTrue(call.lead_id.commercial_status_date)
        self.assertFalse(visit.lead_id.commercial_status_id)

    # === PLAYBOOKS === #

    def test_the_goal_begins_its_playbook(self):
        self.goal.playbook_id = self.playbook
        lead = self._do().lead_id
        self.assertEqual(lead.playbook_stage_id, self.first)

    def test_a_goal_without_playbook_begins_that_of_the_team(self):
        self.team.playbook_id = self.playbook
        self.assertEqual(self._do().lead_id.playbook_stage_id, self.first)

    def test_a_playbook_that_cannot_be_begun_stops_nobody(self):
        self.goal.playbook_id = self.playbook
        self.playbook.active = False
        self.assertFalse(self._do().lead_id.playbook_id)
        self.playbook.active = True
        self.playbook.company_id = self.env["res.company"].create({"name": "Else"})
        other = self._create_partner("Bea")
        self.assertFalse(self._do(partner_id=other.id).lead_id.playbook_id)

    def test_a_goal_does_not_begin_a_playbook_of_another_goal(self):
        self.goal.playbook_id = self.playbook
        with self.assertRaisesRegex(UserError, "for no goal"):
            self.playbook.goal_id = self.other_goal
        self.playbook.goal_id = self.goal
        with self.assertRaisesRegex(UserError, "for no goal"):
            self.other_goal.playbook_id = self.playbook

    def test_who_follows_a_playbook_has_its_goal(self):
        self.playbook.goal_id = self.other_goal
        lead = self.env["crm.lead"].create(
            {"name": "Own", "partner_id": self.partner.id}
        )
        lead.start_playbook(self.playbook.id)
        self.assertEqual(lead.goal_id, self.other_goal)

    # === FINDING === #

    def test_segments_find_open_won_and_lost_goals(self):
        self._do(action_type=self.visit)
        self._do(self.declined)
        self._do(self.interested)
        self.assertTrue(self._found(("open_goal_ids", "in", self.other_goal.ids)))
        self.assertFalse(self._found(("open_goal_ids", "in", self.goal.ids)))
        self.assertTrue(self._found(("won_goal_ids", "in", self.goal.ids)))
        self.assertTrue(self._found(("lost_goal_ids", "in", self.goal.ids)))
        self.assertFalse(self._found(("lost_goal_ids", "in", self.other_goal.ids)))

    def test_what_was_opened_again_is_not_won(self):
        lead = self._do(self.interested).lead_id
        lead._reopen(lead._open_lines("reopened"))
        self.assertFalse(self._found(("won_goal_ids", "in", self.goal.ids)))
        self.assertTrue(self._found(("open_goal_ids", "in", self.goal.ids)))

    def test_segments_find_status_and_date_of_a_goal(self):
        lead = self._do().lead_id
        lead.commercial_status_id = self.status
        condition = [
            ("goal_id", "=", self.goal.id),
            ("commercial_status_id", "=", self.status.id),
            ("commercial_status_date", ">=", "today"),
        ]
        self.assertTrue(self._found(("opportunity_ids", "any", condition)))
        lead.commercial_status_id = False
        self.assertFalse(self._found(("opportunity_ids", "any", condition)))

    def test_actions_and_ledger_are_searched_and_grouped_by_goal(self):
        call, visit = self._do(self.interested), self._do(action_type=self.visit)
        actions = self.env["crm.action"].with_user(self.seller)
        own = [("id", "in", (call | visit).ids)]
        of_goal = [("goal_id", "=", self.goal.id)]
        self.assertEqual(actions.search(own + of_goal), call)
        self.assertEqual(
            dict(actions._read_group(own, ["goal_id"], ["__count"])),
            {self.goal: 1, self.other_goal: 1},
        )
        ledger = self.env["crm.transition"].with_user(self.seller)
        self.assertIn(call, ledger.search(of_goal).action_id)

    def test_my_day_is_narrowed_to_a_goal(self):
        actions = self.env["crm.action"].with_user(self.seller)
        for action_type in (self.call, self.visit):
            actions.create(
                {"partner_id": self.partner.id, "action_type_id": action_type.id}
            )
        agenda = self.env["crm.agenda"].with_user(self.seller)
        span = ("2020-01-01 00:00:00", "2040-01-01 00:00:00")
        seen = agenda.get_agenda(*span, {"goal_id": self.goal.id})
        self.assertEqual(
            {task["type"] for task in seen["free"]["tasks"]}, {"Test call"}
        )

    # === KEEPING === #

    def test_a_goal_of_a_type_is_not_archived(self):
        with self.assertRaises(UserError):
            self.goal.active = False

    def test_a_goal_is_replaced_by_another(self):
        lead = self._do().lead_id
        replacement = self.env["crm.replacement"].with_user(self.manager)
        replacement = replacement.create(
            {
                "kind": "goal",
                "goal_id": self.goal.id,
                "by_goal_id": self.other_goal.id,
            }
        )
        replacement.replace()
        self.assertEqual((lead | self._do().lead_id).goal_id, self.other_goal)
        self.assertFalse(self.goal.active)

    def test_salespeople_do_not_shape_goals(self):
        with self.assertRaises(AccessError):
            self.goal.with_user(self.seller).name = "Mine"


@tagged("post_install", "-at_install")
class TestTeamPlaybook(PlaybookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.playbook_id = cls.playbook

    def _create_lead(self, user=None, **values):
        return (
            self.env["crm.lead"]
            .with_user(user or self.seller)
            .create(
                {
                    "name": "Of the team",
                    "type": "opportunity",
                    "partner_id": self.partner.id,
                    "team_id": self.team.id,
                    **values,
                }
            )
        )

    def test_a_new_opportunity_begins_the_playbook_of_its_team(self):
        lead = self._create_lead()
        self.assertEqual(lead.playbook_stage_id, self.first)
        self.assertEqual(len(lead.action_ids), 1)

    def test_also_one_that_is_given_to_a_colleague(self):
        leader = self._create_user("leader", "sales_team.group_sale_salesman_all_leads")
        lead = self._create_lead(user=leader, user_id=self.other_seller.id)
        self.assertEqual(lead.playbook_stage_id, self.first)
        self.assertEqual(lead.action_ids.user_id, self.other_seller)

    def test_it_begins_once_its_customer_is_known(self):
        lead = self._create_lead(partner_id=False)
        self.assertFalse(lead.playbook_id)
        lead.partner_id = self.partner
        self.assertEqual(lead.playbook_stage_id, self.first)

    def test_also_one_that_is_given_away_when_its_customer_is_known(self):
        lead = self._create_lead(partner_id=False)
        lead.write({"partner_id": self.partner.id, "user_id": self.other_seller.id})
        self.assertEqual(lead.sudo().playbook_stage_id, self.first)

    def test_a_lead_begins_when_it_becomes_an_opportunity(self):
        lead = self._create_lead(type="lead")
        self.assertFalse(lead.playbook_id)
        lead.convert_opportunity(self.partner)
        self.assertEqual(lead.playbook_stage_id, self.first)

    def test_it_begins_with_another_team(self):
        lead = self._create_lead(team_id=self.env["crm.team"].create({"name": "X"}).id)
        self.assertFalse(lead.playbook_id)
        lead.team_id = self.team
        self.assertEqual(lead.playbook_stage_id, self.first)

    def test_it_begins_when_it_is_given_to_a_salesperson_of_the_team(self):
        outsider = self._create_user("outsider", "sales_team.group_sale_salesman")
        foreign = self.env["crm.team"].create({"name": "X", "member_ids": outsider.ids})
        lead = self._create_lead(team_id=foreign.id, user_id=False).sudo()
        lead.user_id = self.other_seller
        self.assertEqual(lead.team_id, self.team)
        self.assertEqual(lead.playbook_stage_id, self.first)

    def test_what_was_there_before_begins_nothing_by_being_written_again(self):
        self.team.playbook_id = False
        lead = self._create_lead()
        self.team.playbook_id = self.playbook
        lead.write({"team_id": self.team.id, "partner_id": self.partner.id})
        self.assertFalse(lead.playbook_id)

    def test_what_follows_another_playbook_goes_on(self):
        other = self.env["crm.playbook"].create({"name": "Other"})
        stage = self._create_stage("Only", playbook=other)
        foreign = self.env["crm.team"].create({"name": "X"})
        lead = self._create_lead(team_id=foreign.id)
        lead.start_playbook(other.id)
        lead.team_id = self.team
        self.assertEqual(lead.playbook_stage_id, stage)

    def test_a_closed_opportunity_begins_nothing(self):
        self.team.playbook_id = False
        lead = self._create_lead(partner_id=False)
        lead.action_set_lost()
        self.team.playbook_id = self.playbook
        lead.write({"partner_id": self.partner.id})
        self.assertFalse(lead.playbook_id)

    def test_the_playbook_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.team.write({"playbook_id": False, "company_id": self.env.company.id})
        self.playbook.company_id = company
        with self.assertRaises(UserError):
            self.team.playbook_id = self.playbook


@tagged("post_install", "-at_install")
class TestCallCentre(PlaybookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind = cls.env["crm.entity.kind"].create({"name": "Test called"})
        cls.env.company.crm_call_centre_kind_id = cls.kind
        groups = "sales_team.group_sale_salesman,base.group_partner_manager"
        cls.clerk = cls._create_user("clerk", groups)
        operators = "crm_playbook.group_call_centre"
        cls.operator = cls._create_user("operator", f"{groups},{operators}")

    def _enter(self, user, **values):
        partners = self.env["res.partner"].with_user(user)
        return partners.create({"name": "Caller", **values})

    def test_whom_operators_enter_is_of_that_kind(self):
        self.assertEqual(self._enter(self.operator).entity_kind_id, self.kind)

    def test_whom_others_enter_is_of_none(self):
        self.assertFalse(self._enter(self.clerk).entity_kind_id)

    def test_operators_may_choose_another(self):
        other = self.env["crm.entity.kind"].create({"name": "Test other"})
        entered = self._enter(self.operator, entity_kind_id=other.id)
        self.assertEqual(entered.entity_kind_id, other)

    def test_who_comes_in_besides_may_lack_what_the_kind_requires(self):
        self.kind.requirement_ids = [(0, 0, {"field_path": "phone"})]
        partners = self.env["res.partner"].with_user(self.operator)
        entered = partners.find_or_create("Caller <caller@test.example>")
        self.assertEqual(entered.entity_kind_id, self.kind)
        self.assertTrue(entered.is_incomplete)
        with self.assertRaises(UserError):
            self._enter(self.operator, entity_kind_id=self.kind.id)

    def test_contacts_of_a_company_are_of_none(self):
        company = self._enter(self.clerk, is_company=True)
        entered = self._enter(self.operator, parent_id=company.id)
        self.assertFalse(entered.entity_kind_id)

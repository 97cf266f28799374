from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_playbook.models.engine import as_engine

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmCampaignApproval(PlaybookCase):
    """Planned, approved step by step by who has the role, launched as approved."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.role = cls.env["res.groups"].create({"name": "Marketing director"})
        cls.director = cls._create_user("director", "sales_team.group_sale_salesman")
        cls.deputy = cls._create_user("deputy", "sales_team.group_sale_salesman")
        (cls.director | cls.deputy).group_ids += cls.role
        cls.treasurer = cls._create_user("treasurer", "sales_team.group_sale_manager")
        cls.campaign = cls._create_campaign(cls.partner, budget=500.0).with_user(
            cls.manager
        )

    @classmethod
    def _create_step(cls, name="Direction", **values):
        if not {"group_id", "user_ids"} & values.keys():
            values["group_id"] = cls.role.id
        return cls.env["crm.approval.step"].create({"name": name, **values})

    @classmethod
    def _create_treasury(cls, **values):
        return cls._create_step(
            "Treasury", sequence=20, user_ids=cls.treasurer.ids, **values
        )

    def _approve(self, *people):
        for user in people:
            self.campaign.with_user(user).action_approve()

    def _submit_and_approve(self):
        self._create_step()
        self.campaign.action_submit()
        self._approve(self.director)
        self.assertEqual(self.campaign.state, "approved")

    def _activities(self):
        kind = self.env.ref("crm_playbook.mail_activity_type_approval")
        return self.campaign.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == kind
        )

    def _said(self):
        return " ".join(self.campaign.message_ids.mapped("body"))

    # === WITHOUT STEPS === #

    def test_without_steps_campaigns_are_launched_at_once(self):
        self.assertTrue(self.campaign.may_launch)
        self.campaign.action_launch()
        self.assertEqual(self.campaign.state, "running")

    def test_without_steps_nothing_is_submitted(self):
        with self.assertRaisesRegex(UserError, "needs no approval"):
            self.campaign.action_submit()

    def test_steps_of_another_company_do_not_apply(self):
        company = self.env["res.company"].create({"name": "Another company"})
        self._create_step(company_id=company.id)
        self.assertFalse(self.campaign.needs_approval)

    def test_cheap_campaigns_pass_without_the_step(self):
        self._create_step(min_budget=500.01)
        self.assertFalse(self.campaign.needs_approval)
        self.campaign.budget = 500.01
        self.campaign.invalidate_recordset()
        self.assertTrue(self.campaign.needs_approval)

    def test_fixed_costs_beyond_the_budget_count(self):
        self._create_step(min_budget=800)
        self.campaign.write({"budget": 0, "fixed_cost": 900})
        self.assertTrue(self.campaign.needs_approval)

    # === THE WAY === #

    def test_drafts_are_not_launched_around_the_steps(self):
        self._create_step()
        with self.assertRaisesRegex(UserError, r"has to be approved.*Direction"):
            self.campaign.action_launch()
        self.assertEqual(self.campaign.state, "draft")

    def test_each_step_in_its_order_then_it_is_launched(self):
        direction, treasury = self._create_step(), self._create_treasury()
        self.campaign.action_submit()
        self.assertEqual(self.campaign.state, "to_approve")
        self.assertEqual(self.campaign.approval_step_id, direction)
        with self.assertRaisesRegex(UserError, "waits for Direction"):
            self._approve(self.treasurer)
        with self.assertRaisesRegex(UserError, "cannot become running"):
            self.campaign.action_launch()
        self.campaign.with_user(self.deputy).action_approve("Go for it")
        self.assertEqual(self.campaign.approval_step_id, treasury)
        self._approve(self.treasurer)
        self.assertEqual(self.campaign.state, "approved")
        self.assertTrue(self.campaign.may_launch)
        decisions = self.campaign.approval_ids.sorted("id")
        self.assertEqual(decisions.user_id, self.deputy | self.treasurer)
        self.assertEqual(decisions.step_id, direction | treasury)
        self.assertEqual(decisions.mapped("note"), ["Go for it", False])
        self.campaign.action_launch()
        self.assertEqual(self.campaign.state, "running")
        self.assertEqual(self.campaign.opportunity_count, 1)

    def test_who_is_to_decide_is_told_and_ticked_off(self):
        self._create_step()
        self._create_treasury()
        self.campaign.action_submit()
        self.assertEqual(self._activities().user_id, self.director | self.deputy)
        self._approve(self.director)
        self.assertEqual(self._activities().user_id, self.treasurer)
        self._approve(self.treasurer)
        self.assertFalse(self._activities())

    def test_who_submitted_it_does_not_approve_it(self):
        self._create_step(user_ids=(self.manager | self.treasurer).ids)
        self.campaign.action_submit()
        self.assertFalse(self.campaign.may_decide)
        with self.assertRaisesRegex(UserError, "what they submitted themselves"):
            self._approve(self.manager)
        self._approve(self.treasurer)
        self.assertEqual(self.campaign.state, "approved")

    def test_unless_the_step_allows_it(self):
        self._create_step(user_ids=self.manager.ids, allows_submitter=True)
        self.campaign.action_submit()
        self._approve(self.manager)
        self.assertEqual(self.campaign.state, "approved")

    def test_nobody_approves_twice(self):
        self._create_step()
        self._create_step("Second look", sequence=30)
        self.campaign.action_submit()
        self._approve(self.director)
        with self.assertRaisesRegex(UserError, "Nobody decides twice"):
            self._approve(self.director)
        self._approve(self.deputy)
        self.assertEqual(self.campaign.state, "approved")

    def test_people_without_the_role_do_not_decide(self):
        self._create_step()
        self.campaign.action_submit()
        for user in (self.seller, self.treasurer):
            with self.assertRaisesRegex(UserError, "Who decides"):
                self._approve(user)
            with self.assertRaisesRegex(UserError, "Who decides"):
                self.campaign.with_user(user).action_refuse("No")
        self.assertEqual(self.campaign.state, "to_approve")

    def test_what_was_not_submitted_is_not_decided(self):
        self._create_step()
        with self.assertRaisesRegex(UserError, "waits for no approval"):
            self._approve(self.director)

    def test_salespeople_do_not_submit(self):
        self._create_step()
        with self.assertRaises(AccessError):
            self.campaign.with_user(self.seller).action_submit()

    def test_a_step_that_nobody_can_decide_is_told(self):
        self._create_step(user_ids=self.manager.ids)
        with self.assertRaisesRegex(UserError, "Nobody can decide"):
            self.campaign.action_submit()

    def test_who_may_not_see_the_campaign_is_not_asked(self):
        employee = self._create_user("employee", "base.group_user")
        self._create_step(user_ids=(employee | self.treasurer).ids)
        self.campaign.action_submit()
        self.assertEqual(self.campaign.approver_ids, self.treasurer)

    def test_unready_campaigns_are_not_submitted(self):
        self._create_step()
        self.campaign.segment_id = False
        with self.assertRaisesRegex(UserError, "Choose the segment"):
            self.campaign.action_submit()

    # === REFUSED === #

    def test_refused_is_a_draft_again_and_says_why(self):
        self._create_step()
        self._create_treasury()
        self.campaign.action_submit()
        self._approve(self.director)
        self.campaign.with_user(self.treasurer).action_refuse("Too dear")
        self.assertEqual(self.campaign.state, "draft")
        self.assertFalse(self._activities())
        self.assertIn("Too dear", self._said())
        self.assertFalse(any(self.campaign.approval_ids.mapped("is_current")))
        self.campaign.action_submit()
        self._approve(self.director, self.treasurer)
        self.assertEqual(self.campaign.state, "approved")

    def test_refusing_needs_a_reason(self):
        self._create_step()
        self.campaign.action_submit()
        with self.assertRaisesRegex(UserError, "Say why"):
            self.campaign.with_user(self.director).action_refuse("  ")

    def test_refused_in_the_dialog(self):
        self._create_step()
        self.campaign.action_submit()
        self.env["crm.campaign.refuse"].with_user(self.director).create(
            {"campaign_id": self.campaign.id, "reason": "Not in August"}
        ).action_refuse()
        self.assertEqual(self.campaign.state, "draft")
        self.assertEqual(self.campaign.approval_ids.decision, "refused")
        self.assertEqual(self.campaign.approval_ids.note, "Not in August")

    # === WHAT WAS APPROVED IS WHAT RUNS === #

    def test_changes_take_the_approvals_back(self):
        other = self._create_segment(self.partner)
        self._create_step()
        for values, label in (
            ({"budget": 900.0}, "Budget"),
            ({"fixed_cost": 10.0}, "Fixed Cost"),
            ({"segment_id": other.id}, "Segment"),
            ({"date_end": "2030-01-01"}, "Date End"),
            ({"member_ids": [Command.link(self.seller.id)]}, "People"),
            ({"offer": "<p>Another</p>"}, "Offer"),
        ):
            with self.subTest(label):
                self.campaign.action_submit()
                self._approve(self.director)
                self.campaign.write(values)
                self.assertEqual(self.campaign.state, "draft")
                self.assertIn(f"since it was submitted: {label}.", self._said())
                with self.assertRaisesRegex(UserError, "has to be approved"):
                    self.campaign.action_launch()

    def test_costs_and_segments_changed_elsewhere_take_them_back_too(self):
        self._create_step()
        cost = self.env["crm.campaign.cost"].with_user(self.manager)
        values = {
            "crm_campaign_id": self.campaign.id,
            "kind_id": self.env.ref("crm_playbook.crm_cost_kind_print").id,
            "amount": 5.0,
        }
        line = cost.create(values)
        for change in (
            lambda: cost.create(values),
            lambda: line.write({"amount": 6.0}),
            line.unlink,
            lambda: self.campaign.segment_id.write({"domain": "[]"}),
        ):
            self.campaign.action_submit()
            self._approve(self.director)
            change()
            self.assertEqual(self.campaign.state, "draft")

    def test_what_is_as_it_was_takes_nothing_back(self):
        self._submit_and_approve()
        self.campaign.write({"budget": 500.0, "color": 3, "name": "Renamed"})
        self.assertEqual(self.campaign.state, "approved")

    def test_a_change_while_it_waits_calls_for_another_look(self):
        self._create_step()
        self.campaign.action_submit()
        self.campaign.budget = 700.0
        self.assertEqual(self.campaign.state, "draft")
        self.assertFalse(self._activities())

    def test_launched_campaigns_go_on_and_say_that_they_were_changed(self):
        self._submit_and_approve()
        self.campaign.action_launch()
        self.campaign.fixed_cost = 20.0
        self.assertFalse(self.campaign.is_changed_since, "bills come late")
        self.campaign.budget = 5000.0
        self.assertEqual(self.campaign.state, "running")
        self.assertTrue(self.campaign.is_changed_since)
        self.assertIn("Budget", self._said())

    def test_closing_ends_the_way(self):
        self._create_step()
        self.campaign.action_submit()
        self.campaign.action_close()
        self.assertFalse(self._activities())
        with self.assertRaisesRegex(UserError, "waits for no approval"):
            self._approve(self.director)

    def test_copies_begin_anew(self):
        self._submit_and_approve()
        copy = self.campaign.copy()
        self.assertEqual(copy.state, "draft")
        self.assertFalse(copy.approval_ids or copy.submitted_by_id)

    # === WHO === #

    def test_decisions_are_written_by_the_engine_alone(self):
        self._submit_and_approve()
        decision = self.campaign.approval_ids
        for values in (
            {"user_id": self.seller.id},
            {"decision": "refused"},
            {"is_current": False},
        ):
            with self.assertRaisesRegex(UserError, "cannot be written by hand"):
                decision.write(values)
        for operation in ("create", "write", "unlink"):
            self.assertFalse(decision.with_user(self.manager).has_access(operation))
        for values in ({"state": "draft"}, {"submitted_by_id": self.seller.id}):
            with self.assertRaisesRegex(UserError, "cannot be written by hand"):
                self.campaign.write(values)

    def test_one_decision_for_each_step_whoever_writes(self):
        self._submit_and_approve()
        for person in (self.deputy, self.director):
            with (
                self.assertRaises(UniqueViolation),
                self.env.cr.savepoint(),
                mute_logger("odoo.sql_db"),
            ):
                step = self.campaign.approval_ids.step_id
                if person == self.director:
                    step = self._create_treasury()
                as_engine(self.campaign.approval_ids).create(
                    {
                        "crm_campaign_id": self.campaign.id,
                        "step_id": step.id,
                        "user_id": person.id,
                        "decided_at": "2026-03-02 09:00:00",
                        "decision": "approved",
                        "is_current": True,
                    }
                )

    def test_a_step_says_who_decides(self):
        with self.assertRaisesRegex(ValidationError, "Say who decides"):
            self._create_step(group_id=False)

    def test_steps_are_shaped_by_administrators(self):
        step = self._create_step()
        with self.assertRaises(AccessError):
            step.with_user(self.manager).active = False
        admin = self._create_user(
            "admin", "base.group_system,sales_team.group_sale_manager"
        )
        step.with_user(admin).name = "Board"

    def test_steps_and_decisions_of_another_company_are_hidden(self):
        self._submit_and_approve()
        company = self.env["res.company"].create({"name": "Another company"})
        step = self._create_step(company_id=company.id)
        seen = self.env["crm.approval.step"].with_user(self.manager)
        self.assertFalse(seen.search([("id", "=", step.id)]))
        decision = self.campaign.approval_ids
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_campaign SET company_id = %s WHERE id = %s",
            [company.id, self.campaign.id],
        )
        self.env.invalidate_all()
        found = decision.with_user(self.manager).search([("id", "=", decision.id)])
        self.assertFalse(found)

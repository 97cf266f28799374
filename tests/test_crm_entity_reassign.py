from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import MONDAY, TeamCase


@tagged("post_install", "-at_install")
class TestCrmEntityReassign(TeamCase):
    """A customer of the company is never lost when the salesperson leaves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.third_seller = cls._create_user("third", "sales_team.group_sale_salesman")
        cls.team.member_ids |= cls.third_seller
        cls.env["res.partner"].search([("user_id", "=", cls.seller.id)]).user_id = False
        cls.entities = cls.env["res.partner"].union(
            *(cls._create_partner(f"Customer {n}") for n in range(4))
        )
        cls.lead = cls._create_lead(cls.entities[0])
        cls.task = cls._plan(cls.lead.partner_id, lead_id=cls.lead.id)
        cls.visit_task = cls._plan(
            cls.entities[1],
            cls.visit,
            mode="planned",
            date_end=MONDAY + timedelta(hours=1),
        )

    @classmethod
    def _plan(cls, partner, action_type=None, user=None, **values):
        return cls.env["crm.action"].create(
            {
                "partner_id": partner.id,
                "action_type_id": (action_type or cls.call).id,
                "user_id": (user or cls.seller).id,
                "team_id": cls.team.id,
                "date_start": MONDAY,
                **values,
            }
        )

    def _form(self, user=None, **context):
        context = context or {
            "active_model": "res.users",
            "active_ids": self.seller.ids,
        }
        model = self.env["crm.entity.reassign"].with_user(user or self.manager)
        return Form(model.with_context(**context))

    def _hand_over(self, taker=None, user=None, **values):
        form = self._form(user)
        form.user_id = taker or self.other_seller
        for name, value in values.items():
            setattr(form, name, value)
        form.save().action_reassign()

    # === WHAT GOES WHERE === #

    def test_dialog_says_how_many_before(self):
        form = self._form()
        self.assertEqual(form.entity_count, 4)
        self.assertEqual((form.lead_count, form.action_count), (1, 2))
        self.assertEqual(form.campaign_count, 0)

    def test_all_that_a_person_has_goes_to_another(self):
        lost = self._create_lead(self.entities[1])
        lost.action_set_lost()
        done = self._plan(self.entities[2])
        done.done(self.interested.id)
        self._hand_over()
        self.assertEqual(self.entities.user_id, self.other_seller)
        self.assertEqual(self.lead.user_id, self.other_seller)
        self.assertEqual((self.task | self.visit_task).user_id, self.other_seller)
        self.assertEqual((lost.user_id, done.user_id), (self.seller, self.seller))

    def test_activities_and_calendar_follow(self):
        self.assertEqual(self.task.activity_ids.user_id, self.seller)
        self.assertEqual(self.visit_task.calendar_event_ids.user_id, self.seller)
        self._hand_over()
        self.assertEqual(self.task.activity_ids.user_id, self.other_seller)
        self.assertEqual(self.visit_task.calendar_event_ids.user_id, self.other_seller)

    def test_ledger_says_from_whom_to_whom(self):
        self._hand_over()
        lines = self.env["crm.transition"].search(
            [("trigger", "=", "handed_over"), ("partner_id", "in", self.entities.ids)]
        )
        self.assertEqual(
            lines.filtered(lambda one: not one.lead_id).partner_id, self.entities
        )
        self.assertEqual(lines.lead_id, self.lead)
        words = {f"From {self.seller.name} to {self.other_seller.name}"}
        self.assertEqual(set(lines.mapped("effects")), words)
        self.assertEqual(lines.user_id, self.manager)

    def test_team_shares_evenly_and_opportunities_follow_their_entity(self):
        form = self._form()
        form.to = "team"
        form.team_id = self.team
        form.save().action_reassign()
        shares = [
            len(self.entities.filtered(lambda one, user=user: one.user_id == user))
            for user in (self.other_seller, self.third_seller)
        ]
        self.assertEqual(shares, [2, 2])
        self.assertEqual(self.lead.user_id, self.entities[0].user_id)
        self.assertEqual(self.task.user_id, self.entities[0].user_id)
        self.assertEqual(self.visit_task.user_id, self.entities[1].user_id)

    def test_only_what_is_ticked_goes(self):
        self._hand_over(with_leads=False, with_actions=False)
        self.assertEqual(self.entities.user_id, self.other_seller)
        self.assertEqual((self.lead.user_id, self.task.user_id), (self.seller,) * 2)

    def test_tasks_stay_where_they_are_not_ticked(self):
        self._hand_over(with_actions=False)
        self.assertEqual(self.lead.user_id, self.other_seller)
        self.assertEqual(self.task.user_id, self.seller)

    def test_new_entities_are_no_longer_fed_to_them(self):
        feed = self.env["crm.entity.feed"].create(
            {
                "source": "lead",
                "kind_id": self.env["crm.entity.kind"].create({"name": "Test"}).id,
                "salesperson": "fixed",
                "user_id": self.seller.id,
            }
        )
        self._hand_over(user=self.leader)
        self.assertEqual(feed.user_id, self.seller)
        self._hand_over()
        self.assertEqual(feed.user_id, self.other_seller)

    def test_only_the_entities_that_were_chosen_go(self):
        chosen = self.entities[1:3]
        form = self._form(active_model="res.partner", active_ids=chosen.ids)
        self.assertEqual(
            (form.entity_count, form.lead_count, form.action_count), (2, 0, 1)
        )
        form.user_id = self.other_seller
        form.save().action_reassign()
        self.assertEqual(chosen.user_id, self.other_seller)
        self.assertEqual((self.entities - chosen).user_id, self.seller)
        self.assertEqual(
            (self.visit_task.user_id, self.task.user_id),
            (self.other_seller, self.seller),
        )

    def test_entities_that_nobody_has_are_given_to_somebody(self):
        nobodys = self._create_partner("Nobody's", user_id=False)
        lead = self._create_lead(nobodys, user_id=False)
        form = self._form(active_model="res.partner", active_ids=nobodys.ids)
        self.assertFalse(form.from_user_ids[:])
        self.assertEqual((form.entity_count, form.lead_count), (1, 1))
        form.user_id = self.other_seller
        form.save().action_reassign()
        self.assertEqual((nobodys | lead.partner_id).user_id, self.other_seller)
        self.assertEqual(lead.user_id, self.other_seller)

    def test_leader_cannot_take_entities_of_others_by_choosing_them(self):
        stranger = self._create_user("stranger", "sales_team.group_sale_salesman")
        theirs = self._create_partner("Theirs", user_id=stranger.id)
        context = {"active_model": "res.partner", "active_ids": theirs.ids}
        form = self._form(self.leader, **context)
        form.from_user_ids = self.env["res.users"]
        form.user_id = self.other_seller
        with self.assertRaises(AccessError):
            form.save().action_reassign()

    def test_campaigns_have_other_people(self):
        campaign = self._create_campaign(
            self.entities, member_ids=self.seller.ids, user_id=self.seller.id
        )
        closed = self._create_campaign(self.entities, member_ids=self.seller.ids)
        closed.action_close()
        self._hand_over()
        self.assertEqual(campaign.member_ids, self.other_seller)
        self.assertEqual(campaign.user_id, self.other_seller)
        self.assertEqual(closed.member_ids, self.seller)

    def test_what_is_of_another_company_stays(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.entities[3].company_id = elsewhere
        self._hand_over()
        self.assertEqual(self.entities[3].user_id, self.seller)
        self.assertEqual(self.entities[2].user_id, self.other_seller)

    def test_nobody_to_take_it_is_told(self):
        self.team.member_ids = self.seller
        form = self._form()
        form.to = "team"
        form.team_id = self.team
        with self.assertRaisesRegex(UserError, "Nobody is there"):
            form.save().action_reassign()
        self.assertEqual(self.entities.user_id, self.seller)

    def test_many_entities_cost_as_many_statements_as_few(self):
        counts = []
        for number in (10, 200):
            self.env["res.partner"].create(
                [{"name": f"E{n}", "user_id": self.seller.id} for n in range(number)]
            )
            form = self._form()
            form.user_id = self.other_seller
            wizard = form.save()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            wizard.action_reassign()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0], counts)

    # === WHO LEAVES === #

    def test_who_leaves_and_has_customers_is_asked_for(self):
        admin = self._create_user(
            "admin", "base.group_erp_manager,sales_team.group_sale_manager"
        )
        action = self.seller.with_user(admin).action_archive()
        self.assertEqual(action["res_model"], "crm.entity.reassign")
        self.assertFalse(self.task.user_id)  # the team's, so that it is not lost
        left = [("user_id.active", "=", False)]
        found = self.env["res.partner"].with_user(self.other_seller).search(left)
        self.assertEqual(found, self.entities)
        form = self._form(admin, **action["context"])
        self.assertEqual(form.action_count, 2)
        form.user_id = self.other_seller
        form.save().action_reassign()
        self.assertEqual(self.entities.user_id, self.other_seller)
        self.assertEqual((self.task | self.visit_task).user_id, self.other_seller)
        self.assertFalse(self.env["res.partner"].search(left) & self.entities)

    def test_who_leaves_without_customers_is_archived_as_ever(self):
        admin = self._create_user(
            "admin", "base.group_erp_manager,sales_team.group_sale_manager"
        )
        result = self.third_seller.with_user(admin).action_archive()
        self.assertFalse(isinstance(result, dict))
        self.assertFalse(self.third_seller.active)

    # === WHO MAY === #

    def test_salespeople_cannot_hand_over(self):
        form = self._form(self.seller)
        self.assertEqual((form.entity_count, form.action_count), (0, 0))
        form.user_id = self.other_seller
        wizard = form.save()
        with self.assertRaises(AccessError):
            wizard.action_reassign()
        self.assertEqual(self.entities.user_id, self.seller)

    def test_leader_hands_over_within_the_team(self):
        elsewhere = self._create_lead(self.entities[2], team_id=self.foreign_team.id)
        self._hand_over(user=self.leader)
        self.assertEqual(self.entities.user_id, self.other_seller)
        self.assertEqual(self.lead.user_id, self.other_seller)
        self.assertEqual(elsewhere.user_id, self.seller)

    def test_leader_cannot_hand_over_to_or_from_others(self):
        stranger = self._create_user("stranger", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            self._hand_over(stranger, self.leader)
        context = {"active_model": "res.users", "active_ids": stranger.ids}
        form = self._form(self.leader, **context)
        form.user_id = self.other_seller
        with self.assertRaises(AccessError):
            form.save().action_reassign()

    def test_leader_hands_over_what_who_left_the_team_had(self):
        self.seller.action_archive()
        self.assertNotIn(self.seller, self.team.member_ids)
        self._hand_over(user=self.leader)
        self.assertEqual(self.entities.user_id, self.other_seller)
        self.assertEqual(self.lead.user_id, self.other_seller)

    def test_leader_takes_nothing_from_who_went_to_another_team(self):
        self.team.member_ids -= self.seller
        self.foreign_team.member_ids = self.seller
        with self.assertRaises(AccessError):
            self._hand_over(user=self.leader)

    def test_leader_cannot_count_what_others_have(self):
        stranger = self._create_user("stranger", "sales_team.group_sale_salesman")
        self._create_partner("Theirs", user_id=stranger.id)
        context = {"active_model": "res.users", "active_ids": stranger.ids}
        self.assertEqual(self._form(self.leader, **context).entity_count, 0)
        self.assertEqual(self._form(self.leader).entity_count, 4)

    def test_nobody_reads_the_dialog_of_another(self):
        form = self._form()
        form.user_id = self.other_seller
        wizard = form.save().with_user(self.leader)
        wizard.invalidate_recordset()
        with self.assertRaises(AccessError):
            wizard.read(["entity_count"])

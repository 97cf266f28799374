from psycopg2.errors import ForeignKeyViolation, UniqueViolation

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import TeamCase


@tagged("post_install", "-at_install")
class TestCrmEntityRole(TeamCase):
    """Who is what for an entity: tasks find them, and they are never lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.instructor = cls.env.ref("crm_playbook.role_instructor")
        cls.contact_role = cls.env.ref("crm_playbook.role_contact_person")
        cls.trainer = cls._create_user("trainer", "sales_team.group_sale_salesman")
        cls.team.member_ids |= cls.trainer
        cls.company = cls._create_partner("Club", is_company=True)
        cls.member = cls._create_partner("Member", parent_id=cls.company.id)

    @classmethod
    def _hold(cls, partner, user, role=None):
        return cls.env["crm.entity.role.holder"].create(
            {
                "partner_id": partner.id,
                "role_id": (role or cls.instructor).id,
                "user_id": user.id,
            }
        )

    # === TASKS === #

    def _asked_of(self, partner):
        """Who has the task that a rule gives to the instructor."""
        self.env["crm.playbook.rule"].search([]).active = False
        self._create_rule(
            self.interested,
            playbook_id=False,
            task_type_id=self.visit.id,
            assignee="entity_role",
            assignee_role_id=self.instructor.id,
        )
        self.env["crm.action"].with_user(self.other_seller).register(
            {
                "action_type_id": self.call.id,
                "outcome_id": self.interested.id,
                "partner_id": partner.id,
            }
        )
        return self._planned(partner).user_id

    def test_task_goes_to_who_has_the_role(self):
        self._hold(self.member, self.trainer)
        self._hold(self.member, self.manager, self.contact_role)
        self.assertEqual(self._asked_of(self.member), self.trainer)

    def test_holder_of_the_company_is_its_contacts(self):
        self._hold(self.company, self.trainer)
        self.assertEqual(self._asked_of(self.member), self.trainer)

    def test_own_holder_comes_before_the_companys(self):
        self._hold(self.company, self.manager)
        self._hold(self.member, self.trainer)
        self.assertEqual(self._asked_of(self.member), self.trainer)

    def test_where_nobody_has_it_the_salesperson_does_it(self):
        self._hold(self.partner, self.trainer)
        self.assertEqual(self._asked_of(self.member), self.seller)

    def test_who_has_left_gets_no_task(self):
        self._hold(self.member, self.trainer)
        self.trainer.active = False
        self.assertEqual(self._asked_of(self.member), self.seller)

    def test_of_an_entity_without_salesperson_the_opportunitys_does_it(self):
        self.partner.user_id = False
        self.first.write(
            {"assignee": "entity_role", "assignee_role_id": self.instructor.id}
        )
        lead = self._start()
        self.assertEqual(self._planned(lead).user_id, self.seller)

    def test_stage_gives_its_task_to_who_has_the_role(self):
        self._hold(self.partner, self.trainer)
        self.first.write(
            {"assignee": "entity_role", "assignee_role_id": self.instructor.id}
        )
        lead = self._start()
        self.assertEqual(self._planned(lead).user_id, self.trainer)

    def test_role_must_be_named(self):
        with self.assertRaisesRegex(ValidationError, "role"):
            self._create_rule(self.interested, assignee="entity_role")

    def test_rule_says_whose_task_it_is(self):
        rule = self._create_rule(
            self.interested,
            task_type_id=self.visit.id,
            assignee="entity_role",
            assignee_role_id=self.instructor.id,
        )
        self.assertIn("for the entity's Instructor", rule.sentence)

    # === ON THE ENTITY === #

    def test_salesperson_says_who_it_is_on_the_form(self):
        with Form(self.member.with_user(self.seller)) as form:
            with form.role_holder_ids.new() as line:
                line.role_id = self.instructor
                line.user_id = self.trainer
        self.assertEqual(self.member.role_holder_ids.user_id, self.trainer)

    def test_a_role_has_one_holder(self):
        self._hold(self.member, self.trainer)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self._hold(self.member, self.seller)

    def test_used_role_is_kept(self):
        self._hold(self.member, self.trainer)
        with self.assertRaises(ForeignKeyViolation), mute_logger("odoo.sql_db"):
            self.instructor.unlink()

    def test_entities_are_found_by_who_has_a_role(self):
        self._hold(self.company, self.trainer)
        partners = self.env["res.partner"].with_user(self.seller)
        among = [("id", "in", (self.company | self.member | self.partner).ids)]
        held = [("role_user_ids", "in", self.trainer.ids), *among]
        self.assertEqual(partners.search(held), self.company | self.member)
        nobodys = [("role_user_ids", "=", False), *among]
        self.assertEqual(partners.search(nobodys), self.partner)
        by_name = [("role_user_ids", "ilike", self.trainer.name), *among]
        self.assertEqual(partners.search(by_name), self.company | self.member)
        self._hold(self.member, self.manager)
        self.assertEqual(partners.search(held), self.company)
        for partner in self.company | self.member | self.partner:
            as_told = partner.with_user(self.seller).role_user_ids
            self.assertEqual(self.trainer in as_told, partner in partners.search(held))

    def test_role_is_a_condition_of_segments(self):
        self._hold(self.company, self.trainer)
        self._hold(self.partner, self.trainer, self.contact_role)
        segment = self.env["crm.segment"].create(
            {
                "name": "Of the trainer",
                "domain": f"[('role_holder_ids', 'any', [('role_id', '=', "
                f"{self.instructor.id}), ('user_id', '=', {self.trainer.id})])]",
            }
        )
        self.assertEqual(segment.with_user(self.seller)._partners(), self.company)

    def test_360_view_tells_them_to_who_sells(self):
        self._hold(self.company, self.trainer)
        told = [{"name": "Instructor", "user": self.trainer.name}]
        overview = self.company.with_user(self.seller).get_overview()
        self.assertEqual(overview["entity"]["roles"], told)
        employee = self._create_user("employee", "base.group_user")
        overview = self.company.with_user(employee).get_overview()
        self.assertEqual(overview["entity"]["roles"], [])

    # === RIGHTS === #

    def test_seller_reads_but_does_not_shape_roles(self):
        as_seller = self.instructor.with_user(self.seller)
        as_seller.check_access("read")
        for operation in ("write", "create", "unlink"):
            with self.assertRaises(AccessError):
                as_seller.check_access(operation)
        self.instructor.with_user(self.manager).check_access("write")

    def test_only_who_sells_reads_holders(self):
        holder = self._hold(self.member, self.trainer)
        employee = self._create_user("employee", "base.group_user")
        with self.assertRaises(AccessError):
            holder.with_user(employee).check_access("read")
        with self.assertRaises(AccessError):
            self.env["res.partner"].with_user(employee).search(
                [("role_user_ids", "in", self.trainer.ids)]
            )

    def test_who_may_not_edit_the_entity_does_not_say_who_it_is(self):
        """Here: customers of the manager are for everybody to read alone."""
        self.env["ir.rule"].create(
            {
                "name": "Entities of the manager",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('user_id', '!=', {self.manager.id})]",
                "perm_read": False,
                "perm_create": False,
                "perm_unlink": False,
            }
        )
        protected = self._hold(self.partner, self.trainer).with_user(self.seller)
        own = self._hold(self.member, self.trainer).with_user(self.seller)
        self.partner.user_id = self.manager
        self.assertEqual(protected.user_id, self.trainer)
        with self.assertRaisesRegex(AccessError, "may not edit"):
            protected.user_id = self.seller
        with self.assertRaises(AccessError):
            protected.unlink()
        with self.assertRaises(AccessError):
            own.partner_id = self.partner
        with self.assertRaises(AccessError):
            protected.create(
                {
                    "partner_id": self.partner.id,
                    "role_id": self.contact_role.id,
                    "user_id": self.seller.id,
                }
            )
        own.user_id = self.seller
        own.unlink()

    def test_holders_of_another_company_are_hidden(self):
        company = self.env["res.company"].create({"name": "Another company"})
        holder = self._hold(self.partner, self.trainer).with_user(self.manager)
        self.partner.company_id = company
        self.assertFalse(holder.search([("id", "=", holder.id)]))

    # === HANDING OVER AND MERGING === #

    def _hand_over(self, user=None, **values):
        wizard = self.env["crm.entity.reassign"].with_user(user or self.manager)
        wizard.create(
            {
                "from_user_ids": [Command.set(self.trainer.ids)],
                "user_id": self.other_seller.id,
                **values,
            }
        ).action_reassign()

    def test_roles_are_handed_over(self):
        holder = self._hold(self.member, self.trainer)
        other = self._hold(self.partner, self.manager)
        self._hand_over()
        self.assertEqual(holder.user_id, self.other_seller)
        self.assertEqual(other.user_id, self.manager)
        line = self.env["crm.transition"].search(
            [("partner_id", "=", self.member.id), ("trigger", "=", "handed_over")]
        )
        self.assertEqual(
            line.effects,
            f"Instructor: from {self.trainer.name} to {self.other_seller.name}",
        )

    def test_roles_stay_where_they_are_not_ticked(self):
        holder = self._hold(self.member, self.trainer)
        self._hand_over(with_roles=False)
        self.assertEqual(holder.user_id, self.trainer)

    def test_leader_hands_over_roles_of_the_team(self):
        holder = self._hold(self.member, self.trainer)
        self._hand_over(self.leader)
        self.assertEqual(holder.user_id, self.other_seller)
        foreigner = self._create_user("foreign", "sales_team.group_sale_salesman")
        foreign = self._hold(self.partner, foreigner)
        with self.assertRaises(AccessError):
            self._hand_over(self.leader, from_user_ids=[Command.set(foreigner.ids)])
        self.assertEqual(foreign.user_id, foreigner)

    def test_who_leaves_and_has_a_role_is_asked_to_whom_it_goes(self):
        self._hold(self.member, self.trainer)
        manager = self._create_user(
            "admin", "sales_team.group_sale_manager,base.group_erp_manager"
        )
        action = self.trainer.with_user(manager).action_archive()
        self.assertEqual(action["res_model"], "crm.entity.reassign")

    def test_merged_entity_keeps_its_holders_and_gets_the_others(self):
        double = self._create_partner("Member Again")
        kept = self._hold(self.member, self.trainer)
        lost = self._hold(double, self.manager)
        moved = self._hold(double, self.seller, self.contact_role)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.member | double).ids, self.member
        )
        self.assertFalse(lost.exists())
        self.assertEqual(self.member.role_holder_ids, kept | moved)
        self.assertEqual((kept.user_id, moved.user_id), (self.trainer, self.seller))

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import TeamCase


@tagged("post_install", "-at_install")
class TestAccess(TeamCase):
    """Each test fails when the rule it is about is removed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee = cls._create_user("employee", "base.group_user")
        cls.own = cls._create_action(cls.seller)
        cls.colleagues = cls._create_action(cls.other_seller)
        cls.nobodys = cls._create_action(cls.env["res.users"])
        cls.of_another_team = cls._create_action(
            cls.env["res.users"], team_id=cls.foreign_team.id
        )
        cls.all_actions = cls.own | cls.colleagues | cls.nobodys | cls.of_another_team

    @classmethod
    def _create_action(cls, user, **values):
        return cls.env["crm.action"].create(
            {
                "partner_id": cls.partner.id,
                "action_type_id": cls.call.id,
                "user_id": user.id,
                "team_id": cls.team.id,
                **values,
            }
        )

    def _seen_by(self, user, records=None):
        records = self.all_actions if records is None else records
        return records.with_user(user).search([("id", "in", records.ids)])

    # === ACTIONS === #

    def test_seller_sees_own_actions_and_those_of_the_team_that_nobody_has(self):
        self.assertEqual(self._seen_by(self.seller), self.own | self.nobodys)

    def test_seller_sees_all_actions_of_own_opportunities(self):
        lead = self._create_lead()
        action = self._create_action(self.other_seller, lead_id=lead.id)
        self.assertEqual(self._seen_by(self.seller, action), action)

    def test_seller_cannot_end_the_action_of_a_colleague(self):
        with self.assertRaises(AccessError):
            self.colleagues.with_user(self.seller).done(self.interested.id)

    def test_leader_sees_the_actions_of_the_team(self):
        self.assertEqual(
            self._seen_by(self.leader), self.own | self.colleagues | self.nobodys
        )

    def test_all_documents_sees_all_actions(self):
        self.assertEqual(self._seen_by(self.all_documents), self.all_actions)

    def test_employee_without_sales_rights_sees_no_action(self):
        with self.assertRaises(AccessError):
            self._seen_by(self.employee)

    def test_seller_does_not_delete_actions(self):
        with self.assertRaises(AccessError):
            self.own.with_user(self.seller).unlink()

    def test_actions_of_another_company_are_hidden_even_from_managers(self):
        company = self.env["res.company"].create({"name": "Another company"})
        foreign = self._create_action(self.manager, company_id=company.id)
        self.assertFalse(self._seen_by(self.manager, foreign))

    # === LEDGER === #

    def test_seller_sees_the_ledger_of_own_opportunities_only(self):
        own = self._start()
        foreign = self._create_lead(user_id=self.other_seller.id)
        foreign.with_user(self.other_seller).start_playbook(self.playbook.id)
        lines = (own | foreign).sudo().transition_ids
        self.assertEqual(self._seen_by(self.seller, lines).lead_id, own)
        self.assertEqual(self._seen_by(self.leader, lines), lines)
        self.assertEqual(self._seen_by(self.all_documents, lines), lines)

    def test_ledger_of_another_company_is_hidden(self):
        company = self.env["res.company"].create({"name": "Another company"})
        lines = self._start().sudo().transition_ids
        self.env.cr.execute(
            "UPDATE crm_transition SET company_id = %s WHERE id = ANY(%s)",
            [company.id, lines.ids],
        )
        self.env.invalidate_all()
        self.assertFalse(self._seen_by(self.manager, lines))

    def test_nobody_writes_the_ledger(self):
        line = self._start().sudo().transition_ids[0]
        for user in (self.seller, self.manager):
            with self.assertRaises(UserError):
                line.with_user(user).write({"points": 100})
            with self.assertRaises(UserError):
                line.with_user(user).unlink()

    # === CONFIGURATION === #

    def test_seller_reads_but_does_not_shape_the_playbooks(self):
        rule = self._create_rule(self.interested)
        campaign = self._create_campaign(self.partner)
        for record in (
            self.playbook,
            self.first,
            rule,
            self.call,
            self.interested,
            self.status,
            campaign,
            campaign.segment_id,
        ):
            with self.subTest(model=record._name):
                as_seller = record.with_user(self.seller)
                as_seller.check_access("read")
                for operation in ("write", "create", "unlink"):
                    with self.assertRaises(AccessError):
                        as_seller.check_access(operation)
                record.with_user(self.manager).check_access("write")
                record.with_user(self.manager).check_access("unlink")

    def test_employee_without_sales_rights_reads_statuses_only(self):
        self.status.with_user(self.employee).check_access("read")
        for record in (self.playbook, self.first, self.call, self.interested):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.employee).check_access("read")

    def test_configuration_of_another_company_is_hidden(self):
        company = self.env["res.company"].create({"name": "Another company"})
        campaign = self._create_campaign(self.partner)
        rule = self._create_rule(self.interested)
        self.playbook.company_id = company
        campaign.segment_id.company_id = company
        campaign.company_id = company
        for record in (self.playbook, self.first, rule, campaign, campaign.segment_id):
            with self.subTest(model=record._name):
                self.assertFalse(self._seen_by(self.manager, record))

    def test_seller_does_not_launch(self):
        campaign = self._create_campaign(self.partner)
        for method in ("action_launch", "action_pause", "action_close", "generate"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(campaign.with_user(self.seller), method)()

    def test_seller_does_not_move_the_opportunity_of_a_colleague(self):
        foreign = self._create_lead(user_id=self.other_seller.id)
        with self.assertRaises(AccessError):
            foreign.with_user(self.seller).start_playbook(self.playbook.id)

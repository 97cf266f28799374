from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmPlaybookStageRequired(PlaybookCase):
    """What a stage requires is done before the opportunity goes on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second.required_type_ids = cls.visit
        cls.team.playbook_id = cls.playbook

    def setUp(self):
        super().setUp()
        self.lead = self._create_lead().with_user(self.seller)
        self.lead.go_to_stage(self.second.id)

    def _visit(self, outcome=None):
        return self.env["crm.action"].browse(
            self.env["crm.action"]
            .with_user(self.seller)
            .register(
                {
                    "partner_id": self.partner.id,
                    "lead_id": self.lead.id,
                    "action_type_id": self.visit.id,
                    "outcome_id": (outcome or self.interested).id,
                }
            )
        )

    def test_what_is_missing_is_told_and_nothing_changes(self):
        self.assertEqual(self.lead.missing_type_ids, self.visit)
        with self.assertRaisesRegex(UserError, "has to be done: Test visit"):
            self.lead.go_to_stage(self.third.id)
        self.assertEqual(self.lead.playbook_stage_id, self.second)
        self.assertEqual(self._planned(self.lead).playbook_stage_id, self.second)

    def test_what_was_done_lets_it_go_on(self):
        self._visit()
        self.assertFalse(self.lead.missing_type_ids)
        self.lead.go_to_stage(self.third.id)
        self.assertEqual(self.lead.playbook_stage_id, self.third)

    def test_it_is_not_won_before(self):
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.lead.action_set_won()
        won = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.lead.stage_id = won
        self.env.invalidate_all()
        self._visit()
        self.lead.action_set_won()
        self.assertEqual(self.lead.won_status, "won")

    def test_going_back_and_losing_are_not_held_up(self):
        self.lead.go_to_stage(self.first.id)
        self.assertEqual(self.lead.playbook_stage_id, self.first)
        self.lead.go_to_stage(self.second.id)
        self.lead.action_set_lost()
        self.assertEqual(self.lead.won_status, "lost")

    def test_another_stay_requires_it_anew(self):
        self._visit()
        self.lead.go_to_stage(self.first.id)
        self.lead.go_to_stage(self.second.id)
        self.assertEqual(self.lead.missing_type_ids, self.visit)

    def test_a_corrected_visit_to_something_else_does_not_count(self):
        self._visit().with_user(self.seller).correct(self.declined.id)
        self.assertFalse(self.lead.missing_type_ids, "the correcting one is a visit")

    def test_rules_are_not_held_up(self):
        self._create_rule(self.interested, move="next")
        self._do(self.lead, self.interested)
        self.assertEqual(self.lead.playbook_stage_id, self.third)

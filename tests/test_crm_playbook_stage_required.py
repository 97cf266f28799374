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

    def test_stage_that_closes_as_lost_is_open_to_all_as_won_to_some(self):
        closing = {"sequence": 9, "task_type_id": False}
        won = self._create_stage("Signed", closes_as="won", **closing)
        lost = self._create_stage("Declined", closes_as="lost", **closing)
        with self.assertRaisesRegex(UserError, "has to be done: Test visit"):
            self.lead.go_to_stage(won.id)
        self.assertEqual(self.lead.won_status, "pending")
        self.lead.go_to_stage(lost.id)
        self.assertEqual(self.lead.won_status, "lost")
        self.assertFalse(self.lead.missing_type_ids, "nothing is to be done any more")

    def test_of_several_all_stay_where_one_lacks_something(self):
        self._visit()
        other = self._create_lead().with_user(self.seller)
        other.go_to_stage(self.second.id)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            (self.lead | other).go_to_stage(self.third.id)
        self.env.invalidate_all()
        self.assertEqual((self.lead | other).playbook_stage_id, self.second)

    def test_each_type_is_asked_for_and_only_done_ones_count(self):
        self.second.required_type_ids = self.visit | self.call
        self._visit()
        self.assertEqual(self.lead.missing_type_ids, self.call, "it is only planned")
        self._do(self.lead, self.interested)
        self.lead.invalidate_recordset(["missing_type_ids"])
        self.assertFalse(self.lead.missing_type_ids)

    def test_another_stay_requires_it_anew(self):
        self._visit()
        self.lead.go_to_stage(self.first.id)
        self.lead.go_to_stage(self.second.id)
        self.assertEqual(self.lead.missing_type_ids, self.visit)

    def test_a_visit_whose_outcome_was_corrected_counts(self):
        self._visit().with_user(self.seller).correct(self.declined.id)
        self.assertFalse(self.lead.missing_type_ids, "the correcting one is a visit")

    def test_rules_are_not_held_up(self):
        self._create_rule(self.interested, move="next")
        self._do(self.lead, self.interested)
        self.assertEqual(self.lead.playbook_stage_id, self.third)

    def test_rule_wins_whatever_is_missing(self):
        self._create_rule(self.interested, move="won")
        self._do(self.lead, self.interested)
        self.assertEqual(self.lead.won_status, "won")

    def test_rule_that_answers_what_was_missing_moves_on(self):
        self._create_rule(self.interested, action_type_id=self.visit.id, move="next")
        self._visit()
        self.assertEqual(self.lead.playbook_stage_id, self.third)

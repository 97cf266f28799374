from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import MessageCase


@tagged("post_install", "-at_install")
class TestCrmActionDoubt(MessageCase):
    """A person decides of a message that may or may not have arrived."""

    def setUp(self):
        super().setUp()
        self.lead = self._start_automatic()
        self.action = self.lead.action_ids.with_user(self.seller)
        self.mail = self._put_in_doubt(self.lead)
        self.trace = self.mail._traces()

    # === WHAT IS IN DOUBT === #

    def test_action_is_in_doubt_from_the_handing_over_on(self):
        self.assertTrue(self.action.is_in_doubt)
        self.assertEqual(self.action.in_doubt_since, self.trace.write_date)

    def test_actions_in_doubt_are_found(self):
        certain = self._start_automatic().action_ids
        actions = self.env["crm.action"].with_user(self.seller)
        own = [("partner_id", "=", self.partner.id)]
        found = actions.search([*own, ("is_in_doubt", "=", True)])
        self.assertEqual(found, self.action)
        others = actions.search([*own, ("is_in_doubt", "=", False)])
        self.assertEqual(others.ids, certain.ids)

    def test_many_actions_are_asked_at_once(self):
        actions = self.action
        for _number in range(5):
            actions |= self._start_automatic().action_ids.with_user(self.seller)
        self.env.flush_all()
        counts = []
        for some in (actions[:2], actions):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.mapped("is_in_doubt")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_doubt_is_no_bounce(self):
        self.assertNotIn("mail_bounced", self.lead.transition_ids.mapped("trigger"))

    def test_doubt_ends_when_something_comes_back(self):
        self.trace.set_opened()
        self.assertFalse(self.action.is_in_doubt)
        self.assertIn("mail_opened", self.lead.transition_ids.mapped("trigger"))

    def test_doubt_of_an_sms_ends_with_the_report_of_the_provider(self):
        self.first.task_type_id = self.sms
        lead = self._start_automatic()
        sms = self._put_in_doubt(lead)
        self.assertTrue(lead.action_ids.is_in_doubt)
        sms.sms_tracker_id._action_update_from_sms_state("sent")
        self.assertFalse(lead.action_ids.is_in_doubt)

    def test_campaign_counts_its_messages_in_doubt(self):
        partners = self._create_partner("Bea Costa") | self._create_partner("Ciro Doc")
        campaign = self._create_campaign(partners)
        campaign.action_launch()
        self._run_cron("ir_cron_run_due_actions")
        self.assertEqual(campaign.in_doubt_count, 0)
        self._put_in_doubt(campaign.lead_ids[0].sudo())
        campaign.invalidate_recordset()
        self.assertEqual(campaign.with_user(self.manager).in_doubt_count, 1)

    # === IT WAS SENT === #

    def test_what_a_person_confirms_counts_as_sent(self):
        self.action.confirm_sent()
        self.assertFalse(self.action.is_in_doubt)
        self.assertEqual(self.trace.trace_status, "sent")
        self.assertTrue(self.trace.sent_datetime)
        self.assertFalse(self.mail.exists(), "Odoo deletes what was sent")
        self._check_decided_by(self.seller, "confirmed_sent")

    def test_mail_that_is_kept_is_sent(self):
        self.mail.auto_delete = False
        self.action.confirm_sent()
        self.assertEqual((self.mail.state, self.mail.failure_type), ("sent", False))

    def test_confirmed_sms_counts_as_sent(self):
        self.first.task_type_id = self.sms
        lead = self._start_automatic()
        sms = self._put_in_doubt(lead)
        lead.action_ids.with_user(self.seller).confirm_sent()
        self.assertEqual(lead.action_ids.message_status, "pending")
        self.assertEqual((sms.state, sms.to_delete), ("pending", True))

    def test_what_was_deleted_can_still_be_confirmed(self):
        self.mail.unlink()
        self.action.confirm_sent()
        self.assertEqual(self.trace.trace_status, "sent")

    # === SEND AGAIN === #

    def test_the_same_mail_goes_back_into_the_queue(self):
        self.action.send_again()
        self.assertFalse(self.action.is_in_doubt)
        self.assertEqual((self.mail.state, self.mail.failure_type), ("outgoing", False))
        self.assertEqual(self.trace.trace_status, "outgoing")
        self._check_decided_by(self.seller, "sent_again")

    def test_the_same_sms_goes_back_into_the_queue(self):
        self.first.task_type_id = self.sms
        lead = self._start_automatic()
        sms = self._put_in_doubt(lead)
        lead.action_ids.with_user(self.seller).send_again()
        self.assertEqual((sms.state, sms.failure_type), ("outgoing", False))
        self.assertEqual(lead.action_ids.message_status, "outgoing")

    def test_what_was_deleted_is_not_sent_again(self):
        self.mail.unlink()
        with self.assertRaises(UserError):
            self.action.send_again()
        self.assertTrue(self.action.is_in_doubt)

    # === MANY AT ONCE, AND WHO MAY === #

    def test_many_are_decided_at_once_and_the_rest_is_left_alone(self):
        second = self._start_automatic()
        self._put_in_doubt(second)
        certain = self._start_automatic()
        actions = (self.lead | second | certain).action_ids.with_user(self.seller)
        actions.send_again()
        self.assertEqual(set(actions.mapped("is_in_doubt")), {False})
        decided = actions.answer_ids.filtered(lambda line: line.trigger == "sent_again")
        self.assertEqual(decided.action_id, (self.lead | second).action_ids)

    def test_where_nothing_is_in_doubt_nothing_is_decided(self):
        self.action.confirm_sent()
        for decide in (self.action.confirm_sent, self.action.send_again):
            with self.assertRaises(UserError):
                decide()

    def test_only_who_may_change_the_action_decides(self):
        strangers = self.action.with_user(self.other_seller)
        for decide in (strangers.confirm_sent, strangers.send_again):
            with self.assertRaises(AccessError):
                decide()
        self.assertTrue(self.action.is_in_doubt)

    def test_leader_of_the_team_decides(self):
        self.team.user_id = self.other_seller
        self.action.with_user(self.other_seller).send_again()
        self._check_decided_by(self.other_seller, "sent_again")

    def test_manager_decides(self):
        self.action.with_user(self.manager).send_again()
        self._check_decided_by(self.manager, "sent_again")

    def _check_decided_by(self, user, trigger):
        line = self.action.sudo().answer_ids[0]
        self.assertEqual((line.trigger, line.user_id), (trigger, user))
        self.assertEqual(line.lead_id, self.lead)

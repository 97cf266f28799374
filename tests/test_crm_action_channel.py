from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import MONDAY, MessageCase


@tagged("post_install", "-at_install")
class TestCrmActionChannel(MessageCase):
    """Automatic tasks and the events that their messages bring back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey = cls.env["survey.survey"].create(
            {
                "title": "Satisfied?",
                "access_mode": "token",
                "scoring_type": "scoring_without_answers",
                "question_and_page_ids": [
                    (
                        0,
                        0,
                        {
                            "title": "Are you?",
                            "question_type": "simple_choice",
                            "suggested_answer_ids": [
                                (
                                    0,
                                    0,
                                    {
                                        "value": "Yes",
                                        "answer_score": 10,
                                        "is_correct": True,
                                    },
                                ),
                                (0, 0, {"value": "No", "answer_score": 0}),
                            ],
                        },
                    )
                ],
            }
        )
        cls.invitation = cls._create_type(
            "Test survey",
            cls.sent,
            channel="survey",
            sent_outcome_id=cls.sent.id,
            survey_id=cls.survey.id,
        )

    # === E-MAIL === #

    def test_due_email_is_queued_traced_and_done(self):
        lead = self._start_automatic()
        action = lead.action_ids
        self.assertEqual((action.state, action.outcome_id), ("done", self.sent))
        self.assertEqual(action.cost, 0.1)
        trace = action.mailing_trace_ids
        self.assertEqual(trace.email, "ada.bianchi@test.example")
        mail = trace.mail_mail_id
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.subject, "For Ada Bianchi")
        self.assertEqual(mail.recipient_ids, self.partner)
        self.assertIn("/r/", mail.body_html)
        self.assertNotIn("shop.test.example", mail.body_html)
        self.assertEqual(trace.message_id, mail.message_id)

    def test_mails_of_a_stage_are_counted_in_one_mailing_of_the_campaign(self):
        partners = self.partner | self._create_partner("Bea Costa")
        campaign = self._create_campaign(partners)
        campaign.action_launch()
        mails = self.env["mail.mail"].search([])
        self._run_cron("ir_cron_run_due_actions")
        mailing = campaign.action_ids.mailing_trace_ids.mass_mailing_id
        self.assertEqual(len(mailing), 1)
        queued = self.env["mail.mail"].search([]) - mails
        self.assertEqual(
            queued.recipient_ids, partners, "and nobody else is written to"
        )
        self.assertEqual(mailing.campaign_id, campaign.utm_campaign_id)
        self.assertEqual(len(mailing.mailing_trace_ids), 2)

    def test_email_is_not_sent_before_its_time(self):
        self.first.task_delay_days = 3
        with self._at(MONDAY):
            lead = self._start_automatic()
            self.assertEqual(lead.action_ids.state, "planned")
        with self._at(MONDAY + timedelta(days=3, minutes=1)):
            self._run_cron("ir_cron_run_due_actions")
        self.assertEqual(lead.action_ids.state, "done")

    def test_paused_campaign_sends_nothing_until_it_is_resumed(self):
        campaign = self._create_campaign(self.partner)
        campaign.action_launch()
        campaign.action_pause()
        self._run_cron("ir_cron_run_due_actions")
        self.assertEqual(campaign.action_ids.state, "planned")
        campaign.action_resume()
        self._run_cron("ir_cron_run_due_actions")
        self.assertEqual(campaign.action_ids.state, "done")

    def test_sent_moves_on_by_its_rule(self):
        self._create_rule(self.sent, move="next")
        lead = self._start_automatic()
        self.assertEqual(lead.playbook_stage_id, self.second)

    def test_each_wrong_address_fails_with_its_reason_and_the_rule_for_it(self):
        self._create_rule(
            trigger="mail_bounced", move="stage", target_stage_id=self.third.id
        )
        blacklisted = self._create_partner("Quiet Person")
        self.env["mail.blacklist"]._add(blacklisted.email)
        cases = {
            "no_address": self._create_partner("No Mail", email=False),
            "bad_address": self._create_partner("Bad Mail", email="not an address"),
            "blacklisted": blacklisted,
        }
        for failure, partner in cases.items():
            with self.subTest(failure=failure):
                lead = self._start_automatic(partner)
                failed = lead.action_ids.filtered(
                    lambda a: a.action_type_id == self.email
                )
                self.assertEqual((failed.state, failed.failure), ("failed", failure))
                self.assertTrue(failed.failure_reason)
                self.assertEqual(lead.playbook_stage_id, self.third)

    def test_template_that_raises_sets_aside_its_task_and_the_rest_goes_on(self):
        broken = self.mail_template.copy(
            {"body_html": "<p><t t-out='object.partner_id.no_such_field'/></p>"}
        )
        broken_stage = self._create_stage(
            "Broken", task_type_id=self.email.id, mail_template_id=broken.id
        )
        unlucky = self._start()
        unlucky.go_to_stage(broken_stage.id)
        lucky = self._start()
        with mute_logger("odoo.addons.crm_playbook.models.crm_action_scheduler"):
            self._run_cron("ir_cron_run_due_actions")
        failed = unlucky.action_ids.filtered(
            lambda a: a.playbook_stage_id == broken_stage
        )
        self.assertEqual((failed.state, failed.failure), ("failed", "error"))
        self.assertIn("no_such_field", failed.failure_reason)
        self.assertEqual(lucky.action_ids.state, "done")

    def test_what_the_recipient_does_is_answered_once(self):
        reactions = {
            "mail_opened": "set_opened",
            "mail_clicked": "set_clicked",
            "mail_replied": "set_replied",
            "mail_bounced": "set_bounced",
        }
        for trigger, method in reactions.items():
            with self.subTest(trigger=trigger):
                rule = self._create_rule(trigger=trigger, points=1)
                lead = self._start_automatic()
                for _time in range(2):
                    getattr(lead.action_ids.mailing_trace_ids, method)()
                lines = lead.transition_ids.filtered(
                    lambda line, trigger=trigger: line.trigger == trigger
                )
                self.assertEqual(lines.rule_id, rule)
                self.assertEqual(len(lines), 1)

    def test_fault_of_the_own_mail_server_is_no_bounce(self):
        lead = self._start_automatic()
        lead.action_ids.mailing_trace_ids.set_failed(failure_type="mail_smtp")
        self.assertNotIn("mail_bounced", lead.transition_ids.mapped("trigger"))

    def test_reply_to_the_mail_comes_in_through_odoos_gateway(self):
        self._create_rule(trigger="mail_replied", move="next")
        lead = self._start_automatic()
        mail = lead.action_ids.mailing_trace_ids.mail_mail_id
        self.env["mail.thread"].message_process(
            "crm.lead",
            "From: ada.bianchi@test.example\nTo: sales@test.example\n"
            f"Message-Id: <answer@test.example>\nIn-Reply-To: {mail.message_id}\n"
            "Subject: Re: For Ada Bianchi\n\nTell me more",
        )
        self.assertEqual(lead.playbook_stage_id, self.second)

    # === SMS === #

    def test_due_sms_is_queued_traced_and_done(self):
        self.first.task_type_id = self.sms
        lead = self._start_automatic()
        action = lead.action_ids
        self.assertEqual((action.state, action.outcome_id), ("done", self.sent))
        sms = self.env["sms.sms"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual((sms.number, sms.state), ("+34612345678", "outgoing"))
        self.assertEqual(sms.body, "Hi Ada Bianchi")
        self.assertEqual(action.mailing_trace_ids.trace_type, "sms")

    def test_each_wrong_number_fails_with_its_reason_and_the_rule_for_it(self):
        self.first.task_type_id = self.sms
        self._create_rule(
            trigger="sms_failed", move="stage", target_stage_id=self.third.id
        )
        quiet = self._create_partner("Quiet Person", phone="+34 612 34 56 79")
        quiet._phone_set_blacklisted()
        cases = {
            "no_number": self._create_partner("No Phone"),
            "bad_number": self._create_partner("Bad Phone", phone="12"),
            "blacklisted": quiet,
        }
        for failure, partner in cases.items():
            with self.subTest(failure=failure):
                lead = self._start_automatic(partner)
                failed = lead.action_ids.filtered(
                    lambda a: a.action_type_id == self.sms
                )
                self.assertEqual((failed.state, failed.failure), ("failed", failure))
                self.assertEqual(lead.playbook_stage_id, self.third)

    def test_sms_that_the_provider_cannot_deliver_is_answered(self):
        self.first.task_type_id = self.sms
        self._create_rule(trigger="sms_failed", move="next")
        lead = self._start_automatic()
        sms = self.env["sms.sms"].search([("partner_id", "=", self.partner.id)])
        sms._update_sms_state_and_trackers("error", failure_type="sms_number_format")
        self.assertEqual(lead.playbook_stage_id, self.second)

    # === SURVEY === #

    def test_survey_invitation_goes_out_with_a_token_of_its_own(self):
        lead = self._start_survey()
        action = lead.action_ids
        self.assertEqual(action.state, "done")
        answer = action.survey_answer_id
        self.assertEqual(answer.partner_id, self.partner)
        mail = action.mailing_trace_ids.mail_mail_id
        self.assertEqual(mail.recipient_ids, self.partner)
        self.assertEqual(answer.state, "new")

    def test_answered_survey_is_answered_by_the_rule_of_its_score(self):
        low = self._create_rule(trigger="survey_done", score_max=50, points=1)
        high = self._create_rule(trigger="survey_done", score_min=50.1, points=2)
        for choice, rule in ((0, high), (1, low)):
            with self.subTest(rule=rule.sentence):
                answer = self._start_survey().action_ids.survey_answer_id
                question = self.survey.question_and_page_ids
                answer._save_lines(
                    question, str(question.suggested_answer_ids[choice].id)
                )
                answer._mark_done()
                line = answer.crm_action_id.answer_ids.filtered(
                    lambda line: line.trigger == "survey_done"
                )
                self.assertEqual(line.rule_id, rule)

    # === LOOPS === #

    def test_automatic_loop_is_cut(self):
        self.playbook.max_visits = 4
        self._create_rule(self.sent, move="stage", target_stage_id=self.first.id)
        lead = self._start()
        for _run in range(8):
            self._run_cron("ir_cron_run_due_actions")
        self.assertEqual(len(lead.action_ids), 4)
        self.assertIn("Loop cut", lead.transition_ids[0].effects)

    def test_automatic_task_that_plans_itself_is_cut(self):
        self.playbook.max_visits = 4
        self._create_rule(self.sent, task_type_id=self.email.id)
        lead = self._start()
        for _run in range(8):
            self._run_cron("ir_cron_run_due_actions")
        self.assertEqual(len(lead.action_ids), 4)
        self.assertIn("Loop cut", lead.transition_ids[0].effects)

    def test_endless_messages_without_playbook_are_cut(self):
        self._create_rule(self.sent, playbook_id=False, task_type_id=self.email.id)
        self.env["crm.action"].create(
            {
                "partner_id": self.partner.id,
                "action_type_id": self.email.id,
                "mode": "automatic",
            }
        )
        self.mail_template.model_id = self.env["ir.model"]._get("res.partner")
        self.mail_template.write({"subject": "Hello", "body_html": "<p>Hello</p>"})
        for _run in range(3):
            self._run_cron("ir_cron_run_due_actions")
        actions = self.env["crm.action"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual(len(actions), 20)
        self.assertIn("Loop cut", actions[0].answer_ids.effects)

    # === ON CLOSED AND LATER STAYS === #

    def test_mail_opened_after_closing_changes_nothing(self):
        self._create_rule(
            trigger="mail_opened",
            commercial_status_id=self.status.id,
            task_type_id=self.visit.id,
        )
        lead = self._start_automatic()
        lead.action_set_won()
        lead.action_ids.mailing_trace_ids.set_opened()
        self.assertEqual(lead.transition_ids[0].trigger, "mail_opened")
        self.assertFalse(lead.transition_ids[0].rule_id)
        self.assertFalse(self.partner.commercial_status_id)

    def test_late_bounce_of_an_earlier_stage_moves_nothing(self):
        self._create_rule(trigger="mail_bounced", move="next")
        lead = self._start_automatic()
        lead.go_to_stage(self.second.id)
        trace = lead.action_ids.mailing_trace_ids
        trace.set_bounced()
        self.assertEqual(lead.playbook_stage_id, self.second)

    def test_failed_task_planned_again_that_fails_again_is_answered_again(self):
        self._create_rule(trigger="mail_bounced", points=1)
        lead = self._start_automatic(self._create_partner("No Mail", email=False))
        lead.action_ids.reschedule(fields.Datetime.now())
        self._run_cron("ir_cron_run_due_actions")
        bounces = lead.transition_ids.filtered(
            lambda line: line.trigger == "mail_bounced"
        )
        self.assertEqual(len(bounces), 2)

    @mute_logger("odoo.addons.crm_playbook.models.crm_playbook_rule")
    def test_rule_that_raises_does_not_stop_the_queue(self):
        campaign = self._create_broken_campaign()
        self._create_rule(trigger="mail_bounced", spawn_campaign_id=campaign.id)
        unlucky = self._start(
            self._create_lead(self._create_partner("No Mail", email=False))
        )
        lucky = self._start_automatic()
        self.assertEqual(unlucky.action_ids.state, "failed")
        self.assertIn("has no stage", unlucky.transition_ids[0].effects)
        self.assertEqual(lucky.action_ids.state, "done")

    # === HELPERS === #

    def _start_survey(self):
        self.first.task_type_id = self.invitation
        return self._start_automatic()

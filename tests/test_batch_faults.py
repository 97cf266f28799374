from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..models import bulk, crm_action_scheduler
from .common import PlaybookCase

SIZE = 301
MIDDLE = SIZE // 2
SCHEDULER = "odoo.addons.crm_playbook.models.crm_action_scheduler"
ANSWERS = "odoo.addons.crm_playbook.models.crm_playbook_rule_answer"
# Raises for whom it divides by zero: an entity of that colour.
BLACK = 7
RAISING = f"1 / (object.partner_id.color - {BLACK})"


@tagged("post_install", "-at_install")
class TestBatchFaults(PlaybookCase):
    """One task of a batch goes wrong: the other 300 go through."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = bulk.insert_columns(
            cls.env["res.partner"],
            {
                "name": [f"Entity {number}" for number in range(SIZE)],
                "email": [f"entity{number}@test.example" for number in range(SIZE)],
                "phone": [f"+34 6{number:08}" for number in range(SIZE)],
            },
            {"country_id": cls.env.ref("base.es").id, "user_id": cls.seller.id},
        )
        cls.unlucky = cls.partners[MIDDLE]
        cls.survey = cls.env["survey.survey"].create(
            {
                "title": "Satisfied?",
                "access_mode": "token",
                "question_and_page_ids": [Command.create({"title": "Are you?"})],
            }
        )
        cls.types = {
            "email": cls._create_message_type(
                "email", mail_template_id=cls._create_mail_template("crm.lead").id
            ),
            "sms": cls._create_message_type(
                "sms", sms_template_id=cls._create_sms_template().id
            ),
            "survey": cls._create_message_type(
                "survey",
                survey_id=cls.survey.id,
                mail_template_id=cls._create_mail_template("survey.user_input").id,
            ),
        }
        cls._create_rule(cls.sent, move="next")

    @classmethod
    def _create_message_type(cls, channel, **values):
        return cls._create_type(
            f"Test {channel}",
            cls.sent,
            channel=channel,
            sent_outcome_id=cls.sent.id,
            **values,
        )

    @classmethod
    def _create_mail_template(cls, model):
        return cls.env["mail.template"].create(
            {
                "name": "Test offer",
                "model_id": cls.env["ir.model"]._get_id(model),
                "subject": "Offer",
                "body_html": f"<p>Hello <t t-out='{RAISING}'/></p>",
                "email_from": "sales@test.example",
            }
        )

    @classmethod
    def _create_sms_template(cls):
        return cls.env["sms.template"].create(
            {
                "name": "Test short",
                "model_id": cls.env["ir.model"]._get_id("crm.lead"),
                "body": f"Hello {{{{ {RAISING} }}}}",
            }
        )

    def setUp(self):
        super().setUp()
        self.patch(crm_action_scheduler, "BATCH", SIZE)

    def test_one_wrong_address(self):
        self.unlucky.email = "not an address"
        for channel in ("email", "survey"):
            with self.subTest(channel=channel), self._done_together():
                tasks = self._send(channel)
                self._check_all_but_one(tasks, channel, "bad_address", "not an address")

    def test_one_entity_without_phone(self):
        self.unlucky.phone = False
        with self._done_together():
            tasks = self._send("sms")
        self._check_all_but_one(tasks, "sms", "no_number", "No phone number")

    def test_one_entity_for_whom_the_template_raises(self):
        self.unlucky.color = BLACK
        for channel in self.types:
            with self.subTest(channel=channel), mute_logger(SCHEDULER, "odoo.render"):
                tasks = self._send(channel)
                self._check_all_but_one(tasks, channel, "error", "division by zero")

    def test_one_opportunity_for_which_the_rule_raises(self):
        tasks = self._plan("sms")
        [unlucky] = tasks.filtered(lambda task: task.partner_id == self.unlucky)
        self._keep_from_moving(unlucky.lead_id)
        with mute_logger(ANSWERS, "odoo.sql_db"), self._done_together():
            self._run_cron("ir_cron_run_due_actions")
        self._check_sent(tasks, "sms")
        self._check_moved(tasks - unlucky)
        self.assertEqual(unlucky.lead_id.playbook_stage_id, self.first)
        self.assertFalse(unlucky.answer_ids.to_stage_id)
        self.assertIn("kept_from_moving", unlucky.answer_ids.effects)

    # === HELPERS === #

    def _send(self, channel):
        tasks = self._plan(channel)
        self._run_cron("ir_cron_run_due_actions")
        return tasks

    def _done_together(self):
        """Nothing made the scheduler fall back on doing tasks by halves."""
        return self.assertNoLogs(SCHEDULER, "INFO")

    def _plan(self, channel):
        """A campaign whose first task goes to each entity over the channel."""
        self.first.task_type_id = self.types[channel]
        campaign = self._create_campaign(self.partners)
        campaign.action_launch()
        tasks = campaign.action_ids
        self.assertEqual(tasks.partner_id, self.partners)
        self.assertEqual(set(tasks.mapped("state")), {"planned"})
        return tasks

    def _keep_from_moving(self, lead):
        """What another add-on may do: refuse to have this opportunity elsewhere."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "ALTER TABLE crm_lead ADD CONSTRAINT kept_from_moving CHECK "
                "(id <> %s OR playbook_stage_id = %s)",
                lead.id,
                self.first.id,
            )
        )

    def _check_all_but_one(self, tasks, channel, failure, reason):
        [unlucky] = tasks.filtered(lambda task: task.partner_id == self.unlucky)
        self.assertEqual((unlucky.state, unlucky.failure), ("failed", failure))
        self.assertIn(reason, unlucky.failure_reason)
        self.assertFalse(unlucky.sudo().mailing_trace_ids)
        self.assertEqual(unlucky.lead_id.playbook_stage_id, self.first)
        self._check_sent(tasks - unlucky, channel)
        self._check_moved(tasks - unlucky)

    def _check_sent(self, tasks, channel):
        """Each task is done, with one message in the outbox, and there is no other."""
        self.assertEqual(set(tasks.mapped("state")), {"done"})
        campaign = tasks.crm_campaign_id
        mailing = self.env["mailing.mailing"].search(
            [("crm_campaign_id", "=", campaign.id)]
        )
        traces = mailing.mailing_trace_ids
        self.assertEqual(traces.crm_action_id, tasks)
        self.assertEqual(len(traces), len(tasks))
        outbox = self.env["sms.sms" if channel == "sms" else "mail.mail"].search(
            [("mailing_id", "=", mailing.id)]
        )
        self.assertEqual(len(outbox), len(tasks))
        if channel == "survey":
            sheets = self.env["survey.user_input"].search(
                [("crm_action_id.crm_campaign_id", "=", campaign.id)]
            )
            self.assertEqual(sheets.crm_action_id, tasks)
            self.assertEqual(len(sheets), len(tasks))

    def _check_moved(self, tasks):
        self.assertEqual(tasks.lead_id.playbook_stage_id, self.second)
        lines = tasks.answer_ids.filtered(lambda line: line.trigger == "outcome")
        self.assertEqual(len(lines), len(tasks))
        self.assertEqual(lines.to_stage_id, self.second)

from email.message import EmailMessage

import requests
from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.outbox import may_have_arrived
from .common import MessageCase
from .message_servers import SmsProvider
from .server import free_port


@tagged("post_install", "-at_install")
class TestOutbox(MessageCase):
    """One row for a task, whatever happens around it (see also the faults)."""

    # === ONE ROW === #

    def test_second_row_for_an_action_is_refused_by_the_database(self):
        for task_type in (self.email, self.sms):
            self.first.task_type_id = task_type
            action = self._start_automatic().action_ids
            message = self._message(action)
            for row in (message, message._traces()):
                with (
                    self.subTest(row=row._name),
                    mute_logger("odoo.sql_db"),
                    self.assertRaises(UniqueViolation),
                    self.env.cr.savepoint(),
                ):
                    row.copy({"crm_action_id": action.id})

    def test_context_of_a_caller_puts_no_message_in_doubt(self):
        mail = self._message(self._start_automatic().action_ids)
        letter = EmailMessage()
        letter["Message-Id"] = "<letter@test.example>"
        letter["From"] = "sales@test.example"
        letter["To"] = "ada@test.example"
        forged = {"crm_outbox_mail": mail.id, "crm_outbox_mail_id": mail.id}
        servers = self.env["ir.mail_server"].with_context(**forged)
        servers.send_email(letter)
        self.assertEqual(mail.state, "outgoing")

    def test_copy_of_a_message_is_nobodys(self):
        message = self._message(self._start_automatic().action_ids)
        self.assertFalse(message.copy().crm_action_id)
        self.assertFalse(message._traces().copy().crm_action_id)

    def test_trace_outlives_the_message(self):
        action = self._start_automatic().action_ids
        self._message(action).mail_message_id.unlink()
        self.assertFalse(self._message(action))
        self.assertEqual(action.mailing_trace_ids.trace_status, "outgoing")

    def test_merging_entities_leaves_each_message_to_its_action(self):
        other = self._create_partner("Ada Bianchi the Second")
        actions = (
            self._start_automatic().action_ids | self._start_automatic(other).action_ids
        )
        messages = [self._message(action) for action in actions]
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.partner | other).ids, self.partner
        )
        self.env.invalidate_all()
        self.assertEqual([self._message(action) for action in actions], messages)
        self.assertEqual(actions.partner_id, self.partner)

    def test_merging_opportunities_leaves_each_message_to_its_action(self):
        leads = self._start_automatic() | self._start_automatic()
        actions = leads.action_ids
        messages = [self._message(action) for action in actions]
        leads.merge_opportunity()
        self.assertEqual([self._message(action) for action in actions], messages)

    # === THE QUEUES ALONE === #

    def test_messages_of_actions_are_not_sent_at_once(self):
        """Nobody else may commit, and so nobody else could mark them."""
        crons = {
            self.email: "mail.ir_cron_mail_scheduler_action",
            self.sms: "sms.ir_cron_sms_scheduler_action",
        }
        for task_type, cron in crons.items():
            with self.subTest(type=task_type.name):
                self.first.task_type_id = task_type
                message = self._message(self._start_automatic().action_ids)
                triggers = self.env["ir.cron.trigger"].search([])
                message.send()
                self.assertEqual(message.state, "outgoing")
                triggered = self.env["ir.cron.trigger"].search([]) - triggers
                self.assertEqual(triggered.cron_id, self.env.ref(cron))

    def test_message_in_doubt_is_not_retried_among_others(self):
        for task_type in (self.email, self.sms):
            with self.subTest(type=task_type.name):
                self.first.task_type_id = task_type
                message = self._put_in_doubt(self._start_automatic())
                retry_one = getattr(message, "mark_outgoing", None)
                with self.assertRaises(UserError):
                    (retry_one or message.action_set_outgoing)()
                retry_many = getattr(message, "action_retry", None)
                (retry_many or message.resend_failed)()
                self.assertEqual(message.state, message._failed_state)

    def test_mailing_of_actions_neither_sends_nor_forgets(self):
        action = self._start_automatic().action_ids
        self._put_in_doubt(action.lead_id)
        mailing = action.mailing_trace_ids.mass_mailing_id
        with self.assertRaises(UserError):
            mailing.action_retry_failed()
        self._create_lead(crm_campaign_id=False)
        mailing.mailing_domain = "[]"
        self.assertEqual(mailing._get_remaining_recipients(), [])

    def test_sms_that_did_not_leave_has_failed(self):
        """In tests there is no provider, and Odoo knows it."""
        self.first.task_type_id = self.sms
        action = self._start_automatic().action_ids
        other = self.env["sms.sms"].create({"number": "+34612345679", "body": "News"})
        with self.enter_registry_test_mode():
            self.env.ref("sms.ir_cron_sms_scheduler_action").method_direct_trigger()
        self.env.invalidate_all()
        trace = action.mailing_trace_ids
        self.assertEqual(
            (trace.trace_status, trace.failure_type), ("error", "sms_server")
        )
        for sms in (self._message(action), other):
            self.assertEqual((sms.state, sms.failure_type), ("error", "sms_server"))

    # === WHAT IS KNOWN === #

    def test_request_may_have_arrived_unless_it_is_known_that_it_did_not(self):
        provider = SmsProvider()
        provider.start()
        self.addCleanup(provider.stop)
        cases = {None: False, "cut": True, "broken": True, 500: True, 404: False}
        for fault, expected in (cases | {"slow": True}).items():
            with self.subTest(fault=fault):
                provider.fault = fault
                error = self._error_of_request(provider.address)
                self.assertEqual(may_have_arrived(error), expected)
        nobody = f"http://127.0.0.1:{free_port()}"
        self.assertFalse(may_have_arrived(self._error_of_request(nobody)))
        self.assertFalse(may_have_arrived(self._error_of_request("no address")))

    def _error_of_request(self, address):
        """What is raised, wrapped as Odoo's own calls of its services wrap it."""
        call = {"params": {"messages": []}}
        try:
            answer = requests.post(address, json=call, timeout=0.5)
            answer.raise_for_status()
            answer.json()
        except requests.RequestException:
            try:
                raise ValueError
            except ValueError as error:
                return error
        return None

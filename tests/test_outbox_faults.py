import time
from collections import Counter
from contextlib import ExitStack
from itertools import count
from random import Random
from uuid import uuid4

from odoo.tests import BaseCase, tagged

from .message_servers import MailServer, SmsProvider
from .server import Database
from .storm.messages import NEWS
from .storm.workers import WorkerProblem, Workers

MESSAGES = """
    SELECT coalesce(partner.email, partner.phone),
           trace.trace_status, coalesce(trace.failure_type, '')
      FROM mailing_trace trace
      JOIN crm_action action ON action.id = trace.crm_action_id
      JOIN res_partner partner ON partner.id = action.partner_id
"""
KILLS, SEED = 12, 20260302
SENT = ("sent", "")
IN_DOUBT = ("error", "in_doubt")


class OutboxFaultsCase(BaseCase):
    """Messages wait in the queues; these run in processes of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = Database(f"outbox_{uuid4().hex[:8]}")
        cls.database.make()
        cls.addClassCleanup(cls.database.drop)
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        cls.workers = stack.enter_context(Workers(cls.database))
        cls.numbers = count(612000000)

    def setUp(self):
        super().setUp()
        self.receiver = self.receiver_class()
        self.receiver.start()
        self.addCleanup(self.receiver.stop)
        self._queue(8)

    def _queue(self, number):
        self.recipients = [
            self.form_of_recipient % next(self.numbers) for _one in range(number)
        ]
        self.workers.do("queue_messages", self.recipients)
        self._check_states(dict.fromkeys(self.recipients, ("outgoing", "")))

    def _begin_queues(self):
        return self.workers.start("send_messages", self.receiver.address)

    def _run_queues(self):
        self._begin_queues().result()

    def _begin_queues_and_wait(self):
        """Until the receiver has taken a message that it is slow to answer for."""
        sender = self._begin_queues()
        self.receiver.wait_until_it_waits()
        return sender

    def _states(self):
        return {
            recipient: (status, failure)
            for recipient, status, failure in self.database.rows(MESSAGES)
            if recipient in self.recipients
        }

    def _check_states(self, expected):
        self.assertEqual(self._states(), expected)

    def _check_taken(self, recipients):
        self.assertCountEqual(self.receiver.taken, recipients)


@tagged("post_install", "-at_install")
class TestMailFaults(OutboxFaultsCase):
    """Each mail is sent once, or is in doubt and not sent again."""

    form_of_recipient = "person%s@test.example"
    receiver_class = MailServer

    def test_mail_is_in_doubt_when_its_sender_is_killed_before_the_answer(self):
        self.receiver.faults = {self.recipients[3]: "slow"}
        self._begin_queues_and_wait().kill()
        self._check_only_the_slow_one_is_in_doubt()

    def test_mail_is_in_doubt_when_the_database_goes_before_the_answer(self):
        self.receiver.faults = {self.recipients[3]: "slow"}
        sender = self._begin_queues_and_wait()
        self.database.disconnect()
        self.receiver.go_on()
        with self.assertRaises(WorkerProblem):
            sender.result()
        self._check_only_the_slow_one_is_in_doubt()

    def test_what_is_known_is_told_from_what_is_not(self):
        refused, left, cut, *others = self.recipients
        self.receiver.faults = {refused: "refused", left: "left", cut: "cut"}
        for _run in range(3):
            self._run_queues()
        self._check_states(
            dict.fromkeys(others, SENT)
            | {
                refused: ("error", "unknown"),
                left: ("error", "mail_smtp"),
                cut: IN_DOUBT,
            }
        )
        self._check_taken([cut, *others])

    def test_mail_is_sent_once_or_in_doubt_however_often_senders_are_killed(self):
        self._run_queues()
        self._queue(40)
        self.receiver.seconds = 0.03
        moments = Random(SEED)
        for _kill in range(KILLS):
            taken = len(self.receiver.taken)
            sender = self._begin_queues()
            while len(self.receiver.taken) == taken:
                time.sleep(0.005)
            time.sleep(moments.uniform(0, 0.2))
            sender.kill()
        self._run_queues()
        states = self._states()
        self.assertLessEqual(set(states.values()), {SENT, IN_DOUBT})
        sent = {address for address, state in states.items() if state == SENT}
        self.assertLessEqual(len(self.recipients) - len(sent), KILLS)
        taken = Counter(self.receiver.taken)
        self.assertEqual({taken[address] for address in sent}, {1})
        self.assertLessEqual(max(taken[name] for name in self.recipients), 1)

    def test_two_queues_at_once_send_nothing_twice(self):
        first = self.recipients[0]
        self.receiver.faults = {first: "slow"}
        slow_queue = self._begin_queues_and_wait()
        self._run_queues()
        logged = len(self.workers.log())
        others = dict.fromkeys(self.recipients[1:], SENT)
        self._check_states(others | {first: IN_DOUBT})
        self.receiver.go_on()
        slow_queue.result()
        self.assertEqual(self.workers.log()[logged:], "", "it goes on after it")
        self._check_states(others | {first: SENT})
        self._check_taken(self.recipients)

    def test_person_sends_again_what_is_in_doubt_but_not_what_is_being_sent(self):
        first = self.recipients[0]
        self.receiver.faults = {first: "slow"}
        sender = self._begin_queues_and_wait()
        with self.assertRaisesRegex(WorkerProblem, "is being sent at this moment"):
            self.workers.do("send_again", first)
        sender.kill()
        self.workers.do("send_again", first)
        self.receiver.go_on()
        self._run_queues()
        self._check_states(dict.fromkeys(self.recipients, SENT))
        self._check_taken([first, *self.recipients])

    def _check_taken(self, recipients):
        """Each of these, and once the mail that is not an action's."""
        return super()._check_taken([*recipients, NEWS])

    def _check_only_the_slow_one_is_in_doubt(self):
        others = set(self.recipients) - set(self.receiver.faults)
        self.receiver.go_on()
        self._run_queues()
        in_doubt = dict.fromkeys(self.receiver.faults, IN_DOUBT)
        self._check_states(dict.fromkeys(others, SENT) | in_doubt)
        self._check_taken(self.recipients)


@tagged("post_install", "-at_install")
class TestSmsFaults(OutboxFaultsCase):
    """Each SMS is sent once, or is in doubt and not sent again."""

    form_of_recipient = "+34%s"
    receiver_class = SmsProvider

    def test_sms_are_in_doubt_when_their_sender_is_killed_before_the_answer(self):
        self.receiver.fault = "slow"
        self._begin_queues_and_wait().kill()
        self._check_all_are_in_doubt()

    def test_sms_are_in_doubt_when_the_database_goes_before_the_answer(self):
        self.receiver.fault = "slow"
        sender = self._begin_queues_and_wait()
        self.database.disconnect()
        self.receiver.go_on()
        with self.assertRaises(WorkerProblem):
            sender.result()
        self._check_all_are_in_doubt()

    def test_sms_are_in_doubt_when_the_connection_breaks_before_the_answer(self):
        self.receiver.fault = "cut"
        self._run_queues()
        self._check_all_are_in_doubt()

    def test_sms_that_the_provider_keeps_for_later_are_no_mass_mailing(self):
        # To this opportunity no message goes, although the mailing is about such ones.
        self.database.rows(
            "INSERT INTO crm_lead (name, type, active, phone, phone_sanitized) VALUES "
            "('Other', 'opportunity', true, '+34612345680', '+34612345680')"
        )
        self.receiver.state = "processing"
        for _run in range(2):
            self._run_queues()
        self._check_states(dict.fromkeys(self.recipients, ("process", "")))
        self._check_taken(self.recipients)

    def test_answer_is_recorded_anew_when_others_were_at_the_same_entities(self):
        self.receiver.fault = "slow"
        self.receiver.state = "wrong_number_format"
        sender = self._begin_queues_and_wait()
        own = "(SELECT partner_id FROM crm_action)"
        self.database.rows(
            f"UPDATE res_partner SET function = 'Chief' WHERE id IN {own}"
        )
        self.receiver.go_on()
        sender.result()
        failed = ("error", "sms_number_format")
        self._check_states(dict.fromkeys(self.recipients, failed))
        self._check_taken(self.recipients)
        answered = self.database.rows(
            "SELECT phone FROM res_partner JOIN crm_commercial_status status"
            " ON status.id = commercial_status_id"
            " WHERE status.name ->> 'en_US' LIKE 'Test not reached %'"
        )
        self.assertCountEqual(answered, [(number,) for number in self.recipients])

    def _check_all_are_in_doubt(self):
        in_doubt = dict.fromkeys(self.recipients, IN_DOUBT)
        self._check_states(in_doubt)
        self.receiver.fault = None
        self.receiver.go_on()
        self._run_queues()
        self._check_states(in_doubt)
        self._check_taken(self.recipients)

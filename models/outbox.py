"""The outbox of actions: Odoo's own ``mail.mail`` and ``sms.sms``, one row for a task.

Nobody can commit to a database and to a mail server at once. So a message is marked as
in doubt, for good, before it is handed to whoever delivers it, and their answer takes
the mark away. Where no answer comes (the sender is killed, the database restarts, the
connection breaks) the mark stays: no queue takes such a message, a person decides.
"""

import logging
import smtplib
from contextlib import contextmanager
from functools import partial
from traceback import walk_tb

import requests
from urllib3.exceptions import MaxRetryError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import retrying

_logger = logging.getLogger(__name__)
IN_DOUBT = [("in_doubt", "In doubt")]
ANSWER_LOST = (
    requests.ReadTimeout,
    requests.JSONDecodeError,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


class CrmOutbox(models.AbstractModel):
    """What ``mail.mail`` and ``sms.sms`` share where they hold messages of actions."""

    _name = "crm.outbox"
    _description = "Outbox of Actions"

    # What the model calls the state of a message that could not be sent.
    _failed_state = None

    crm_action_id = fields.Many2one(
        "crm.action", "Action", readonly=True, copy=False, ondelete="set null"
    )

    _one_per_action_index = models.UniqueIndex(
        "(crm_action_id) WHERE crm_action_id IS NOT NULL",
        "The message of this action is in the outbox already.",
    )

    def _mark_in_doubt(self):
        """Say for good that the messages may be sent from here on.

        Only for the runners of Odoo's queues, which commit of their own accord.
        """
        self.write({"state": self._failed_state, "failure_type": "in_doubt"})
        self._traces()._doubt()
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _traces(self):
        return self.sudo().mailing_trace_ids

    def _is_in_doubt(self):
        return self.state == self._failed_state and self.failure_type == "in_doubt"

    def _not_in_doubt(self):
        return self.filtered(lambda message: not message._is_in_doubt())

    def _leave_to_queue(self):
        """The messages of actions, which wait for the queue; it is woken for them."""
        waiting = self.filtered("crm_action_id")
        if waiting:
            waiting._wake_queue()
        return waiting

    def _queue_again(self):
        """Give messages in doubt back to the queue."""
        self.write({"state": "outgoing", "failure_type": False})
        self._traces()._end_doubt()
        self._wake_queue()

    def _settle(self):
        """Leave messages in doubt as Odoo leaves what was sent."""
        raise NotImplementedError

    def _wake_queue(self):
        raise NotImplementedError

    def _check_not_in_doubt(self):
        if self - self._not_in_doubt():
            raise UserError(
                self.env._(
                    "A message in doubt may have arrived: decide on its action "
                    "whether it is sent again."
                )
            )


class MailingTrace(models.Model):
    """The trace carries the mark: it outlives the message, which may be deleted."""

    _inherit = "mailing.trace"

    failure_type = fields.Selection(selection_add=IN_DOUBT)

    _one_per_action_index = models.UniqueIndex(
        "(crm_action_id) WHERE crm_action_id IS NOT NULL",
        "The message of this action is traced already.",
    )
    _in_doubt_index = models.Index(
        "(crm_action_id) WHERE trace_status = 'error' AND failure_type = 'in_doubt'"
    )

    @api.model
    def _in_doubt_domain(self):
        """Handed over and not heard of since; whatever comes back ends the doubt."""
        failed = Domain("trace_status", "=", "error")
        return failed & Domain("failure_type", "=", "in_doubt")

    def _doubt(self):
        self.write({"trace_status": "error", "failure_type": "in_doubt"})

    def _end_doubt(self):
        self.write({"trace_status": "outgoing", "failure_type": False})

    def _hold(self):
        """Keep others from changing the traces while an answer is waited for.

        The lock ends with the answer, or with the sender that is killed.

        :return: the traces that nobody else holds
        """
        return self.try_lock_for_update(allow_referencing=True)

    def _settle(self):
        """Count messages in doubt as sent."""
        mails = self.filtered(lambda trace: trace.trace_type == "mail")
        mails.set_sent()
        (self - mails).sms_tracker_ids._action_update_from_sms_state("pending")


class MailingMailing(models.Model):
    """The mailings of actions only count: they send nothing and forget nothing."""

    _inherit = "mailing.mailing"

    def _get_recipients(self):
        return [] if self.crm_action_type_id else super()._get_recipients()

    def action_retry_failed(self):
        if self.crm_action_type_id:
            raise UserError(
                self.env._(
                    "These messages belong to actions, each of which sends its own: "
                    "look there for what failed."
                )
            )
        return super().action_retry_failed()


class MailMail(models.Model):
    """E-mail: each message is marked on its own."""

    _name = "mail.mail"
    _inherit = ["mail.mail", "crm.outbox"]
    _failed_state = "exception"

    failure_type = fields.Selection(selection_add=IN_DOUBT)

    def send(self, auto_commit=False, *args, **options):
        """Send at once; messages of actions wait for the queue, which may commit."""
        is_queue = auto_commit is True
        waiting = self.browse() if is_queue else self._leave_to_queue()
        return super(MailMail, self - waiting).send(auto_commit, *args, **options)

    def _send(self, auto_commit=False, **options):
        """Take messages of actions in hand one by one, after all the others."""
        if auto_commit is not True:
            return super()._send(auto_commit=auto_commit, **options)
        own = self.filtered("crm_action_id")
        result = super(MailMail, self - own)._send(auto_commit=True, **options)
        for mail in own:
            # Another queue may have taken it, or sent and deleted it, meanwhile.
            if mail.try_lock_for_update():
                with mail._in_hand() as taken:
                    super(MailMail, taken)._send(auto_commit=True, **options)
        return result

    @contextmanager
    def _in_hand(self):
        """The mail, known to whoever hands it over, while that lasts."""
        try:
            yield self.with_context(crm_outbox_mail=self)
        except smtplib.SMTPServerDisconnected as broken:
            if not was_handed_over(broken):
                self._note_not_sent(broken)
            raise

    def _mark_in_doubt(self):
        self.failure_reason = self.env._(
            "It was handed to the mail server, but no answer came: "
            "it may or may not have arrived."
        )
        return super()._mark_in_doubt()

    def _note_not_sent(self, reason):
        """The connection broke too early for the message to have been sent."""
        self.write({"failure_type": "mail_smtp", "failure_reason": str(reason)})
        self._postprocess_sent_message([], [], failure_type="mail_smtp")
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _queue_again(self):
        self.failure_reason = False
        return super()._queue_again()

    def _settle(self):
        self.write({"state": "sent", "failure_type": False, "failure_reason": False})
        self.filtered("auto_delete").unlink()

    def _wake_queue(self):
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def action_retry(self):
        return super(MailMail, self._not_in_doubt()).action_retry()

    def mark_outgoing(self):
        self._check_not_in_doubt()
        return super().mark_outgoing()


class IrMailServer(models.Model):
    """Where e-mail leaves the house."""

    _inherit = "ir.mail_server"

    @api.model
    def send_email(self, message, *args, **options):
        mail = self.env.context.get("crm_outbox_mail")
        # A record, which no context that comes in over RPC can hold.
        if isinstance(mail, models.BaseModel):
            mail._mark_in_doubt()
            mail._traces()._hold()
        return super().send_email(message, *args, **options)


class SmsSms(models.Model):
    """SMS: those of one request to the provider are marked together."""

    _name = "sms.sms"
    _inherit = ["sms.sms", "crm.outbox"]
    _failed_state = "error"

    failure_type = fields.Selection(selection_add=IN_DOUBT)

    def send(self, *args, **options):
        """Send at once; messages of actions wait for the queue, which may commit."""
        waiting = self._leave_to_queue()
        return super(SmsSms, self - waiting).send(*args, **options)

    @api.model
    def _process_queue(self):
        queue = self.with_context(crm_outbox_queue=True)
        return super(SmsSms, queue)._process_queue()

    def _send_with_api(self, sms_api, **options):
        """Send messages of actions apart, after all the others."""
        is_queue = self.env.context.get("crm_outbox_queue")
        own = self.filtered("crm_action_id") if is_queue else self.browse()
        if not own:
            return super()._send_with_api(sms_api, **options)
        if others := self - own:
            super(SmsSms, others)._send_with_api(sms_api, **options)
        own._mark_in_doubt()
        send = super(SmsSms, own)._send_with_api
        provider = ProviderOfOutbox(sms_api, own)
        return retrying(partial(send, provider, **options), self.env)

    def _settle(self):
        self.write({"state": "pending", "failure_type": False, "to_delete": True})

    def _wake_queue(self):
        self.env.ref("sms.ir_cron_sms_scheduler_action").sudo()._trigger()

    def resend_failed(self):
        return super(SmsSms, self._not_in_doubt()).resend_failed()

    def action_set_outgoing(self):
        self._check_not_in_doubt()
        return super().action_set_outgoing()


class ProviderOfOutbox:
    """The API of an SMS provider while it has messages of actions in hand.

    It is asked once, however often the answer has to be recorded because others were
    at the same rows. What it answers, and what surely did not reach it, ends the doubt:
    Odoo goes on as ever. Where no answer comes, nothing is said of the messages.
    """

    def __init__(self, api, outbox):
        self._api = api
        self._outbox = outbox
        self._results = None

    def __getattr__(self, name):
        return getattr(self._api, name)

    def _send_sms_batch(self, messages, **options):
        self._outbox._traces()._hold()
        if self._results is None:
            self._results = self._ask(messages, **options)
        answered = {result["uuid"] for result in self._results}
        known = self._outbox.filtered(lambda sms: sms.uuid in answered)
        known._traces()._end_doubt()
        return self._results

    def _ask(self, messages, **options):
        """What is known then: one result, as Odoo has it, for each message."""
        try:
            return self._api._send_sms_batch(messages, **options) or []
        except Exception as error:
            _logger.warning("No answer for %s", self._outbox, exc_info=True)
            if may_have_arrived(error):
                return []
            return [{"uuid": sms.uuid, "state": "server_error"} for sms in self._outbox]


def was_handed_over(disconnected):
    """Whether the connection to the mail server broke after ``DATA`` had begun.

    The error does not tell, the call in which it was raised does.
    """
    frames = walk_tb(disconnected.__traceback__)
    return any(frame.f_code is smtplib.SMTP.data.__code__ for frame, _line in frames)


def may_have_arrived(error):
    """Whether a request that failed may have reached the provider all the same.

    :param error: what was raised, for which the HTTP error is the reason, if any is
    """
    while error and not isinstance(error, requests.RequestException):
        error = error.__cause__ or error.__context__
    if isinstance(error, requests.HTTPError):
        return error.response.status_code >= 500
    if isinstance(error, requests.ConnectionError):
        # Either there was none at all, or it broke while in use.
        return not any(isinstance(arg, MaxRetryError) for arg in error.args)
    return isinstance(error, ANSWER_LOST)

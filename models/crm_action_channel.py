import logging
from uuid import uuid4

from odoo import api, models
from odoo.fields import Command, Domain
from odoo.tools import email_normalize

from .engine import CONFLICTS, as_engine
from .event import Event

_logger = logging.getLogger(__name__)
BATCH = 100


class ActionFailed(Exception):
    """The entity cannot be reached so; says which failure it is."""

    def __init__(self, failure, reason=None):
        super().__init__(failure)
        self.failure = failure
        self.reason = reason


class CrmAction(models.Model):
    """How the scheduler does automatic tasks, each channel by its own method.

    The message goes to Odoo's own queue (``mail.mail``, ``sms.sms``) with Odoo's own
    trace (``mailing.trace``) in the same transaction as the action's new state.
    """

    _inherit = "crm.action"

    # === SCHEDULER === #

    @api.model
    def _cron_run_due(self):
        """Do the due automatic tasks. One that fails is set aside and says why.

        Several schedulers may run at once: each takes a task by locking its row, one
        transaction for each task, and leaves alone what another has taken.
        """
        if self._run_due():
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    @api.model
    def _run_due(self):
        """Do due tasks while there are some, and time.

        :return: how many were done or set aside
        """
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=self.search_count(self._due_domain()))
        taken = 0
        while due := self.search(
            self._due_domain(), limit=BATCH, order="date_start, id"
        ):
            before = taken
            for action in due:
                if action._run_if_free():
                    taken += 1
                    if not progress(1):
                        return taken
            if taken == before:
                break
        return taken

    def _run_if_free(self):
        """Do the task, unless another scheduler has it or is in its way.

        :return: whether it was done or set aside; if not, it stays due
        """
        try:
            if not self._lock_if_due():
                return False
            self._run_or_fail()
            self.env.flush_all()
        except CONFLICTS as conflict:
            _logger.info("Action %s waits: %s", self.id, conflict)
            self.env.cr.rollback()
            return False
        return True

    def _lock_if_due(self):
        """Take the task, unless another scheduler has it or it is not due any more."""
        locked = self.try_lock_for_update()
        return bool(locked.filtered_domain(self._due_domain()))

    @api.model
    def _due_domain(self):
        """The tasks the scheduler does now: none of a campaign that does not run."""
        return (
            Domain("state", "=", "planned")
            & Domain("mode", "=", "automatic")
            & Domain("date_start", "<=", "now")
            & (
                Domain("crm_campaign_id", "=", False)
                | Domain("crm_campaign_id.state", "=", "running")
            )
        )

    def _run_or_fail(self):
        """Do one task; whatever happens, it leaves the queue."""
        try:
            with self.env.cr.savepoint():
                self._run()
        except CONFLICTS:
            raise  # a retry cures it: the action is not at fault
        except ActionFailed as failed:
            self._fail_and_tell(failed.failure, failed.reason)
        except Exception as error:
            _logger.warning("Action %s failed", self.id, exc_info=True)
            self._fail_and_tell("error", str(error))

    def _run(self):
        """Do the task by its channel; its type says with which outcome it then ends."""
        getattr(self, f"_run_{self.channel}")()
        self._complete(self.action_type_id.sent_outcome_id)

    def _fail_and_tell(self, failure, reason):
        self._fail(failure, reason)
        trigger = "sms_failed" if self.channel == "sms" else "mail_bounced"
        if failure != "error":
            event = Event.of_action(
                trigger,
                as_engine(self),
                key=f"{trigger}/{self.id}/{self.failure_count}",
            )
            self.env["crm.playbook.rule"]._tell(event)

    # === E-MAIL === #

    def _run_email(self):
        template = self.playbook_stage_id._mail_template(self.action_type_id)
        self._check_message(template, self.env._("an e-mail template"))
        self._send_mail(template, self._record_for(template))

    def _send_mail(self, template, record):
        """Queue the mail of ``record``, traced."""
        address = self._checked_address()
        mail = template.sudo().send_mail_batch(
            record.ids,
            email_values={
                "email_to": False,
                "recipient_ids": [Command.link(self.partner_id.id)],
            },
        )
        mailing = self._mailing("mail", mail.subject)
        trackers = mailing._get_link_tracker_values()
        render = self.env["mail.render.mixin"].sudo()
        mail.write(
            {
                "body_html": render._shorten_links(
                    mail.body_html,
                    trackers,
                    blacklist=["/unsubscribe_from_list", "/view"],
                ),
                "mailing_id": mailing.id,
                "mailing_trace_ids": [
                    Command.create(
                        self._prepare_trace_values(mailing, record)
                        | {"email": address, "message_id": mail.message_id}
                    )
                ],
            }
        )

    def _checked_address(self):
        """The address of the entity, if it can and may be written to."""
        partner = self.partner_id
        if not partner.email:
            raise ActionFailed("no_address")
        address = email_normalize(partner.email)
        if not address:
            raise ActionFailed("bad_address", partner.email)
        if partner.is_blacklisted:
            raise ActionFailed("blacklisted", address)
        return address

    # === SMS === #

    def _run_sms(self):
        template = self.playbook_stage_id._sms_template(self.action_type_id)
        self._check_message(template, self.env._("an SMS template"))
        number = self._checked_number()
        record = self._record_for(template)
        mailing = self._mailing("sms", template.name)
        body = template.sudo()._render_field("body", record.ids, compute_lang=True)
        body = body[record.id]
        code = uuid4().hex
        sms = (
            self.env["sms.sms"]
            .sudo()
            .create(
                {
                    "uuid": code,
                    "number": number,
                    "partner_id": self.partner_id.id,
                    "body": self.env["mail.render.mixin"]
                    .sudo()
                    ._shorten_links_text(body, mailing._get_link_tracker_values()),
                    "mailing_id": mailing.id,
                    "mailing_trace_ids": [
                        Command.create(
                            self._prepare_trace_values(mailing, record)
                            | {
                                "trace_type": "sms",
                                "sms_number": number,
                                "sms_tracker_ids": [Command.create({"sms_uuid": code})],
                            }
                        )
                    ],
                }
            )
        )
        sms.body = sms._update_body_short_links()[sms.id]

    def _checked_number(self):
        """The number of the entity in international form, if it can and may be used."""
        partner = self.partner_id
        if not partner.phone:
            raise ActionFailed("no_number")
        number = partner._phone_format(fname="phone", raise_exception=False)
        if not number:
            raise ActionFailed("bad_number", partner.phone)
        if partner.phone_blacklisted:
            raise ActionFailed("blacklisted", number)
        return number

    # === SURVEY === #

    def _run_survey(self):
        survey = self.playbook_stage_id._survey(self.action_type_id)
        self._check_message(survey, self.env._("a survey"))
        self._checked_address()
        answer = survey.sudo()._create_answer(
            partner=self.partner_id,
            check_attempts=False,
            lead_id=self.lead_id.id,
            crm_action_id=self.id,
        )
        as_engine(self).write({"survey_answer_id": answer.id})
        template = self.playbook_stage_id._mail_template(self.action_type_id)
        if template.model != answer._name:
            template = self.env.ref("survey.mail_template_user_input_invite")
        self._send_mail(template, answer)

    # === MESSAGES === #

    def _check_message(self, record, what):
        if not record:
            raise ActionFailed(
                "error",
                self.env._(
                    "Neither the stage nor the type %(type)s has %(what)s.",
                    type=self.action_type_id.name,
                    what=what,
                ),
            )

    def _record_for(self, template):
        """The record that the template speaks of: opportunity, entity or action."""
        records = {
            "crm.lead": self.lead_id,
            "res.partner": self.partner_id,
            "crm.action": self,
        }
        record = records.get(template.model)
        if not record:
            raise ActionFailed(
                "error",
                self.env._(
                    "Template %(template)s is for “%(model)s”, "
                    "which this action does not have.",
                    template=template.name,
                    model=template.model,
                ),
            )
        return record

    def _prepare_trace_values(self, mailing, record):
        return {
            "mass_mailing_id": mailing.id,
            "model": record._name,
            "res_id": record.id,
            "crm_action_id": self.id,
        }

    def _mailing(self, mailing_type, subject):
        """The mailing where Odoo counts what this campaign, stage and type sent."""
        mailings = self.env["mailing.mailing"].sudo()
        own = {
            "crm_campaign_id": self.crm_campaign_id.id,
            "playbook_stage_id": self.playbook_stage_id.id,
            "crm_action_type_id": self.action_type_id.id,
        }
        domain = Domain.AND(Domain(name, "=", value) for name, value in own.items())
        found = mailings.with_context(active_test=False).search(domain, limit=1)
        return found or mailings.create(
            own
            | {
                "subject": subject or self.action_type_id.name,
                "mailing_type": mailing_type,
                "mailing_model_id": self.env["ir.model"]._get_id("crm.lead"),
                "mailing_domain": str(
                    [("crm_campaign_id", "=", self.crm_campaign_id.id)]
                ),
                "campaign_id": self.crm_campaign_id.utm_campaign_id.id,
                "user_id": self.crm_campaign_id.user_id.id or self.env.uid,
                "state": "done",
                "kpi_mail_required": False,
            }
        )

from uuid import uuid4

from odoo import models
from odoo.fields import Command

from .crm_action_scheduler import ActionFailed


class CrmAction(models.Model):
    """How automatic SMS are written: by Odoo's own template, many at once."""

    _inherit = "crm.action"

    def _check_sms(self):
        self._check_message(self._sms_template(), self.env._("an SMS template"))
        self._record_for(self._sms_template())
        self._checked_number()

    def _run_sms(self):
        template = self[0]._sms_template()
        for actions in self._by_record(template):
            self._queue_sms(template.sudo(), actions)

    def _sms_template(self):
        return self.playbook_stage_id._sms_template(self.action_type_id)

    def _checked_number(self):
        """The number of the entity in international form, if it can and may be used."""
        partner = self.partner_id
        if not partner.phone:
            raise ActionFailed("no_number")
        if not partner.phone_sanitized:
            raise ActionFailed("bad_number", partner.phone)
        if partner.phone_blacklisted:
            raise ActionFailed("blacklisted", partner.phone_sanitized)
        return partner.phone_sanitized

    def _queue_sms(self, template, actions):
        """Queue the SMS of each action, traced.

        :param actions: {id of the record that the template speaks of: action}
        """
        mailing = self[0]._mailing("sms", template.name)
        bodies = template._render_field("body", list(actions), compute_lang=True)
        render = self.env["mail.render.mixin"].sudo()
        render = render.with_context(known_link_trackers={})
        trackers = mailing._get_link_tracker_values()
        messages = (
            self.env["sms.sms"]
            .sudo()
            .create(
                [
                    action._prepare_sms_values(
                        mailing,
                        template.model,
                        record_id,
                        render._shorten_links_text(bodies[record_id], trackers),
                    )
                    for record_id, action in actions.items()
                ]
            )
        )
        for sms_id, body in messages._update_body_short_links().items():
            sms = messages.browse(sms_id)
            if sms.body != body:
                sms.body = body

    def _prepare_sms_values(self, mailing, model, record_id, body):
        code, number = uuid4().hex, self._checked_number()
        return {
            "uuid": code,
            "crm_action_id": self.id,
            "number": number,
            "partner_id": self.partner_id.id,
            "body": body,
            "mailing_id": mailing.id,
            "mailing_trace_ids": [
                Command.create(
                    self._prepare_trace_values(mailing, model, record_id)
                    | {
                        "trace_type": "sms",
                        "sms_number": number,
                        "sms_tracker_ids": [Command.create({"sms_uuid": code})],
                    }
                )
            ],
        }

from odoo import models
from odoo.fields import Command
from odoo.tools import email_normalize

from .crm_action_scheduler import ActionFailed

NOT_SHORTENED = ["/unsubscribe_from_list", "/view"]


class CrmAction(models.Model):
    """How automatic e-mails are written: by Odoo's own template, many at once."""

    _inherit = "crm.action"

    def _check_email(self):
        self._check_message(self._mail_template(), self.env._("an e-mail template"))
        self._record_for(self._mail_template())
        self._checked_address()

    def _run_email(self):
        template = self[0]._mail_template()
        for actions in self._by_record(template):
            self._queue_mails(template, actions)

    def _mail_template(self):
        return self.playbook_stage_id._mail_template(self.action_type_id)

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

    def _queue_mails(self, template, actions):
        """Queue the mail of each action, traced.

        :param actions: {id of the record that the template speaks of: action}
        """
        template.sudo().with_context(
            actions_by_record=actions, known_link_trackers={}
        ).send_mail_batch(list(actions))

    def _complete_mail_values(self, values, mailing):
        """Make of a generated mail the one outbox row of this action."""
        values |= {
            "crm_action_id": self.id,
            "partner_ids": self.partner_id.ids,
            "email_to": False,
            "message_id": self.env["mail.message"]._get_message_id(values),
            "mailing_id": mailing.id,
            "body_html": self.env["mail.render.mixin"]._shorten_links(
                values["body_html"],
                mailing._get_link_tracker_values(),
                blacklist=NOT_SHORTENED,
            ),
        }
        values["mailing_trace_ids"] = [
            Command.create(
                self._prepare_trace_values(mailing, values["model"], values["res_id"])
                | {
                    "email": self._checked_address(),
                    "message_id": values["message_id"],
                }
            )
        ]


class MailTemplate(models.Model):
    """Mails of actions are complete when Odoo creates them, in one batch."""

    _inherit = "mail.template"

    def _generate_template(self, res_ids, render_fields, **options):
        generated = super()._generate_template(res_ids, render_fields, **options)
        if actions := self.env.context.get("actions_by_record"):
            first = res_ids[0]
            mailing = actions[first]._mailing("mail", self.name)
            for res_id in res_ids:
                action = actions[res_id].with_env(self.env)
                action._complete_mail_values(generated[res_id], mailing)
        return generated


class LinkTracker(models.Model):
    """The same link in a thousand mails is looked up once."""

    _inherit = "link.tracker"

    def search_or_create(self, vals_list):
        known = self.env.context.get("known_link_trackers")
        if known is None:
            return super().search_or_create(vals_list)
        keys = [tuple(sorted(vals.items())) for vals in vals_list]
        if missing := {
            key: vals
            for key, vals in zip(keys, vals_list, strict=True)
            if key not in known
        }:
            found = super().search_or_create(list(missing.values()))
            known.update(zip(missing, found.ids, strict=True))
        return self.browse(known[key] for key in keys)

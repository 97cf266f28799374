from odoo import models
from odoo.fields import Domain

from .crm_action_scheduler import ActionFailed


class CrmAction(models.Model):
    """What the channels of automatic tasks share.

    Each channel says in ``_check_<channel>`` whether one entity can be reached, and in
    ``_run_<channel>`` how tasks of one kind are done. The message goes to Odoo's own
    queue (``mail.mail``, ``sms.sms``) with Odoo's own trace (``mailing.trace``) in the
    same transaction as the new state of its action.
    """

    _inherit = "crm.action"

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

    def _by_record(self, template):
        """The tasks by the record their template speaks of, none twice.

        :return: a list of {id of the record: action}
        """
        rounds = []
        for action in self:
            record_id = action._record_for(template).id
            free = (taken for taken in rounds if record_id not in taken)
            taken = next(free, None)
            if taken is None:
                rounds.append(taken := {})
            taken[record_id] = action
        return rounds

    def _prepare_trace_values(self, mailing, model, record_id):
        return {
            "mass_mailing_id": mailing.id,
            "model": model,
            "res_id": record_id,
            "crm_action_id": self.id,
        }

    def _mailing(self, mailing_type, subject):
        """The mailing where Odoo counts what this campaign, stage and type sent.

        Nobody is told by mail that it is theirs: they did not ask for it.
        """
        mailings = (
            self.env["mailing.mailing"]
            .sudo()
            .with_context(mail_auto_subscribe_no_notify=True)
        )
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

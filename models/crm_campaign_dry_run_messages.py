import logging

from psycopg2 import OperationalError

from odoo import api, models

from .crm_action_scheduler import ActionFailed
from .engine import as_engine
from .rehearsal import rehearsal

# For so many it is told what they would receive.
EXAMPLES = 5

_logger = logging.getLogger(__name__)


class CrmCampaign(models.Model):
    """What people would receive: their messages are written for real, and undone.

    The opportunities of a few are made, their messages go into Odoo's queues, are read
    there, and all of it is rolled back. Nothing can leave meanwhile: queues send what
    is committed.
    """

    _inherit = "crm.campaign"

    # === CONTRACT === #

    def dry_run_messages(self, turn=0):
        """The messages of the playbook as real people would receive them.

        :param int turn: five who enter, spread over all of them; by the next turn, the
            next ones
        :return: list of ``{"id", "name", "language", "messages"}``; messages are those
            of stages, in their order, then those of rules: ``{"stage", "type",
            "channel", "from", "to", "subject", "body", "problem"}``; bodies of e-mails
            are HTML, of SMS text; ``problem`` says why there is none
        :raise UserError: when there is no segment or no stage
        """
        self.ensure_one()
        self.check_access("write")
        self._check_ready()
        partners = self._examples_of(turn)
        if not partners:
            return []
        with rehearsal(self.env.cr):
            told = self._rehearse_messages(partners)
        self.env.invalidate_all(flush=False)
        return told

    def _examples_of(self, turn):
        entering = sorted(self._to_generate())
        count = min(EXAMPLES, len(entering))
        ids = {
            entering[(place * len(entering) // count + turn) % len(entering)]
            for place in range(count)
        }
        return self.env["res.partner"].browse(sorted(ids))

    def _rehearse_messages(self, partners):
        leads = as_engine(self)._take_up(partners.ids)
        return [lead._told_messages() for lead in leads]


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _told_messages(self):
        """What the entity would receive, as plain data; only to be undone."""
        return {
            "id": self.partner_id.id,
            "name": self.partner_id.display_name,
            "language": self.partner_id.lang or "",
            "messages": [
                self._told_message(plan, planned_by)
                for plan, planned_by in self.playbook_id._message_plans()
            ],
        }

    def _told_message(self, plan, planned_by):
        action_type = plan.task_type_id
        told = {
            "stage": (plan.name if planned_by == "stage" else plan.stage_id.name) or "",
            "type": action_type.name,
            "channel": action_type.channel,
            **dict.fromkeys(("from", "to", "subject", "body", "problem"), ""),
        }
        try:
            with self.env.cr.savepoint():
                return told | self._rehearsed(plan, planned_by)._told_outbox()
        except ActionFailed as failed:
            problem = self.env["crm.action"]._failure_text(failed)
        except OperationalError:
            raise  # the whole request is tried again
        except Exception as error:
            _logger.info("A message could not be rehearsed", exc_info=True)
            problem = str(error) or type(error).__name__
        return told | {"problem": problem}

    def _rehearsed(self, plan, planned_by):
        """The message's action, whose message is in Odoo's queue."""
        if planned_by == "stage" and plan != self.playbook_stage_id:
            self.go_to_stage(plan.id)
            action = self._planned_by_stage()
        elif planned_by == "stage":
            action = self._planned_by_stage()
        else:
            line = self.env["crm.transition"]._open_all(
                "started", {"lead_id": self.ids, "action_id": [None]}
            )
            action = plan._plan(line, "rule")
        action = action.sudo()
        getattr(action, f"_check_{action.channel}")()
        getattr(action, f"_run_{action.channel}")()
        self.env.flush_all()
        return action

    def _planned_by_stage(self):
        return self.env["crm.action"].search(
            [
                ("lead_id", "=", self.id),
                ("playbook_stage_id", "=", self.playbook_stage_id.id),
                ("planned_by", "=", "stage"),
                ("state", "=", "planned"),
            ],
            limit=1,
        )


class CrmPlaybook(models.Model):
    _inherit = "crm.playbook"

    def _message_plans(self):
        """What sends messages: stages in their order, then rules.

        :return: list of (stage or rule, ``stage`` or ``rule``)
        """
        stages = self.sudo()._stages()
        plans = [(stage, "stage") for stage in stages]
        plans += [(rule, "rule") for rule in self.sudo().rule_ids]
        return [
            (plan, planned_by)
            for plan, planned_by in plans
            if plan.task_type_id and plan.task_mode == "automatic"
        ]


class CrmAction(models.Model):
    _inherit = "crm.action"

    @api.model
    def _failure_text(self, failed):
        """Why an entity cannot be reached, in words."""
        if failed.failure == "error":
            return failed.reason
        labels = dict(self._fields["failure"]._description_selection(self.env))
        return ": ".join(filter(None, (labels[failed.failure], failed.reason)))

    def _told_outbox(self):
        """What stands in Odoo's queue for the action."""
        if self.channel == "sms":
            sms = self.env["sms.sms"].search([("crm_action_id", "=", self.id)])
            return {"to": sms.number, "body": sms.body}
        mail = self.env["mail.mail"].search([("crm_action_id", "=", self.id)])
        return {
            "from": mail.email_from,
            "to": ", ".join(mail.recipient_ids.mapped("email_formatted")),
            "subject": mail.subject,
            "body": mail.body_html,
        }

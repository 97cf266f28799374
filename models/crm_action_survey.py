from odoo import models

from .engine import as_engine


class CrmAction(models.Model):
    """How automatic surveys go out: an answer sheet for each, invited to by e-mail."""

    _inherit = "crm.action"

    def _check_survey(self):
        self._check_message(self._survey(), self.env._("a survey"))
        self._checked_address()

    def _run_survey(self):
        template = self._invitation()
        sheets = {action._create_answer_sheet().id: action for action in self}
        self._queue_mails(template, sheets)

    def _survey(self):
        return self.playbook_stage_id._survey(self.action_type_id)

    def _invitation(self):
        """The mail that invites: the type's if it speaks of answers, else Odoo's."""
        template = self[0]._mail_template()
        if template.model == "survey.user_input":
            return template
        return self.env.ref("survey.mail_template_user_input_invite")

    def _create_answer_sheet(self):
        sheet = (
            self._survey()
            .sudo()
            ._create_answer(
                partner=self.partner_id,
                check_attempts=False,
                lead_id=self.lead_id.id,
                crm_action_id=self.id,
            )
        )
        as_engine(self).write({"survey_answer_id": sheet.id})
        return sheet

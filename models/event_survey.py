from odoo import fields, models

from .event import Event


class SurveyUserInput(models.Model):
    """Source of ``survey_done``: the entity answered the survey it was invited to."""

    _inherit = "survey.user_input"

    crm_action_id = fields.Many2one(
        "crm.action", "Action", readonly=True, index="btree_not_null"
    )

    def _mark_done(self):
        result = super()._mark_done()
        for answer in self.sudo().filtered("crm_action_id"):
            event = Event.of_action(
                "survey_done", answer.crm_action_id, score=answer.scoring_percentage
            )
            self.env["crm.playbook.rule"]._tell(event)
        return result

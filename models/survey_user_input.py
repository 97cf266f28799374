from odoo import fields, models


class SurveyUserInput(models.Model):
    """Answers are found by their opportunity."""

    _inherit = "survey.user_input"

    lead_id = fields.Many2one(index="btree_not_null")

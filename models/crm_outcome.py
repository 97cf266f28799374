from odoo import fields, models


class CrmOutcome(models.Model):
    """What an action can end with."""

    _name = "crm.outcome"
    _description = "Outcome"
    _inherit = ["crm.replaceable"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    tone = fields.Selection(
        [
            ("positive", "Positive"),
            ("neutral", "Neutral"),
            ("negative", "Negative"),
        ],
        required=True,
        default="neutral",
        help="How good the outcome is for the company; it colours buttons and reports.",
    )
    action_type_ids = fields.Many2many(
        "crm.action.type",
        "crm_action_type_outcome_rel",
        "outcome_id",
        "action_type_id",
        string="Action Types",
    )

    _name_unique = models.Constraint(
        "UNIQUE(name)", "An outcome with this name exists already."
    )

    def _brought_about_by(self):
        types = self.env["crm.action.type"].sudo()
        return [types.search([("sent_outcome_id", "=", self.id)])]

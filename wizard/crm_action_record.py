from odoo import fields, models

from .notice import notice_of_answer


class CrmActionRecord(models.TransientModel):
    """Ask with which outcome an action ended, or what the right outcome was."""

    _name = "crm.action.record"
    _description = "Record Outcome"

    action_id = fields.Many2one(
        "crm.action",
        required=True,
        default=lambda self: self._default_action_id(),
    )
    is_correction = fields.Boolean()
    partner_id = fields.Many2one(related="action_id.partner_id")
    action_type_id = fields.Many2one(related="action_id.action_type_id")
    phone = fields.Char(related="action_id.phone")
    email = fields.Char(related="action_id.email")
    script = fields.Html(related="action_id.script")
    allowed_outcome_ids = fields.Many2many(related="action_id.allowed_outcome_ids")
    outcome_id = fields.Many2one("crm.outcome", required=True)
    note = fields.Text()

    def _default_action_id(self):
        if self.env.context.get("active_model") != "crm.action":
            return False
        return self.env.context.get("active_id")

    def action_record(self):
        self.ensure_one()
        record = self.action_id.correct if self.is_correction else self.action_id.done
        record(self.outcome_id.id, self.note)
        return notice_of_answer(self.action_id.corrected_by_id or self.action_id)

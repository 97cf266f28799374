from odoo import api, fields, models

from .notice import notice_of_answer


class CrmActionRegister(models.TransientModel):
    """Ask what was done, with whom, and how it ended."""

    _name = "crm.action.register"
    _description = "Record an Action"

    partner_id = fields.Many2one("res.partner", "Entity", required=True)
    action_type_id = fields.Many2one("crm.action.type", "What", required=True)
    allowed_outcome_ids = fields.Many2many(related="action_type_id.outcome_ids")
    outcome_id = fields.Many2one(
        "crm.outcome",
        required=True,
        compute="_compute_outcome_id",
        store=True,
        readonly=False,
    )
    lead_id = fields.Many2one("crm.lead", "Opportunity")
    done_at = fields.Datetime("When", required=True, default=fields.Datetime.now)
    note = fields.Text()
    spawn_campaign_id = fields.Many2one(
        "crm.campaign",
        "Start Campaign",
        domain=[("state", "=", "running"), ("is_template", "=", False)],
    )

    @api.model
    def default_get(self, fields_list):
        """Take entity and opportunity from the record on the screen."""
        values = super().default_get(fields_list)
        model = self.env.context.get("active_model")
        if model in ("res.partner", "crm.lead", "sale.order"):
            record = self.env[model].browse(self.env.context.get("active_id"))
            values |= self._entity_of(record)
        return values

    def _entity_of(self, record):
        if record._name == "res.partner":
            return {"partner_id": record.id}
        lead = record if record._name == "crm.lead" else record.opportunity_id
        return {"lead_id": lead.id, "partner_id": record.partner_id.id}

    @api.depends("action_type_id")
    def _compute_outcome_id(self):
        """An outcome of another type of action does not stay."""
        for wizard in self:
            if wizard.outcome_id not in wizard.allowed_outcome_ids:
                wizard.outcome_id = False

    def action_register(self):
        self.ensure_one()
        actions = self.env["crm.action"]
        action_id = actions.register(self._prepare_values())
        return notice_of_answer(actions.browse(action_id), self.spawn_campaign_id)

    def _prepare_values(self):
        return {
            "partner_id": self.partner_id.id,
            "lead_id": self.lead_id.id,
            "action_type_id": self.action_type_id.id,
            "outcome_id": self.outcome_id.id,
            "done_at": self.done_at,
            "note": self.note,
            "spawn_campaign_id": self.spawn_campaign_id.id,
        }

from odoo import fields, models


class CrmCommercialStatus(models.Model):
    """Where an entity stands with the company: Prospect, Customer, Former ..."""

    _name = "crm.commercial.status"
    _description = "Commercial Status"
    _inherit = ["crm.replaceable"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    description = fields.Text(translate=True)

    _name_unique = models.Constraint(
        "UNIQUE(name)", "A commercial status with this name exists already."
    )

    def _brought_about_by(self):
        giving = {
            "crm.playbook.rule": "commercial_status_id",
            "crm.entity.feed": "status_id",
            "crm.operation": "commercial_status_id",
        }
        return [
            self.env[model].sudo().search([(name, "=", self.id)])
            for model, name in giving.items()
        ]

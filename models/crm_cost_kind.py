from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmCostKind(models.Model):
    """What sort of fixed cost it is: advertising, print, venue ..."""

    _name = "crm.cost.kind"
    _description = "Kind of Cost"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _name_unique = models.Constraint(
        "UNIQUE(name)", "A kind of cost with this name exists already."
    )

    @api.model
    def _other(self):
        """The kind of costs that are given as one sum."""
        return self.env.ref("crm_playbook.crm_cost_kind_other")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_other(self):
        if self._other() in self:
            raise UserError(
                self.env._(
                    "%s stays: costs that are given as one sum are of this kind. "
                    "Give it another name, or archive it.",
                    self._other().name,
                )
            )

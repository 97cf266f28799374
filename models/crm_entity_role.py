from odoo import fields, models


class CrmEntityRole(models.Model):
    """What somebody of us may be for an entity: its instructor, its contact person.

    Stages and rules give tasks to whoever has the role.
    """

    _name = "crm.entity.role"
    _description = "Entity Role"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Text(translate=True)

    _name_unique = models.Constraint(
        "UNIQUE(name)", "A role with this name exists already."
    )

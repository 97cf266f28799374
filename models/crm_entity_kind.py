from odoo import api, fields, models


class CrmEntityKind(models.Model):
    """What sort of entity, or of contact of an entity, it is: its free fields, and what
    must be known of it.

    The free fields are Odoo's properties. Whoever may edit the kind adds, groups and
    moves them on a specimen that stands on the kind's own form.
    """

    _name = "crm.entity.kind"
    _description = "Entity Kind"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    description = fields.Text(translate=True)
    scope = fields.Selection(
        [("entity", "Entities"), ("contact", "Contacts of entities")],
        "Kind Of",
        required=True,
        default="entity",
    )
    entity_properties_definition = fields.PropertiesDefinition("Free Fields")
    requirement_ids = fields.One2many(
        "crm.entity.kind.requirement", "kind_id", "Required Fields", copy=True
    )
    partner_count = fields.Integer("Entities", compute="_compute_partner_count")

    # The specimen, so that Odoo's own editor of properties stands on the kind's form.
    specimen_kind_id = fields.Many2one("crm.entity.kind", readonly=True, copy=False)
    specimen_properties = fields.Properties(
        "Specimen",
        definition="specimen_kind_id.entity_properties_definition",
        copy=False,
    )

    _name_unique = models.Constraint(
        "UNIQUE(name)", "A kind of entity with this name exists already."
    )

    def _compute_partner_count(self):
        counts = dict(
            self.env["res.partner"]._read_group(
                [("entity_kind_id", "in", self.ids)], ["entity_kind_id"], ["__count"]
            )
        )
        for kind in self:
            kind.partner_count = counts.get(kind, 0)

    @api.model_create_multi
    def create(self, vals_list):
        kinds = super().create(vals_list)
        for kind in kinds:
            kind.specimen_kind_id = kind
        return kinds

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for kind, vals in zip(self, vals_list, strict=True):
            if "name" not in (default or {}):
                vals["name"] = kind._free_name(kind.name)
        return vals_list

    def _free_name(self, name):
        """The name with as many "(copy)" as it takes to be the only one."""
        while self.with_context(active_test=False).search_count([("name", "=", name)]):
            name = self.env._("%s (copy)", name)
        return name

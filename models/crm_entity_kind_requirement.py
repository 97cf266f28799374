from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import ormcache

# The properties of an entity: those of its kind, and those common to all.
FREE_FIELDS = ("entity_properties", "properties")


class CrmEntityKindRequirement(models.Model):
    """A field that every entity of a kind must have filled in."""

    _name = "crm.entity.kind.requirement"
    _description = "Required Field"
    _order = "kind_id, sequence, id"
    _rec_name = "label"

    kind_id = fields.Many2one(
        "crm.entity.kind", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    field_path = fields.Char(
        "Field",
        required=True,
        help="A field of the entity; a free field as entity_properties.name.",
    )
    label = fields.Char(compute="_compute_label")
    model_name = fields.Char(compute="_compute_model_name")

    _field_unique = models.Constraint(
        "UNIQUE(kind_id, field_path)", "A kind requires each field only once."
    )

    def _compute_model_name(self):
        """For the widget that lets people choose the field."""
        self.model_name = "res.partner"

    @api.depends("field_path", "kind_id.entity_properties_definition")
    @api.depends_context("lang")
    def _compute_label(self):
        for requirement in self:
            requirement.label = requirement._field_label() or requirement.field_path

    @api.constrains("field_path", "kind_id")
    def _check_field_path(self):
        for requirement in self:
            if not requirement._field_label():
                raise ValidationError(
                    self.env._(
                        "%(kind)s cannot require %(field)s: choose a field of the "
                        "entity, or one of the free fields of this very kind.",
                        kind=requirement.kind_id.name,
                        field=requirement.field_path,
                    )
                )

    def _field_label(self):
        """The name of the field as people read it; nothing if there is no such."""
        name, _, free_name = (self.field_path or "").partition(".")
        field = self.env["res.partner"]._fields.get(name)
        if name in FREE_FIELDS:
            return self._free_field_labels(name).get(free_name)
        if field is None or free_name or not (field.store or field.search):
            return None
        return field._description_string(self.env)

    def _free_field_labels(self, name):
        """{name: label} of the free fields of the kind, or of those common to all."""
        definition = self.kind_id.entity_properties_definition
        if name == "properties":
            common = self.env["properties.base.definition"].sudo()
            definition = common._get_definition_for_property_field(
                "res.partner", name
            ).properties_definition
        return {
            free["name"]: free.get("string")
            for free in definition or []
            if free["type"] != "separator"
        }

    # === CRUD: every write of an entity asks which fields are required === #

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @ormcache()
    def _required_names(self):
        """The fields of entities that some kind requires."""
        paths = self.sudo().search([]).mapped("field_path")
        return frozenset(path.partition(".")[0] for path in paths)

    # === WHAT IS MISSING === #

    def _missing_domain(self):
        """Entities of the kind that lack this field."""
        self.ensure_one()
        of_kind = Domain("entity_kind_id", "=", self.kind_id.id)
        # A free field that was deleted since is required no more.
        if not self._field_label():
            return Domain.FALSE
        return of_kind & Domain(self.field_path, "=", False)

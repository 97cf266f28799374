import json

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

# The properties of an entity: those of its kind, and those common to all.
FREE_FIELDS = ("entity_properties", "properties")
# What an empty free field may hold, as JSON: a zero says something.
EMPTY = ("null", "false", '""', "[]")


class CrmEntityKindRequirement(models.Model):
    """A field that every entity of a kind must have filled in."""

    _name = "crm.entity.kind.requirement"
    _inherit = ["crm.remembered"]
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
                        "entity, or one of the free fields of this very kind; no "
                        "checkbox, for one that is not ticked says something.",
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
        if field is None or free_name or not field.store or field.type == "boolean":
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
            if free["type"] not in ("separator", "boolean")
        }

    @api.model
    @ormcache()
    def _required_names(self):
        """The fields that some kind requires: every write of an entity asks."""
        paths = self.sudo().search([]).mapped("field_path")
        return frozenset(path.partition(".")[0] for path in paths)

    # === WHAT IS MISSING === #

    def _lacking(self, partners):
        """Those of the entities who lack this field."""
        self.ensure_one()
        name, _, free_name = self.field_path.partition(".")
        # A free field that was deleted since is required no more.
        if not self._field_label():
            return partners.browse()
        if not free_name:
            lack = Domain(name, "=", False)
            return partners.sudo().filtered_domain(lack).with_env(partners.env)
        return partners.filtered(
            lambda one: json.dumps(one[name]._values.get(free_name)) in EMPTY
        )

    def _lacking_domain(self):
        """Entities of the kind who lack this field; a zero is none."""
        self.ensure_one()
        name, _, free_name = self.field_path.partition(".")
        if not self._field_label():
            return Domain.FALSE
        of_kind = Domain("entity_kind_id", "=", self.kind_id.id)
        if not free_name:
            return of_kind & Domain(name, "=", False)
        self.env["res.partner"].flush_model([name])
        lacking = SQL(
            "SELECT id FROM res_partner "
            "WHERE coalesce(%s -> %s, 'null') = ANY(%s::jsonb[])",
            SQL.identifier(name),
            free_name,
            list(EMPTY),
        )
        return of_kind & Domain("id", "in", lacking)

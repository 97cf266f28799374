from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .engine import as_feed, is_feed


class ResPartner(models.Model):
    """The kind of an entity, its free fields, and what it still lacks.

    Whoever gives a kind, or empties a field that it requires, is told at once. What
    comes in from elsewhere (a new user, an order, a business card), and what was there
    before the kind required more, is not refused: it stands among the incomplete.
    """

    _inherit = "res.partner"

    entity_kind_id = fields.Many2one(
        "crm.entity.kind",
        "Kind",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
    )
    entity_properties = fields.Properties(
        "Free Fields",
        definition="entity_kind_id.entity_properties_definition",
        copy=True,
    )
    missing_fields = fields.Char(
        "Missing",
        compute="_compute_missing_fields",
        help="What its kind requires and is not known yet.",
    )
    is_incomplete = fields.Boolean(
        "Incomplete", compute="_compute_missing_fields", search="_search_is_incomplete"
    )

    @api.depends("entity_kind_id", "entity_properties")
    def _compute_missing_fields(self):
        for partner in self:
            missing = partner._missing_requirements()
            partner.missing_fields = ", ".join(missing.mapped("label")) or False
            partner.is_incomplete = bool(missing)

    @api.model
    def _search_is_incomplete(self, operator, _value):
        if operator != "in":
            return NotImplemented
        requirements = self.env["crm.entity.kind.requirement"].sudo().search([])
        return Domain.OR(requirement._missing_domain() for requirement in requirements)

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners.filtered("entity_kind_id")._check_complete()
        return partners

    def _load_records_write(self, values):
        """What is imported is looked at once all of it is there: Odoo writes free
        fields after all others.
        """
        given = set(values)
        super(ResPartner, as_feed(self))._load_records_write(values)
        self._check_complete(None if "entity_kind_id" in given else given)

    def write(self, vals):
        result = super().write(vals)
        required = self.env["crm.entity.kind.requirement"]._required_names()
        if "entity_kind_id" in vals or not required.isdisjoint(vals):
            self.invalidate_recordset(["missing_fields", "is_incomplete"], flush=False)
            self._check_complete(None if "entity_kind_id" in vals else vals)
        return result

    def onchange(self, values, field_names, fields_spec):
        """The fields of a kind that is chosen stand on the form at once.

        Odoo tells a form of other properties only if one of them has a value.
        """
        result = super().onchange(values, field_names, fields_spec)
        if "entity_kind_id" in field_names and "entity_properties" in fields_spec:
            partner = self.new({"entity_kind_id": values.get("entity_kind_id")})
            field = self._fields["entity_properties"]
            result["value"].setdefault(
                "entity_properties",
                field.convert_to_read(partner.entity_properties, partner),
            )
        return result

    def _check_complete(self, emptied=None):
        """Say what is missing.

        :param emptied: look only at the fields that are named here
        """
        if is_feed(self.env):
            return
        for partner in self:
            missing = partner._missing_requirements()
            if emptied is not None:
                missing = missing.filtered(
                    lambda required: required.field_path.partition(".")[0] in emptied
                )
            if missing:
                raise ValidationError(
                    self.env._(
                        "%(entity)s is of the kind %(kind)s. Please fill in: "
                        "%(fields)s.",
                        entity=partner.display_name or self.env._("This entity"),
                        kind=partner.entity_kind_id.name,
                        fields=", ".join(missing.mapped("label")),
                    )
                )

    def _missing_requirements(self):
        """What the kind of the entity requires and the entity has not."""
        self.ensure_one()
        requirements = self.entity_kind_id.sudo().requirement_ids
        return requirements.filtered(
            lambda required: self.filtered_domain(required._missing_domain())
        )

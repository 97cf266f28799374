from collections import defaultdict

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
        compute_sudo=True,
        help="What its kind requires and is not known yet.",
    )
    is_incomplete = fields.Boolean(
        "Incomplete",
        compute="_compute_missing_fields",
        compute_sudo=True,
        search="_search_is_incomplete",
    )

    @api.depends("entity_kind_id", "entity_properties")
    def _compute_missing_fields(self):
        missing = self._missing_requirements()
        for partner in self:
            partner.missing_fields = ", ".join(missing[partner].mapped("label"))
            partner.is_incomplete = bool(missing[partner])

    @api.model
    def _search_is_incomplete(self, operator, _value):
        if operator != "in":
            return NotImplemented
        requirements = self.env["crm.entity.kind.requirement"].sudo().search([])
        lacking = Domain.OR(one._lacking_domain() for one in requirements)
        return Domain("id", "in", self.sudo()._search(lacking, active_test=False))

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners._check_complete()
        return partners

    def write(self, vals):
        if not self._touches_requirements(vals):
            return super().write(vals)
        known = self._lacked()
        result = super().write(vals)
        self.invalidate_recordset(["missing_fields", "is_incomplete"], flush=False)
        self._check_complete(known)
        return result

    def _load_records_write(self, values):
        """What is imported is looked at once all of it is there: Odoo writes free
        fields after all others.
        """
        known = self._lacked()
        result = super(ResPartner, as_feed(self))._load_records_write(values)
        self._check_complete(known)
        return result

    def copy(self, default=None):
        """Who is incomplete, or has what cannot be copied, is copied all the same."""
        return super(ResPartner, as_feed(self)).copy(default).with_env(self.env)

    def onchange(self, values, field_names, fields_spec):
        """What is missing, and the fields of a kind that is chosen, follow at once.

        Odoo tells a form of other properties only if one of them has a value.
        """
        result = super().onchange(values, field_names, fields_spec)
        told = result["value"]
        if "entity_kind_id" in field_names and "entity_properties" in fields_spec:
            partner = self.new({"entity_kind_id": values.get("entity_kind_id")})
            field = self._fields["entity_properties"]
            of_kind = field.convert_to_read(partner.entity_properties, partner)
            told.setdefault("entity_properties", of_kind)
        if "missing_fields" in fields_spec and self._touches_requirements(field_names):
            partner = self.new(values, origin=self)
            # A new record shares what is remembered with the one looked at before.
            partner.invalidate_recordset(["missing_fields", "is_incomplete"])
            told["missing_fields"] = partner.missing_fields
            told["is_incomplete"] = partner.is_incomplete
        return result

    # === WHAT IS MISSING === #

    @api.model
    def _touches_requirements(self, names):
        required = self.env["crm.entity.kind.requirement"]._required_names()
        return "entity_kind_id" in names or not required.isdisjoint(names)

    def _check_complete(self, known=None):
        """Say what is missing, unless it was missing before.

        :param known: {entity: (its kind, what it lacked)} of before
        """
        if is_feed(self.env):
            return
        for partner, missing in self._missing_requirements().items():
            kind, lacked = (known or {}).get(partner, (None, missing.browse()))
            if kind == partner.entity_kind_id:
                missing -= lacked
            if missing:
                raise ValidationError(
                    self.env._(
                        "%(entity)s is of the kind %(kind)s. Please fill in: "
                        "%(fields)s.",
                        entity=partner.display_name or self.env._("This entity"),
                        kind=partner.sudo().entity_kind_id.name,
                        fields=", ".join(missing.mapped("label")),
                    )
                )

    def _lacked(self):
        """{entity: (its kind, what it lacks)}"""
        missing = self._missing_requirements()
        return {partner: (partner.entity_kind_id, missing[partner]) for partner in self}

    def _missing_requirements(self):
        """{entity: what its kind requires and it has not}; a look for each requirement
        of a kind, however many entities.
        """
        missing = defaultdict(self.env["crm.entity.kind.requirement"].sudo().browse)
        for kind, partners in self.grouped("entity_kind_id").items():
            for requirement in kind.sudo().requirement_ids:
                for partner in requirement._lacking(partners):
                    missing[partner] |= requirement
        return missing

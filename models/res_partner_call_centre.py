from odoo import api, models

from .engine import as_feed

OPERATORS = "crm_playbook.group_call_centre"


class ResPartner(models.Model):
    """Whom the operators of the call centre enter is of the kind the company set."""

    _inherit = "res.partner"

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        is_contact = values.get("parent_id") or self.env.context.get(
            "default_parent_id"
        )
        if "entity_kind_id" in fields_list and not is_contact:
            values.setdefault("entity_kind_id", self._kind_of_operators().id)
        return values

    @api.model_create_multi
    def create(self, vals_list):
        """A contact of a company is of no kind by that; who is not entered in a form,
        where the kind is seen, may lack what it requires.
        """
        kind = self._kind_of_operators()
        if not kind or all("entity_kind_id" in vals for vals in vals_list):
            return super().create(vals_list)
        told = [
            {"entity_kind_id": not vals.get("parent_id") and kind.id, **vals}
            for vals in vals_list
        ]
        return super(ResPartner, as_feed(self)).create(told).with_env(self.env)

    @api.model
    def _kind_of_operators(self):
        if not self.env.user.has_group(OPERATORS):
            return self.env["crm.entity.kind"]
        return self.env.company.sudo().crm_call_centre_kind_id

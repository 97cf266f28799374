from collections import defaultdict

from odoo import api, models

from ..models.crm_entity_kind_requirement import FREE_FIELDS
from ..models.engine import as_feed


class MergeFreeFields(models.TransientModel):
    """The kept entity has the free fields of all, as far as it has none of its own.

    It keeps its kind. What stood in free fields of another kind has no place there: its
    chatter says it.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_values(self, src_partners, dst_partner):
        free = [
            (name, *self._filled_free_fields(partner, name), partner)
            for name in FREE_FIELDS
            for partner in src_partners.concat(dst_partner)
        ]
        result = super()._update_values(src_partners, dst_partner)
        merged = defaultdict(dict)
        for name, definition, filled, partner in free:
            if definition == self._definition(dst_partner, name):
                merged[name] |= {field["name"]: _id_or_value(field) for field in filled}
            elif filled:
                self._tell_free_fields(dst_partner, partner, filled)
        for name, values in merged.items():
            as_feed(dst_partner)[name] = values
        return result

    @api.model
    def _filled_free_fields(self, partner, name):
        free = partner.read([name])[0][name]
        filled = [field for field in free if field.get("value")]
        return self._definition(partner, name), filled

    @api.model
    def _definition(self, partner, name):
        """What says which free fields there are: the kind, or Odoo for everybody."""
        return partner[partner._fields[name].definition_record]

    @api.model
    def _tell_free_fields(self, dst_partner, partner, filled):
        dst_partner.message_post(
            body=self.env._(
                "%(entity)s was of the kind %(kind)s: %(values)s",
                entity=partner.name,
                kind=partner.entity_kind_id.name,
                values=", ".join(
                    f"{field['string']}: {_in_words(field)}" for field in filled
                ),
            )
        )


def _id_or_value(field):
    """As it is written: a record, or a list of them, is read with its name."""
    value = field["value"]
    if field["type"] == "many2one":
        return value[0]
    if field["type"] == "many2many":
        return [record_id for record_id, _name in value]
    return value


def _in_words(field):
    value = field["value"]
    if field["type"] == "many2one":
        return value[1]
    if field["type"] == "many2many":
        return ", ".join(name for _record_id, name in value)
    return value

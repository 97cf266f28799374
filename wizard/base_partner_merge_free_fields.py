from odoo import api, models

from ..models.engine import as_feed


class MergeFreeFields(models.TransientModel):
    """The kept entity has the free fields of all, as far as it has none of its own.

    It keeps its kind. What stood in free fields of another kind has no place there: its
    chatter says it.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_values(self, src_partners, dst_partner):
        free = {
            partner: (partner.entity_kind_id, self._filled_free_fields(partner))
            for partner in src_partners.concat(dst_partner)
        }
        result = super()._update_values(src_partners, dst_partner)
        merged = {}
        for partner, (kind, filled) in free.items():
            if kind == dst_partner.entity_kind_id:
                merged |= {field["name"]: _id_or_value(field) for field in filled}
            elif filled:
                self._tell_free_fields(dst_partner, partner, filled)
        if merged:
            as_feed(dst_partner).entity_properties = merged
        return result

    @api.model
    def _filled_free_fields(self, partner):
        free = partner.read(["entity_properties"])[0]["entity_properties"]
        return [field for field in free if field.get("value")]

    @api.model
    def _tell_free_fields(self, dst_partner, partner, filled):
        dst_partner.message_post(
            body=self.env._(
                "%(entity)s was of the kind %(kind)s: %(values)s",
                entity=partner.name,
                kind=partner.entity_kind_id.name,
                values=", ".join(
                    f"{field['string']}: {field['value']}" for field in filled
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

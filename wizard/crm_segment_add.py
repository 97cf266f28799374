from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmSegmentAdd(models.TransientModel):
    """Put entities on a fixed list, or on a new one."""

    _name = "crm.segment.add"
    _description = "Add to a Segment"

    segment_id = fields.Many2one(
        "crm.segment",
        "Fixed List",
        domain=[("is_static", "=", True)],
        ondelete="cascade",
    )
    name = fields.Char("New List")
    partner_ids = fields.Many2many("res.partner", string="Entities")
    partner_count = fields.Integer("How Many", compute="_compute_partner_count")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "res.partner":
            values["partner_ids"] = self.env.context.get("active_ids")
        return values

    @api.depends("partner_ids")
    def _compute_partner_count(self):
        for addition in self:
            addition.partner_count = len(addition.partner_ids)

    def action_add(self):
        """Put the entities on the list and open it.

        :raise UserError: without a list, or a name for a new one
        """
        self.ensure_one()
        if not (self.segment_id or self.name):
            raise UserError(
                self.env._("Choose a fixed list, or enter the name of a new one.")
            )
        segment = self.segment_id or self.env["crm.segment"].create(
            {"name": self.name, "is_static": True}
        )
        segment.add_partners(self.partner_ids.ids)
        return segment.get_formview_action()

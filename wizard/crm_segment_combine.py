from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmSegmentCombine(models.TransientModel):
    """Make a segment of segments: who is in all, in any, or in the first alone."""

    _name = "crm.segment.combine"
    _description = "Combine Segments"

    operator = fields.Selection(
        [
            ("and", "In all of them"),
            ("or", "In any of them"),
            ("without", "In the first without the others"),
        ],
        "Who Is In It",
        required=True,
        default="and",
    )
    first_id = fields.Many2one(
        "crm.segment", "First Segment", required=True, ondelete="cascade"
    )
    other_ids = fields.Many2many("crm.segment", string="With", required=True)
    name = fields.Char(compute="_compute_name", store=True, readonly=False)
    partner_count = fields.Integer("Entities", compute="_compute_partner_count")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "crm.segment":
            first, *others = self.env.context.get("active_ids") or [False]
            values |= {"first_id": first, "other_ids": others}
        return values

    @api.depends("operator", "first_id", "other_ids")
    def _compute_name(self):
        for combination in self:
            combination.name = combination._name_in_words()

    @api.depends("operator", "first_id", "other_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_partner_count(self):
        partners = self.env["res.partner"]
        for combination in self:
            combination.partner_count = partners.search_count(combination._domain())

    def action_combine(self):
        """Make the segment and open it.

        :raise UserError: unless there are at least two segments
        """
        self.ensure_one()
        if not self.other_ids - self.first_id:
            raise UserError(self.env._("Choose at least two segments to combine."))
        segment = self.env["crm.segment"].create(
            {
                "name": self.name,
                "domain": str(self._domain()),
                "company_id": self.first_id.company_id.id,
            }
        )
        return segment.get_formview_action()

    def _domain(self):
        """The combination as conditions that people can read and change."""
        first, others = self.first_id._origin, (self.other_ids - self.first_id)._origin
        if self.operator == "or":
            return [("crm_segment_ids", "in", (first | others).ids)]
        if self.operator == "without":
            return [
                ("crm_segment_ids", "in", first.ids),
                ("crm_segment_ids", "not in", others.ids),
            ]
        return [("crm_segment_ids", "in", [one]) for one in (first | others).ids]

    def _name_in_words(self):
        first = self.first_id.name or ""
        others = (self.other_ids - self.first_id._origin).mapped("name")
        if self.operator == "without":
            return self.env._(
                "%(first)s without %(others)s", first=first, others=", ".join(others)
            )
        word = self.env._("or") if self.operator == "or" else self.env._("and")
        return f" {word} ".join([first, *others])

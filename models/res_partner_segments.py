from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .audience import SALESPEOPLE
from .crm_segment import UNREADABLE, open_segments


class ResPartner(models.Model):
    """The segments an entity is in now: so segments are conditions, too."""

    _inherit = "res.partner"

    crm_segment_ids = fields.Many2many(
        "crm.segment",
        string="Segments",
        compute="_compute_crm_segment_ids",
        search="_search_crm_segment_ids",
        groups=SALESPEOPLE,
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_crm_segment_ids(self):
        """One query for each segment: for a screen with one entity, not for lists.

        One that the user may not evaluate is not told: its own form says why.
        """
        self.crm_segment_ids = False
        entities = self._origin
        for segment in self.env["crm.segment"].search([]):
            try:
                members = segment._about(entities)._partner_domain()
                found = self.search(Domain("id", "in", entities.ids) & members)
            except UNREADABLE:
                continue
            for partner in self:
                if partner._origin in found:
                    partner.crm_segment_ids |= segment

    @api.model
    def _search_crm_segment_ids(self, operator, value):
        """Who is in one of the segments."""
        self._check_may_search(SALESPEOPLE)
        if operator == "in" and False in value:
            nowhere = ~self._search_crm_segment_ids("any", Domain.TRUE)
            return nowhere | self._search_crm_segment_ids("in", value - {False})
        if operator not in ("in", "any"):
            return NotImplemented
        return Domain.OR(
            segment._partner_domain()
            for segment in self._named_segments(operator, value)
        )

    @api.model
    def _named_segments(self, operator, value):
        """The segments of a condition. Whoever may use a segment may use those it is
        made of, but conditions over segments are met with the user's own rights.
        """
        segments = self.env["crm.segment"]
        within = bool(open_segments(self.env))
        if operator == "any":
            return segments.browse(segments._search(value, bypass_access=within))
        ids = list(value)
        named = segments.with_context(active_test=False).sudo(within or self.env.su)
        if gone := set(ids) - set(named.sudo().browse(ids).exists().ids):
            raise UserError(self.env._("There is no segment %s any more.", min(gone)))
        return named.search([("id", "in", ids)]).with_env(self.env)

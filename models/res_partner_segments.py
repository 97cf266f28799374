from odoo import api, fields, models
from odoo.fields import Domain

from .crm_segment import open_segments
from .res_partner_history import ABOUT, SALESPEOPLE


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

        Each reads the history of these entities alone.
        """
        self.crm_segment_ids = False
        shown = Domain("id", "in", self._origin.ids)
        about = {ABOUT: tuple(self._origin.sudo().commercial_partner_id.ids)}
        for segment in self.env["crm.segment"].with_context(**about).search([]):
            members = self.search(shown & segment._partner_domain())
            for partner in self:
                if partner._origin in members:
                    partner.crm_segment_ids |= segment.with_env(self.env)

    @api.model
    def _search_crm_segment_ids(self, operator, value):
        """Who is in one of the segments."""
        self._check_may_search(SALESPEOPLE)
        if operator == "in" and False in value:
            nowhere = ~self._search_crm_segment_ids("any", Domain.TRUE)
            return nowhere | self._search_crm_segment_ids("in", value - {False})
        if operator not in ("in", "any"):
            return NotImplemented
        such = Domain("id", "in", value) if operator == "in" else value
        segments = self.env["crm.segment"].with_context(active_test=operator == "any")
        found = segments.sudo(bool(open_segments(self.env)) or self.env.su).search(such)
        return Domain.OR(
            segment._partner_domain() for segment in found.with_env(segments.env)
        )

from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class CrmSegment(models.Model):
    """A stored domain over entities, read anew each time it is used."""

    _name = "crm.segment"
    _description = "Segment"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    description = fields.Text(translate=True)
    domain = fields.Char(required=True, default="[]")
    company_id = fields.Many2one("res.company")
    partner_count = fields.Integer("Entities", compute="_compute_partner_count")
    campaign_ids = fields.One2many("crm.campaign", "segment_id", "Campaigns")

    @api.constrains("domain")
    def _check_domain(self):
        for segment in self:
            try:
                segment._partners(limit=1)
            except (ValueError, SyntaxError, TypeError, KeyError) as error:
                raise ValidationError(
                    self.env._(
                        "The conditions of segment %(name)s cannot be read: %(error)s",
                        name=segment.name,
                        error=error,
                    )
                ) from error

    @api.depends("domain", "company_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_partner_count(self):
        partners = self.env["res.partner"]
        for segment in self:
            segment.partner_count = partners.search_count(segment._partner_domain())

    def action_view_partners(self):
        """Open the entities that are in the segment now."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "res.partner",
            "view_mode": "list,kanban,form",
            "domain": list(self._partner_domain()),
        }

    def _partners(self, limit=None):
        return self.env["res.partner"].search(self._partner_domain(), limit=limit)

    def _partner_domain(self):
        """The domain of the segment's entities, within its company if it has one."""
        self.ensure_one()
        domain = Domain(literal_eval(self.domain or "[]"))
        if self.company_id:
            domain &= Domain("company_id", "in", [False, self.company_id.id])
        return domain

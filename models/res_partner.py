from odoo import api, fields, models

from .engine import as_engine, is_engine
from .event import Event


class ResPartner(models.Model):
    """An entity: its commercial status, its actions and its ledger."""

    _inherit = "res.partner"

    commercial_status_id = fields.Many2one(
        "crm.commercial.status",
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
        tracking=True,
    )
    commercial_status_date = fields.Datetime("Status Since", copy=False, readonly=True)
    crm_action_ids = fields.One2many("crm.action", "partner_id", "Actions")
    crm_action_count = fields.Integer(
        compute="_compute_crm_action_count", groups="sales_team.group_sale_salesman"
    )

    def _compute_crm_action_count(self):
        counts = dict(
            self.env["crm.action"]._read_group(
                [("partner_id", "in", self.ids)], ["partner_id"], ["__count"]
            )
        )
        for partner in self:
            partner.crm_action_count = counts.get(partner, 0)

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._leave_out_date(dict(vals)) for vals in vals_list]
        partners = super().create(vals_list)
        partners.filtered("commercial_status_id")._record_status()
        return partners

    def write(self, vals):
        vals = self._leave_out_date(dict(vals))
        if "commercial_status_id" not in vals or is_engine(self.env):
            return super().write(vals)
        before = {partner: partner.commercial_status_id for partner in self}
        result = super().write(vals)
        changed = self.filtered(lambda p: p.commercial_status_id != before[p])
        changed._record_status(before)
        return result

    @api.model
    def _leave_out_date(self, vals):
        """Since when somebody has a status is for the ledger to say."""
        if not is_engine(self.env):
            vals.pop("commercial_status_date", None)
        return vals

    def unlink(self):
        """A status given by mistake is no history: its lines go with the entity."""
        lines = self.env["crm.transition"].sudo()
        mere_statuses = lines.search(
            [
                ("partner_id", "in", self.ids),
                ("lead_id", "=", False),
                ("action_id", "=", False),
            ]
        )
        self.check_access("unlink")
        as_engine(mere_statuses).unlink()
        return super().unlink()

    def _record_status(self, before=None):
        """Date a status given by hand, and leave a line in the ledger."""
        as_engine(self).write({"commercial_status_date": fields.Datetime.now()})
        no_lead, no_action = self.env["crm.lead"], self.env["crm.action"]
        lines = self.env["crm.transition"]._open_new(
            [Event("status", partner, no_lead, no_action) for partner in self]
        )
        for partner, line in zip(self, lines, strict=True):
            line._note(
                status_before_id=before[partner].id if before else False,
                status_after_id=partner.commercial_status_id.id,
            )

    def _status_lines(self, limit):
        """The lines of the ledger that gave it its latest statuses, the last first."""
        of_entity = [("partner_id", "=", self.id), *self._gave_status()]
        return self.env["crm.transition"].sudo().search(of_entity, limit=limit)

    def _record_merged_status(self):
        """Say in the ledger which status it kept, where another one came in last."""
        lines = self.env["crm.transition"].sudo()
        last = self._status_lines(limit=1).status_after_id
        if last == self.commercial_status_id:
            return
        merged = Event("merged", self, self.env["crm.lead"], self.env["crm.action"])
        lines._open(merged)._note(
            status_before_id=last.id, status_after_id=self.commercial_status_id.id
        )

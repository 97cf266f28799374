from odoo import api, models
from odoo.fields import Domain


class CrmLead(models.Model):
    """What of the timeline belongs to an opportunity."""

    _name = "crm.lead"
    _inherit = ["crm.lead", "crm.timeline"]

    @api.model
    def _timeline_names(self):
        """Payments are of invoices, which may be of several opportunities."""
        names = super()._timeline_names()
        return [name for name in names if name not in ("payments", "campaigns")]

    def _timeline_domain(self, model):
        if model == "mail.message":
            return Domain("model", "=", self._name) & Domain("res_id", "=", self.id)
        if model == "account.move":
            return Domain("id", "in", self._invoice_lines().move_id.ids)
        names = {"sale.order": "opportunity_id", "calendar.event": "opportunity_id"}
        return Domain(names.get(model, "lead_id"), "=", self.id)

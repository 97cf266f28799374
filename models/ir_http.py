from odoo import models


class IrHttp(models.AbstractModel):
    """What the screens know of each company from the start."""

    _inherit = "ir.http"

    def session_info(self):
        info = super().session_info()
        allowed = info.get("user_companies", {}).get("allowed_companies", {})
        for company in self.env["res.company"].sudo().browse(allowed):
            allowed[company.id]["crm_week_start"] = int(company.crm_week_start)
        return info

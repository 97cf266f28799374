"""Days of figures begin where the company is: when that changes, they count anew.

It reads all opportunities and actions of campaigns once, which takes some seconds for
a million; companies seldom move.
"""

from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def write(self, vals):
        result = super().write(vals)
        if {"resource_calendar_id", "partner_id"} & set(vals):
            self._count_days_anew()
        return result

    def _count_days_anew(self):
        campaigns = self.env["crm.campaign"].sudo().with_context(active_test=False)
        if campaigns.search_count([("company_id", "in", self.ids)], limit=1):
            self.env["crm.campaign.figure.delta"].sudo()._rebuild()


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if "tz" in vals:
            companies = self.env["res.company"].sudo()
            companies.search([("partner_id", "in", self.ids)])._count_days_anew()
        return result


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def write(self, vals):
        result = super().write(vals)
        if "tz" in vals:
            companies = self.env["res.company"].sudo()
            companies.search(
                [("resource_calendar_id", "in", self.ids)]
            )._count_days_anew()
        return result

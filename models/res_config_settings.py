from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """The settings of the company that one works in."""

    _inherit = "res.config.settings"

    crm_standard_hour = fields.Float(
        related="company_id.crm_standard_hour", readonly=False
    )
    crm_release_hours = fields.Float(
        related="company_id.crm_release_hours", readonly=False
    )
    crm_call_centre_kind_id = fields.Many2one(
        related="company_id.crm_call_centre_kind_id", readonly=False
    )
    crm_week_start = fields.Selection(
        related="company_id.crm_week_start", readonly=False, required=True
    )
    crm_attribution_days = fields.Integer(
        related="company_id.crm_attribution_days", readonly=False
    )
    crm_attribution_half_life = fields.Float(
        related="company_id.crm_attribution_half_life", readonly=False
    )
    crm_points_letter = fields.Boolean(
        related="company_id.crm_points_letter", readonly=False
    )
    crm_points_letter_hour = fields.Float(
        related="company_id.crm_points_letter_hour", readonly=False
    )

from odoo import fields, models


class CrmTeam(models.Model):
    """Teams stand below others: a region's, a country's."""

    _inherit = "crm.team"
    _parent_name = "parent_id"
    _parent_store = True

    parent_id = fields.Many2one(
        "crm.team",
        "Part of",
        ondelete="restrict",
        index=True,
        help="The region, or whatever larger team it belongs to. Who leads that one "
        "sees what this one does, and figures roll up to it.",
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("crm.team", "parent_id", "Teams Below")

    def _is_led_by(self, user):
        """Whether a user leads the team, or one that it is part of."""
        self.ensure_one()
        above = map(int, self.sudo().parent_path.split("/")[:-1])
        return not set(above).isdisjoint(user.sudo().led_team_ids.ids)


class ResUsers(models.Model):
    _inherit = "res.users"

    led_team_ids = fields.One2many("crm.team", "user_id", "Teams Led")

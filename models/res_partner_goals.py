from odoo import models
from odoo.fields import Domain

from .res_partner_history import Trail, trail_field

OPEN = Domain("won_status", "=", "pending") & Domain("active", "=", True)


def _closed(result):
    """Goals of opportunities that were closed so, and still are."""
    still = Domain("result", "=", result) & Domain("lead_id.won_status", "=", result)
    return Trail("crm.transition", "partner_id", "goal_id", "date", still)


class ResPartner(models.Model):
    """What there is to reach with an entity, what was reached, and what was not."""

    _inherit = "res.partner"

    open_goal_ids = trail_field(
        "open_goal_ids",
        "crm.goal",
        Trail("crm.lead", "partner_id", "goal_id", "create_date", OPEN),
        string="Open Goals",
        help="Of opportunities that are open; begun in the period of the segment.",
    )
    won_goal_ids = trail_field(
        "won_goal_ids",
        "crm.goal",
        _closed("won"),
        string="Goals Won",
        help="Of opportunities that were won in the period of the segment.",
    )
    lost_goal_ids = trail_field(
        "lost_goal_ids",
        "crm.goal",
        _closed("lost"),
        string="Goals Lost",
        help="Of opportunities that were lost in the period of the segment.",
    )

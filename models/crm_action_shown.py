from odoo import fields, models

from .engine import is_mirror


class CrmActionShown(models.AbstractModel):
    """A record of Odoo that shows an action: what is done to it is done to both.

    An action has one of each kind at most, and the engine alone says of which it is.
    """

    _name = "crm.action.shown"
    _description = "Shows an Action"
    _inherit = ["crm.engine.guarded"]

    _engine_fields = frozenset({"crm_action_id"})

    crm_action_id = fields.Many2one(
        "crm.action", "Playbook Action", copy=False, readonly=True, ondelete="cascade"
    )

    _one_per_action_index = models.UniqueIndex(
        "(crm_action_id) WHERE crm_action_id IS NOT NULL"
    )

    def _with_action(self):
        """Those that show an action, unless the action itself is writing."""
        if is_mirror(self.env):
            return self.browse()
        return self.filtered(lambda shown: shown.sudo().crm_action_id)

    def _actions(self):
        """Their actions, with the rights of whoever asks."""
        return self.env["crm.action"].browse(self.sudo().crm_action_id.ids)

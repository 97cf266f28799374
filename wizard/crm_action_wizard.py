from odoo import fields, models


class CrmActionWizard(models.AbstractModel):
    """What the wizards on actions share: the actions that are on the screen."""

    _name = "crm.action.wizard"
    _description = "Wizard on Actions"

    action_ids = fields.Many2many(
        "crm.action",
        string="Actions",
        required=True,
        default=lambda self: self._default_action_ids(),
    )

    def _default_action_ids(self):
        if self.env.context.get("active_model") != "crm.action":
            return False
        return self.env.context.get("active_ids")

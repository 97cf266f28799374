from odoo import fields, models


class CrmActionReschedule(models.TransientModel):
    """Ask for the new date of actions, and whether they are done at an hour."""

    _name = "crm.action.reschedule"
    _description = "Re-plan Actions"
    _inherit = ["crm.action.wizard"]

    mode = fields.Selection(
        [("planned", "At an hour"), ("free", "Free from a date")],
        help="Where neither is chosen, they stay as they are.",
    )
    date = fields.Datetime("New Date", required=True)
    hours = fields.Float(help="How long each takes; if 0, as long as its type says.")

    def action_reschedule(self):
        if self.mode == "planned":
            self.action_ids.plan(self.date, hours=self.hours or None)
        elif self.mode == "free":
            self.action_ids.free(self.date)
        else:
            self.action_ids.reschedule(self.date)
        return {"type": "ir.actions.act_window_close"}

from odoo import api, fields, models


class CrmPlaybookStageRetire(models.TransientModel):
    """Ask which stage takes the place of one that is retired."""

    _name = "crm.playbook.stage.retire"
    _description = "Retire Stage"

    stage_id = fields.Many2one(
        "crm.playbook.stage",
        required=True,
        default=lambda self: self.env.context.get("active_id"),
    )
    playbook_id = fields.Many2one(related="stage_id.playbook_id")
    open_count = fields.Integer("Opportunities", compute="_compute_what_follows")
    task_count = fields.Integer("Planned Tasks", compute="_compute_what_follows")
    rule_ids = fields.Many2many("crm.playbook.rule", compute="_compute_what_follows")
    is_replaced = fields.Boolean(compute="_compute_what_follows")
    to_stage_id = fields.Many2one(
        "crm.playbook.stage",
        "Goes To",
        compute="_compute_to_stage_id",
        store=True,
        readonly=False,
    )
    to_task_type_id = fields.Many2one(related="to_stage_id.task_type_id")
    to_closes_as = fields.Selection(related="to_stage_id.closes_as")

    @api.depends("stage_id")
    def _compute_what_follows(self):
        for wizard in self:
            stage = wizard.stage_id
            wizard.open_count = stage._open_counts().get(stage.id, 0)
            wizard.task_count = stage._planned_count()
            wizard.rule_ids = stage._rules_to_it()
            wizard.is_replaced = bool(stage._why_not_archived())

    @api.depends("stage_id")
    def _compute_to_stage_id(self):
        for wizard in self:
            wizard.to_stage_id = wizard.stage_id._next()

    def action_retire(self):
        self.ensure_one()
        self.stage_id.retire(self.is_replaced and self.to_stage_id.id)
        return {"type": "ir.actions.act_window_close"}

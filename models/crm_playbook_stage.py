from odoo import api, fields, models
from odoo.exceptions import UserError

from .crm_action_type import CHANNEL_ICONS


class CrmPlaybookStage(models.Model):
    """One step of a playbook. Entering it plans its task."""

    _name = "crm.playbook.stage"
    _description = "Playbook Stage"
    _inherit = ["crm.task.plan"]
    _order = "playbook_id, sequence, id"

    name = fields.Char(required=True, translate=True)
    playbook_id = fields.Many2one(
        "crm.playbook", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="playbook_id.company_id")
    sequence = fields.Integer(default=10)
    description = fields.Html(
        translate=True, help="What this step is for; shown to whoever does its task."
    )
    active = fields.Boolean(default=True)
    closes_as = fields.Selection(
        [("won", "Won"), ("lost", "Lost")],
        help="The end of the way: entering the stage closes the opportunity so, and "
        "closing it so enters the stage.",
    )
    user_id = fields.Many2one("res.users", string="Stage's User")
    crm_stage_id = fields.Many2one(
        "crm.stage",
        string="Pipeline Stage",
        ondelete="set null",
        help="Where the opportunity stands in Odoo's pipeline meanwhile.",
    )
    mail_template_id = fields.Many2one(
        "mail.template",
        string="E-mail Template",
        ondelete="restrict",
        help="Instead of the template of the action type.",
    )
    sms_template_id = fields.Many2one(
        "sms.template",
        string="SMS Template",
        ondelete="restrict",
        help="Instead of the template of the action type.",
    )
    survey_id = fields.Many2one(
        "survey.survey",
        ondelete="restrict",
        help="Instead of the survey of the action type.",
    )
    rule_ids = fields.One2many("crm.playbook.rule", "stage_id", string="Rules")
    timing = fields.Char(compute="_compute_timing")

    _end_has_no_task = models.Constraint(
        "CHECK(closes_as IS NULL OR task_type_id IS NULL)",
        "A stage that closes the opportunity has no task.",
    )

    @api.depends("task_mode", "task_delay_days", "task_delay_hours")
    def _compute_timing(self):
        for stage in self:
            stage.timing = stage._delay_text() or self.env._("at once")

    @api.depends("name", "playbook_id.name")
    @api.depends_context("with_playbook")
    def _compute_display_name(self):
        result = super()._compute_display_name()
        if self.env.context.get("with_playbook"):
            for stage in self:
                stage.display_name = f"{stage.playbook_id.name} / {stage.name}"
        return result

    def write(self, vals):
        if "playbook_id" in vals and self.playbook_id.ids not in (
            [],
            [vals["playbook_id"]],
        ):
            raise UserError(
                self.env._(
                    "A stage stays in its playbook: make a new one in the other."
                )
            )
        if vals.get("active") is False:
            self._check_not_in_use()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_not_in_use()
        lines = self.env["crm.transition"].sudo()
        told = ["|", ("from_stage_id", "in", self.ids), ("to_stage_id", "in", self.ids)]
        if lines.search(told, limit=1):
            raise UserError(
                self.env._("The ledger tells of this stage: archive it instead.")
            )

    def _check_not_in_use(self):
        """A stage that somebody is in, or that a rule goes to, is kept."""
        for stage in self:
            if journeys := stage._journeys_in():
                raise UserError(
                    self.env._(
                        "%(count)s opportunities are in stage %(stage)s: move them to "
                        "another stage first.",
                        count=len(journeys),
                        stage=stage.name,
                    )
                )
            rules = self.env["crm.playbook.rule"].sudo()
            if rule := rules.search([("target_stage_id", "=", stage.id)], limit=1):
                raise UserError(
                    self.env._(
                        "A rule goes to stage %(stage)s: change it first. %(rule)s",
                        stage=stage.name,
                        rule=rule.sentence,
                    )
                )

    def _journeys_in(self):
        leads = self.env["crm.lead"].sudo()
        return leads.search(
            [("playbook_stage_id", "in", self.ids), ("won_status", "=", "pending")]
        )

    def _next(self):
        """The stage after this one, or none after the last."""
        steps = self.playbook_id._steps()
        if self not in steps:
            return self.browse()
        position = steps.ids.index(self.id)
        return steps[position + 1 : position + 2]

    # === MESSAGES === #

    def _mail_template(self, action_type):
        return self.mail_template_id or action_type.mail_template_id

    def _sms_template(self, action_type):
        return self.sms_template_id or action_type.sms_template_id

    def _survey(self, action_type):
        return self.survey_id or action_type.survey_id

    # === STAGE LINE === #

    def _stage_line_item(self, figures):
        return {
            "id": self.id,
            "name": self.name or "",
            "task": self.task_type_id.name or "",
            "icon": CHANNEL_ICONS.get(self.task_channel, "fa-circle-o"),
            "mode": self.task_mode or "",
            "timing": self.timing,
            "closes_as": self.closes_as or "",
            "figures": figures.get(self, False),
        }

from math import inf

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_action_type import CHANNEL_ICONS
from .engine import is_engine


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
        """A stage that somebody is in, or that a rule goes to, is kept, or retired."""
        if is_engine(self.env):
            return
        for stage in self:
            if reason := stage._why_not_archived():
                raise RedirectWarning(
                    reason,
                    self.env.ref("crm_playbook.crm_playbook_stage_retire_action").id,
                    self.env._("Retire %s", stage.name),
                    {"active_model": self._name, "active_id": stage.id},
                )

    def _why_not_archived(self):
        """Why the stage must be retired first, in words for a person; else nothing."""
        if count := sum(self._open_counts().values()):
            return self.env._(
                "Stage %(stage)s is not empty (%(who)s): retire it, which moves who is "
                "in it to another stage.",
                stage=self.name,
                who=self._opportunities_text(count),
            )
        if rules := self._rules_to_it():
            return self.env._(
                "A rule goes to stage %(stage)s: retire the stage, which sends the "
                "rule to another one. %(rule)s",
                stage=self.name,
                rule=rules[0].sentence,
            )
        return None

    def _rules_to_it(self):
        rules = self.env["crm.playbook.rule"].sudo()
        return rules.search([("target_stage_id", "in", self.ids)])

    def _open_domain(self):
        """The open opportunities in the stages."""
        return Domain("playbook_stage_id", "in", self.ids) & Domain(
            "won_status", "=", "pending"
        )

    def _open_counts(self, condition=None):
        """How many opportunities are open in each stage, {id: count}.

        :param condition: SQL on ``crm_lead``
        """
        query = self.env["crm.lead"].sudo()._search(self._open_domain())
        if condition:
            query.add_where(condition)
        query.groupby = SQL.identifier("crm_lead", "playbook_stage_id")
        rows = self.env.execute_query(query.select(query.groupby, SQL("count(*)")))
        return dict(rows)

    @api.model
    def _opportunities_text(self, count):
        if count == 1:
            return self.env._("1 opportunity")
        return self.env._("%s opportunities", f"{count:,}")

    def _in_order(self):
        """As a journey goes through them; what is not saved yet after its equals."""
        return self.sorted(lambda stage: (stage.sequence, stage._origin.id or inf))

    def _next(self):
        """The stage after this one, or none after the last."""
        return self._step_away(1)

    def _previous(self):
        """The stage before this one, or none before the first."""
        return self._step_away(-1)

    def _step_away(self, distance):
        steps = self.playbook_id._steps()
        if self not in steps:
            return self.browse()
        position = steps.ids.index(self.id) + distance
        return steps[position] if 0 <= position < len(steps) else self.browse()

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

from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmPlaybook(models.Model):
    """A chain of stages, and the rules that move a journey along it."""

    _name = "crm.playbook"
    _description = "Playbook"
    _inherit = ["mail.thread"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    purpose = fields.Selection(
        [
            ("acquisition", "Acquisition"),
            ("loyalty", "Loyalty"),
            ("survey", "Surveys"),
            ("collection", "Unpaid"),
            ("cross_selling", "Cross-selling"),
            ("sales", "Sales Process"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
    )
    description = fields.Html(translate=True)
    company_id = fields.Many2one("res.company")
    stage_ids = fields.One2many("crm.playbook.stage", "playbook_id", copy=True)
    rule_ids = fields.One2many("crm.playbook.rule", "playbook_id", copy=False)
    campaign_ids = fields.One2many("crm.campaign", "playbook_id")
    stage_count = fields.Integer(compute="_compute_stage_count")
    campaign_count = fields.Integer(compute="_compute_campaign_count")
    open_journey_count = fields.Integer(
        "Under Way", compute="_compute_open_journey_count"
    )
    stage_line = fields.Json(compute="_compute_stage_line")
    max_visits = fields.Integer(
        "Loop Limit",
        default=20,
        required=True,
        help="How often a journey may enter the same stage, or be given automatic "
        "tasks during one stay in it. Beyond that the loop is cut and the journey "
        "says so.",
    )

    _max_visits_positive = models.Constraint(
        "CHECK(max_visits > 0)", "The loop limit must be at least 1."
    )

    @api.depends("stage_ids")
    def _compute_stage_count(self):
        for playbook in self:
            playbook.stage_count = len(playbook.stage_ids)

    @api.depends("campaign_ids")
    def _compute_campaign_count(self):
        counts = dict(
            self.env["crm.campaign"]._read_group(
                [("playbook_id", "in", self.ids), ("is_template", "=", False)],
                ["playbook_id"],
                ["__count"],
            )
        )
        for playbook in self:
            playbook.campaign_count = counts.get(playbook, 0)

    def _compute_open_journey_count(self):
        counts = dict(
            self.env["crm.lead"]._read_group(
                [("playbook_id", "in", self.ids), ("won_status", "=", "pending")],
                ["playbook_id"],
                ["__count"],
            )
        )
        for playbook in self:
            playbook.open_journey_count = counts.get(playbook, 0)

    @api.depends("stage_ids.sequence", "stage_ids.name", "stage_ids.task_type_id")
    def _compute_stage_line(self):
        for playbook in self:
            playbook.stage_line = playbook._stage_line()

    def _stage_line(self, figures=None):
        """The stages in order, for the stage line on screen.

        :param figures: what goes on in each stage, if that is shown:
            {stage: {"here", "planned", "done", "failed"}}
        """
        self.ensure_one()
        return [stage._stage_line_item(figures or {}) for stage in self._stages()]

    def _stages(self):
        """The stages in the order in which a journey goes through them."""
        return self.stage_ids._in_order()

    def _steps(self):
        """The stages that a journey goes through before it is closed."""
        return self._stages().filtered(lambda stage: not stage.closes_as)

    def _closing_stage(self, result):
        """The stage where journeys end that are closed so, if the playbook has one."""
        return self._stages().filtered(lambda stage: stage.closes_as == result)[:1]

    def _first_stage(self):
        """Where a journey begins.

        :raise UserError: when the playbook has no stage
        """
        self.ensure_one()
        first = self._steps()[:1]
        if not first:
            raise UserError(
                self.env._(
                    "Playbook %s has no stage yet: add one before using it.", self.name
                )
            )
        return first

    def copy_data(self, default=None):
        return [
            {**values, "name": self.env._("%s (copy)", playbook.name)}
            if "name" not in (default or {})
            else values
            for playbook, values in zip(self, super().copy_data(default), strict=True)
        ]

    def copy(self, default=None):
        """Copy the rules too, pointing at the copied stages."""
        copies = super().copy(default)
        for playbook, duplicate in zip(self, copies, strict=True):
            playbook._copy_rules_to(duplicate)
        return copies

    def _copy_rules_to(self, duplicate):
        copied = dict(zip(self._stages().ids, duplicate._stages().ids, strict=True))
        for rule in self.rule_ids:
            rule.copy(
                {
                    "playbook_id": duplicate.id,
                    "stage_id": copied.get(rule.stage_id.id, False),
                    "target_stage_id": copied.get(rule.target_stage_id.id, False),
                }
            )

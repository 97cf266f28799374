from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

TRIGGERS = [
    ("outcome", "Outcome recorded"),
    ("attempts", "N actions in the stage"),
    ("mail_opened", "E-mail opened"),
    ("mail_clicked", "Link clicked"),
    ("mail_replied", "E-mail answered"),
    ("mail_bounced", "E-mail undeliverable"),
    ("sms_failed", "SMS undeliverable"),
    ("survey_done", "Survey answered"),
    ("idle", "N hours in the stage"),
    ("order_confirmed", "Order confirmed"),
    ("invoice_paid", "Invoice paid"),
]
MOVES = [
    ("stay", "Stay in the stage"),
    ("next", "Go to the next stage"),
    ("stage", "Go to a given stage"),
    ("won", "Close as won"),
    ("lost", "Close as lost"),
]


class CrmPlaybookRule(models.Model):
    """What follows when something happens.

    How a rule is chosen stands in ``crm_playbook_rule_answer.py``, what it then does in
    ``crm_playbook_rule_effects.py``. A new effect is one field here and one method
    there.
    """

    _name = "crm.playbook.rule"
    _description = "Playbook Rule"
    _inherit = ["crm.task.plan", "crm.remembered"]
    _order = "playbook_id, stage_id, sequence, id"

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(related="playbook_id.company_id")

    # When
    playbook_id = fields.Many2one(
        "crm.playbook",
        ondelete="cascade",
        index=True,
        compute="_compute_playbook_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Where the rule holds. Everywhere, if empty.",
    )
    stage_id = fields.Many2one(
        "crm.playbook.stage",
        ondelete="cascade",
        index="btree_not_null",
        help="The only stage where the rule holds. In the whole playbook, if empty.",
    )
    trigger = fields.Selection(TRIGGERS, required=True, default="outcome")
    action_type_id = fields.Many2one(
        "crm.action.type",
        ondelete="restrict",
        help="Only for actions of this type. Any type, if empty.",
    )
    outcome_id = fields.Many2one("crm.outcome", ondelete="restrict")
    attempts = fields.Integer(
        default=3, help="How many such actions done during one stay in the stage."
    )
    idle_hours = fields.Float(default=24)
    score_min = fields.Float("Lowest Score", help="In percent.")
    score_max = fields.Float("Highest Score", default=100, help="In percent.")

    # Then
    commercial_status_id = fields.Many2one(
        "crm.commercial.status",
        string="New Status",
        ondelete="restrict",
        help="The commercial status of entity and opportunity. Unchanged, if empty.",
    )
    points = fields.Integer(help="For whoever did the action.")
    move = fields.Selection(MOVES, required=True, default="stay")
    target_stage_id = fields.Many2one("crm.playbook.stage", ondelete="restrict")
    lost_reason_id = fields.Many2one("crm.lost.reason", ondelete="restrict")
    spawn_campaign_id = fields.Many2one(
        "crm.campaign",
        string="Start Campaign",
        ondelete="restrict",
        domain=[("is_template", "=", False)],
        help="Start an opportunity of this campaign for the same entity.",
    )

    _outcome_given = models.Constraint(
        "CHECK(trigger <> 'outcome' OR outcome_id IS NOT NULL)",
        "Choose the outcome that the rule answers.",
    )
    _target_given = models.Constraint(
        "CHECK((move = 'stage') = (target_stage_id IS NOT NULL))",
        "Choose the stage to go to, and only where the rule goes to a given stage.",
    )
    _attempts_positive = models.Constraint(
        "CHECK(trigger <> 'attempts' OR attempts > 0)",
        "The number of actions must be at least 1.",
    )
    _idle_positive = models.Constraint(
        "CHECK(trigger <> 'idle' OR idle_hours > 0)",
        "The number of idle hours must be more than 0.",
    )

    @api.depends("stage_id")
    def _compute_playbook_id(self):
        for rule in self.filtered("stage_id"):
            rule.playbook_id = rule.stage_id.playbook_id

    @api.constrains("playbook_id", "stage_id", "target_stage_id")
    def _check_stages_in_playbook(self):
        for rule in self:
            for stage in rule.stage_id | rule.target_stage_id:
                if stage.playbook_id != rule.playbook_id:
                    raise ValidationError(
                        self.env._(
                            "Stage %(stage)s is not in playbook %(playbook)s: "
                            "choose one of its own stages.",
                            stage=stage.name,
                            playbook=rule.playbook_id.name or self.env._("(none)"),
                        )
                    )

    @api.constrains("action_type_id", "outcome_id")
    def _check_outcome_of_type(self):
        for rule in self.filtered(lambda rule: rule.action_type_id and rule.outcome_id):
            if rule.outcome_id not in rule.action_type_id.outcome_ids:
                raise ValidationError(
                    self.env._(
                        "%(type)s cannot end with %(outcome)s: add the outcome to the "
                        "action type first.",
                        type=rule.action_type_id.name,
                        outcome=rule.outcome_id.name,
                    )
                )

    # === CRUD === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_answered(self):
        if self._told_of():
            raise UserError(
                self.env._("The ledger tells of this rule: archive it instead.")
            )

    def _told_of(self):
        """Those that the ledger tells of."""
        lines = self.env["crm.transition"].sudo()
        rows = lines._read_group([("rule_id", "in", self.ids)], ["rule_id"])
        return self.browse(rule.id for (rule,) in rows)

    def _retire(self):
        """They answer no more: gone, but for those that the ledger tells of."""
        told_of = self._told_of()
        told_of.active = False
        (self - told_of).unlink()

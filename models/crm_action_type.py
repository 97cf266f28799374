from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

MONEY_GROUPS = "sales_team.group_sale_manager"
CHANNELS = [
    ("call", "Call"),
    ("visit", "Visit"),
    ("meeting", "Meeting"),
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("survey", "Survey"),
    ("task", "Other Task"),
]
MESSAGE_CHANNELS = ("email", "sms", "survey")
CHANNEL_ACTIVITIES = {
    "call": "mail.mail_activity_data_call",
    "visit": "mail.mail_activity_data_meeting",
    "meeting": "mail.mail_activity_data_meeting",
    "email": "mail.mail_activity_data_email",
}
CHANNEL_ICONS = {
    "call": "fa-phone",
    "visit": "fa-map-marker",
    "meeting": "fa-users",
    "email": "fa-envelope",
    "sms": "fa-mobile",
    "survey": "fa-list-ul",
    "task": "fa-check-square-o",
}


class CrmActionType(models.Model):
    """A kind of action: how it is done, how long it takes and what it costs."""

    _name = "crm.action.type"
    _description = "Action Type"
    _inherit = ["crm.replaceable"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    channel = fields.Selection(CHANNELS, required=True, default="call")
    icon = fields.Char(compute="_compute_icon")
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        "Odoo Activity",
        compute="_compute_activity_type_id",
        store=True,
        readonly=False,
        domain=[("chaining_type", "=", "suggest"), ("res_model", "=", False)],
        help="As what it shows among the activities of whoever has to do it.",
    )
    duration = fields.Float(default=0.25, help="How long one action takes, in hours.")
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    marginal_cost = fields.Monetary(
        groups=MONEY_GROUPS, help="What one more action of this type costs the company."
    )
    outcome_ids = fields.Many2many(
        "crm.outcome",
        "crm_action_type_outcome_rel",
        "action_type_id",
        "outcome_id",
        string="Outcomes",
        help="What an action of this type may end with.",
    )
    sent_outcome_id = fields.Many2one(
        "crm.outcome",
        string="Outcome When Sent",
        ondelete="restrict",
        help="With what an automatic message ends once it is on its way.",
    )
    mail_template_id = fields.Many2one(
        "mail.template", string="E-mail Template", ondelete="restrict"
    )
    sms_template_id = fields.Many2one(
        "sms.template", string="SMS Template", ondelete="restrict"
    )
    survey_id = fields.Many2one("survey.survey", ondelete="restrict")
    script = fields.Html(
        translate=True, help="What to say or do; shown to whoever does the action."
    )

    _name_unique = models.Constraint(
        "UNIQUE(name)", "An action type with this name exists already."
    )
    _duration_positive = models.Constraint(
        "CHECK(duration >= 0)", "A duration cannot be negative."
    )

    @api.constrains("sent_outcome_id", "outcome_ids")
    def _check_sent_outcome(self):
        for action_type in self:
            if action_type.sent_outcome_id - action_type.outcome_ids:
                raise ValidationError(
                    self.env._(
                        "%(outcome)s is not among the outcomes of %(type)s: "
                        "add it there first.",
                        outcome=action_type.sent_outcome_id.name,
                        type=action_type.name,
                    )
                )

    @api.depends("channel")
    def _compute_icon(self):
        for action_type in self:
            action_type.icon = CHANNEL_ICONS.get(action_type.channel)

    @api.depends("channel")
    def _compute_activity_type_id(self):
        for action_type in self:
            name = CHANNEL_ACTIVITIES.get(
                action_type.channel, "mail.mail_activity_data_todo"
            )
            action_type.activity_type_id = self.env.ref(name, raise_if_not_found=False)

    def _length(self):
        """How long one action takes, as a time span."""
        return timedelta(hours=self.duration)

    def _check_can_be_automatic(self):
        for action_type in self:
            if not action_type._is_message():
                raise ValidationError(
                    self.env._(
                        "%s cannot be automatic: only e-mails, SMS and surveys can. "
                        "Choose planned or free.",
                        action_type.name,
                    )
                )

    def _brought_about_by(self):
        of_this = [("task_type_id", "=", self.id)]
        models = ("crm.playbook.rule", "crm.playbook.stage", "crm.operation")
        return [self.env[model].sudo().search(of_this) for model in models]

    def _check_never_automatic(self, other):
        """Another type that people do takes this one's place: is it never automatic?

        :raise UserError: when the scheduler does actions of this type somewhere
        """
        of_this = [("task_type_id", "=", self.id), ("task_mode", "=", "automatic")]
        planned = [
            ("action_type_id", "=", self.id),
            ("mode", "=", "automatic"),
            ("state", "=", "planned"),
        ]
        automatic = {
            "crm.playbook.rule": of_this,
            "crm.playbook.stage": of_this,
            "crm.operation": of_this,
            "crm.action": planned,
        }
        for model, domain in automatic.items():
            records = self.env[model].sudo().with_context(active_test=False)
            if found := records.search(domain, limit=1):
                raise UserError(
                    self.env._(
                        "%(other)s is done by people, %(this)s by the scheduler, for "
                        "instance: %(where)s. Choose an e-mail, SMS or survey instead.",
                        other=other.name,
                        this=self.name,
                        where=found.display_name,
                    )
                )

    def _is_message(self):
        """Whether the scheduler can do such an action by itself."""
        return self.channel in MESSAGE_CHANNELS

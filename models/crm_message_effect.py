from odoo import fields, models
from odoo.tools import SQL

from . import company_day
from .crm_action_type import CHANNELS, MESSAGE_CHANNELS


class CrmMessageEffect(models.Model):
    """What became of each message that an action sent: Odoo's own traces, told apart.

    Who answered has read it, and who read it has got it, whatever came back. Counted
    are traces of actions; cost grows with them.
    """

    _name = "crm.message.effect"
    _inherit = ["crm.campaign.report"]
    _description = "Effect of a Message"
    _auto = False
    _rec_name = "action_id"
    _order = "date desc, id desc"
    _ratios = {
        "delivery_rate": ("delivered_count", "sent_count"),
        "opening_rate": ("opened_count", "delivered_count"),
        "click_rate": ("clicked_count", "delivered_count"),
        "answer_rate": ("answered_count", "delivered_count"),
        "bounce_rate": ("bounced_count", "sent_count"),
    }
    _depends = {
        "mailing.trace": [
            "crm_action_id",
            "trace_status",
            "failure_type",
            "sent_datetime",
            "links_click_datetime",
            "mass_mailing_id",
        ],
        "crm.action": [
            "crm_campaign_id",
            "playbook_stage_id",
            "user_id",
            "team_id",
            "action_type_id",
            "survey_answer_id",
        ],
        "survey.user_input": ["state"],
        "crm.campaign": ["segment_id", "playbook_id"],
    }

    action_id = fields.Many2one("crm.action", readonly=True)
    partner_id = fields.Many2one("res.partner", "Entity", readonly=True)
    action_type_id = fields.Many2one("crm.action.type", "Type of Action", readonly=True)
    mass_mailing_id = fields.Many2one("mailing.mailing", "Mailing", readonly=True)
    channel = fields.Selection(
        [pair for pair in CHANNELS if pair[0] in MESSAGE_CHANNELS], readonly=True
    )
    message_count = fields.Integer("Messages", readonly=True)
    waiting_count = fields.Integer("Waiting", readonly=True)
    sent_count = fields.Integer("Sent", readonly=True)
    delivered_count = fields.Integer("Delivered", readonly=True)
    opened_count = fields.Integer("Opened", readonly=True)
    clicked_count = fields.Integer("Clicked", readonly=True)
    answered_count = fields.Integer(
        "Answered", readonly=True, help="Replied to, or the survey was filled in."
    )
    bounced_count = fields.Integer("Bounced", readonly=True)
    failed_count = fields.Integer("Failed", readonly=True)
    in_doubt_count = fields.Integer("In Doubt", readonly=True)
    delivery_rate = fields.Float(
        readonly=True, aggregator="avg", help="Delivered of those sent."
    )
    opening_rate = fields.Float(
        readonly=True, aggregator="avg", help="Opened of those delivered."
    )
    click_rate = fields.Float(
        readonly=True, aggregator="avg", help="Clicked of those delivered."
    )
    answer_rate = fields.Float(
        readonly=True, aggregator="avg", help="Answered of those delivered."
    )
    bounce_rate = fields.Float(
        readonly=True, aggregator="avg", help="Bounced of those sent."
    )

    @property
    def _table_query(self):
        return SQL(
            "SELECT effect.*, %s FROM (%s) effect", self._ratio_columns(), _effects()
        )

    def action_view_actions(self):
        """Open the action that sent the message."""
        self.ensure_one()
        return self.action_id.get_formview_action()


# What Odoo says of a trace, as what it means.
COUNTS = {
    "message_count": "true",
    "waiting_count": "status IN ('outgoing', 'process')",
    "sent_count": "status IN ('pending', 'sent', 'open', 'reply', 'bounce') OR heard",
    "delivered_count": "status IN ('sent', 'open', 'reply') OR heard",
    "opened_count": "status IN ('open', 'reply') OR heard",
    "clicked_count": "clicked",
    "answered_count": "status = 'reply' OR filled_in",
    "bounced_count": "status = 'bounce'",
    "failed_count": "status = 'error' AND NOT in_doubt AND NOT heard",
    "in_doubt_count": "status = 'error' AND in_doubt AND NOT heard",
}


def _effects():
    return SQL(
        """SELECT told.*, %s
             FROM (SELECT told.*, clicked OR filled_in AS heard FROM (%s) told) told""",
        SQL(", ").join(
            SQL("(%s)::int AS %s", SQL(what), SQL.identifier(name))
            for name, what in COUNTS.items()
        ),
        _traces(),
    )


def _traces():
    return SQL(
        """SELECT trace.id,
                  action.id AS action_id,
                  action.crm_campaign_id,
                  action.playbook_stage_id,
                  stage.playbook_id,
                  campaign.segment_id,
                  action.user_id,
                  action.team_id,
                  action.company_id,
                  action.partner_id,
                  action.action_type_id,
                  type.channel,
                  trace.mass_mailing_id,
                  %s AS date,
                  trace.trace_status AS status,
                  trace.failure_type IS NOT DISTINCT FROM 'in_doubt' AS in_doubt,
                  trace.links_click_datetime IS NOT NULL AS clicked,
                  coalesce(sheet.state = 'done', false) AS filled_in
             FROM mailing_trace trace
             JOIN crm_action action ON action.id = trace.crm_action_id
             JOIN crm_action_type type ON type.id = action.action_type_id
        LEFT JOIN crm_campaign campaign ON campaign.id = action.crm_campaign_id
        LEFT JOIN crm_playbook_stage stage ON stage.id = action.playbook_stage_id
        LEFT JOIN survey_user_input sheet ON sheet.id = action.survey_answer_id
               %s
            WHERE trace.trace_status <> 'cancel'""",
        company_day.day(SQL("coalesce(trace.sent_datetime, trace.create_date)")),
        company_day.join_zone_of_company(SQL("action.company_id")),
    )

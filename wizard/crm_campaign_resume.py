from datetime import timedelta

from odoo import api, fields, models

from ..models.crm_campaign_pause import ON_RESUME

# After that long the numbers are counted again, and looked at again.
NUMBERS_HOLD = timedelta(minutes=10)


class CrmCampaignResume(models.TransientModel):
    """Ask what becomes of what fell due during a pause, and show what that means.

    The numbers are of one moment, and the campaign resumes by that moment, so that
    what is shown is what happens. What falls due later is done when it does.
    """

    _name = "crm.campaign.resume"
    _description = "Resume Campaign"

    campaign_id = fields.Many2one(
        "crm.campaign",
        required=True,
        default=lambda self: self.env.context.get("active_id"),
    )
    paused_at = fields.Datetime(related="campaign_id.paused_at")
    counted_at = fields.Datetime(required=True, default=fields.Datetime.now)
    is_counted_again = fields.Boolean()
    on_resume = fields.Selection(
        ON_RESUME,
        "What Fell Due",
        required=True,
        compute="_compute_choice",
        store=True,
        readonly=False,
    )
    spread_days = fields.Integer(
        "Days", compute="_compute_choice", store=True, readonly=False
    )
    email_count = fields.Integer("E-mails", compute="_compute_counts")
    sms_count = fields.Integer("SMS", compute="_compute_counts")
    survey_count = fields.Integer("Surveys", compute="_compute_counts")
    message_count = fields.Integer("Messages", compute="_compute_counts")
    idle_count = fields.Integer("Idle Opportunities", compute="_compute_counts")
    late_count = fields.Integer("Overdue Tasks of People", compute="_compute_counts")
    plan = fields.Json("What Is Done When", compute="_compute_plan")

    @api.depends("campaign_id")
    def _compute_choice(self):
        for wizard in self:
            wizard.on_resume = wizard.campaign_id.on_resume
            wizard.spread_days = wizard.campaign_id.spread_days

    @api.depends("campaign_id", "counted_at")
    def _compute_counts(self):
        for wizard in self:
            campaign, moment = wizard._campaign_and_moment()
            due = campaign._due_counts(moment, days=1)
            wizard.email_count = due.get((0, "email"), 0)
            wizard.sms_count = due.get((0, "sms"), 0)
            wizard.survey_count = due.get((0, "survey"), 0)
            wizard.message_count = sum(due.values())
            wizard.idle_count = campaign._idle_counts(moment, days=1).get(0, 0)
            wizard.late_count = campaign._late_count()

    @api.depends("campaign_id", "counted_at", "on_resume", "spread_days")
    def _compute_plan(self):
        for wizard in self:
            wizard.plan = wizard._plan()

    def _plan(self):
        """What is done on which day, for each day on which anything is."""
        if self.on_resume == "skip":
            return []
        campaign, moment = self._campaign_and_moment()
        days = self._days()
        due = campaign._due_counts(moment, days)
        idle = campaign._idle_counts(moment, days)
        rows = [
            {
                "date": fields.Datetime.to_string(date),
                "email": due.get((day, "email"), 0),
                "sms": due.get((day, "sms"), 0),
                "survey": due.get((day, "survey"), 0),
                "idle": idle.get(day, 0),
            }
            for day, date in enumerate(campaign._spread_dates(moment, days))
        ]
        return [row for row in rows if any(row[name] for name in row if name != "date")]

    def _campaign_and_moment(self):
        """What is counted: nothing that one may not see, and nothing still to come."""
        self.campaign_id.check_access("read")
        return self.campaign_id, min(self.counted_at, fields.Datetime.now())

    def _days(self):
        return min(max(self.spread_days, 1), 365) if self.on_resume == "spread" else 1

    def action_resume(self):
        self.ensure_one()
        if self.counted_at < fields.Datetime.now() - NUMBERS_HOLD:
            return self._count_again()
        self.campaign_id.write(
            {"on_resume": self.on_resume, "spread_days": self.spread_days}
        )
        campaign, moment = self._campaign_and_moment()
        campaign._resume(moment)
        return {"type": "ir.actions.act_window_close"}

    def _count_again(self):
        """The same wizard with numbers of this moment."""
        self.write({"counted_at": fields.Datetime.now(), "is_counted_again": True})
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_playbook.crm_campaign_resume_action"
        )
        return action | {"res_id": self.id}

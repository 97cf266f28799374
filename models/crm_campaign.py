import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .engine import as_engine

STATES = [
    ("draft", "Draft"),
    ("to_approve", "To Approve"),
    ("approved", "Approved"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("closed", "Closed"),
]
PLANNED = ("draft", "to_approve", "approved")


class CrmCampaign(models.Model):
    """A playbook applied to a segment, by people, between dates, for money."""

    _name = "crm.campaign"
    _description = "Campaign"
    _inherit = ["crm.engine.guarded", "mail.thread", "mail.activity.mixin"]
    _order = "sequence, date_start desc, id desc"

    _transitions = {
        "draft": {"to_approve", "running", "closed"},
        "to_approve": {"draft", "approved", "closed"},
        "approved": {"draft", "running", "closed"},
        "running": {"paused", "closed"},
        "paused": {"running", "closed"},
        "closed": set(),
    }
    _engine_fields = frozenset(
        {
            "state",
            "utm_campaign_id",
            "generated_at",
            "is_generated",
            "generation_started_at",
            "generation_total",
            "generation_done",
            "generation_resumed_from",
            "generation_reached",
            "paused_at",
            "idle_from",
            "idle_spread_days",
            "approval_step_id",
            "submitted_by_id",
        }
    )

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    is_template = fields.Boolean(
        "Template", help="A model from which campaigns are made; it never runs."
    )
    state = fields.Selection(
        STATES, required=True, default="draft", readonly=True, copy=False, tracking=True
    )
    description = fields.Html()
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        help="Whose campaign it is. A template may be everybody's.",
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    utm_campaign_id = fields.Many2one(
        "utm.campaign",
        "UTM Campaign",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="Odoo's own campaign, which leads, orders, invoices, mailings and clicks "
        "carry.",
    )
    playbook_id = fields.Many2one(
        "crm.playbook", required=True, ondelete="restrict", tracking=True, index=True
    )
    segment_id = fields.Many2one(
        "crm.segment", ondelete="restrict", tracking=True, index="btree_not_null"
    )
    date_start = fields.Date(default=fields.Date.context_today, tracking=True)
    date_end = fields.Date(tracking=True)
    frequency = fields.Selection(
        [
            ("once", "Once, when it is launched"),
            ("daily", "Every day, as entities enter the segment"),
        ],
        required=True,
        default="once",
    )
    reentry = fields.Selection(
        [
            ("never", "Never"),
            ("delay", "Some days after the last one was closed"),
        ],
        string="Again For The Same Entity",
        required=True,
        default="never",
    )
    reentry_days = fields.Integer("Days Before Again", default=365)
    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
        tracking=True,
    )
    team_id = fields.Many2one("crm.team", "Sales Team", ondelete="restrict")
    member_ids = fields.Many2many(
        "res.users",
        string="People",
        domain=[("share", "=", False)],
        help="Who works on the campaign. The members of the team, if empty.",
    )
    assignment = fields.Selection(
        [
            ("entity_salesperson", "The entity's salesperson"),
            ("round_robin", "The campaign's people in turn"),
            ("least_loaded", "The least loaded of the campaign's people"),
            ("responsible", "The responsible of the campaign"),
            ("nobody", "Nobody: whoever of the team takes it"),
        ],
        string="Opportunities Go To",
        required=True,
        default="entity_salesperson",
    )
    lead_ids = fields.One2many("crm.lead", "crm_campaign_id", "Opportunities")
    action_ids = fields.One2many("crm.action", "crm_campaign_id", "Actions")
    stage_line = fields.Json(compute="_compute_stage_line")
    rule_ids = fields.One2many(related="playbook_id.rule_ids")

    _utm_campaign_unique = models.Constraint(
        "UNIQUE(utm_campaign_id)", "Each campaign has a UTM campaign of its own."
    )
    _dates_in_order = models.Constraint(
        "CHECK(date_end IS NULL OR date_start IS NULL OR date_end >= date_start)",
        "A campaign cannot end before it begins.",
    )
    _reentry_days_positive = models.Constraint(
        "CHECK(reentry_days >= 0)", "The number of days cannot be negative."
    )

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for campaign in self:
            company = campaign.company_id or self.env.company
            campaign.currency_id = company.currency_id

    @api.depends("playbook_id", "lead_ids.playbook_stage_id", "action_ids.state")
    def _compute_stage_line(self):
        figures = self.env["crm.campaign.figure"].sudo()._by_stage(self)
        for campaign in self:
            campaign.stage_line = (
                campaign.playbook_id._stage_line(figures[campaign])
                if campaign.playbook_id
                else []
            )

    @api.constrains("playbook_id")
    def _check_playbook_stays(self):
        """Opportunities under way keep the playbook they began."""
        for campaign in self:
            if campaign._has_opportunities(
                Domain("playbook_id", "!=", campaign.playbook_id.id)
            ):
                raise ValidationError(
                    self.env._(
                        "%s has opportunities already: its playbook cannot change. "
                        "Make another campaign for the other playbook.",
                        campaign.name,
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        campaigns = super().create(vals_list)
        campaigns.filtered(lambda campaign: not campaign.is_template)._make_own()
        return campaigns

    def write(self, vals):
        if "is_template" in vals:
            self._check_template_stays(vals["is_template"])
        if "company_id" in vals:
            self._check_company_stays(vals["company_id"])
        result = super().write(vals)
        if "name" in vals:
            for campaign in self.filtered("utm_campaign_id"):
                campaign.utm_campaign_id.sudo().title = campaign.name
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for campaign in self:
            if campaign._has_opportunities():
                raise UserError(
                    self.env._(
                        "%s has opportunities: close it or archive it instead.",
                        campaign.name,
                    )
                )

    def _has_opportunities(self, domain=Domain.TRUE):
        """Whether there is one of that kind, archived ones included."""
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        own = Domain("crm_campaign_id", "in", self.ids)
        return bool(leads.search_count(own & domain, limit=1))

    def unlink(self):
        utm_campaigns = self.utm_campaign_id
        result = super().unlink()
        utm_campaigns.sudo().unlink()
        return result

    def copy_data(self, default=None):
        return [
            {**values, "name": self.env._("%s (copy)", campaign.name)}
            if "name" not in (default or {})
            else values
            for campaign, values in zip(self, super().copy_data(default), strict=True)
        ]

    def _check_template_stays(self, is_template):
        if any(campaign.is_template != bool(is_template) for campaign in self):
            raise UserError(
                self.env._(
                    "A template stays a template, and a campaign a campaign: use the "
                    "template to make a campaign, or copy the campaign."
                )
            )

    def _check_company_stays(self, company_id):
        """Its days, money and approvals are those of its company."""
        for campaign in self.filtered(lambda campaign: not campaign.is_template):
            if campaign.company_id.id == company_id:
                continue
            if not company_id:
                raise UserError(
                    self.env._("%s belongs to a company: choose which.", campaign.name)
                )
            if campaign.state not in PLANNED or campaign._has_opportunities():
                raise UserError(
                    self.env._(
                        "%s was launched: it stays with its company. Make a campaign "
                        "of the other company instead.",
                        campaign.name,
                    )
                )

    def _make_own(self):
        """Give each campaign what it alone has: a company and a UTM campaign."""
        for campaign in self:
            company = campaign.company_id or self.env.company
            utm_campaign = (
                self.env["utm.campaign"]
                .sudo()
                .create(
                    {
                        "title": campaign.name,
                        "user_id": campaign.user_id.id or self.env.uid,
                        "company_id": company.id,
                    }
                )
            )
            as_engine(campaign).write(
                {"company_id": company.id, "utm_campaign_id": utm_campaign.id}
            )

    # === CONTRACT === #

    def action_launch(self):
        """Start the campaigns: first opportunities are made at once, the rest follows.

        :raise UserError: when there is no segment or no stage, or it is not a draft
        """
        self.check_access("write")
        for campaign in self:
            campaign._check_ready()
            campaign._move_to("running")
            if campaign._is_its_time():
                campaign._generate_first_batch()
        return True

    def action_close(self):
        """Close the campaigns: planned actions of their opportunities are cancelled.

        The opportunities stay open for the people who work on them.
        """
        self.check_access("write")
        self._move_to("closed")
        for campaign in self:
            campaign._cancel_planned(
                self.env._("Campaign %s was closed.", campaign.name)
            )
        return True

    def _cancel_planned(self, reason, which=None, skip_pending_since=None):
        """Cancel what is planned for its opportunities, in one statement.

        :param which: SQL on ``crm_action``; all that is planned, if empty
        :param datetime skip_pending_since: that the opportunities have still to go on
        :return: how many there were
        """
        self.env.flush_all()
        cancelled = self.env.execute_query(
            SQL(
                """UPDATE crm_action
                      SET state = 'cancelled', cancel_reason = %s,
                          skip_pending_since = %s, write_date = %s, write_uid = %s
                    WHERE crm_campaign_id = %s AND state = 'planned' AND %s
                RETURNING id, mode""",
                reason,
                skip_pending_since,
                fields.Datetime.now(),
                self.env.uid,
                self.id,
                which or SQL("true"),
            )
        )
        self.env.invalidate_all(flush=False)
        human = [action_id for action_id, mode in cancelled if mode != "automatic"]
        self.env["crm.action"].browse(human)._reflect()
        return len(cancelled)

    def action_use_template(self):
        """Make a campaign from the template and open it."""
        self.ensure_one()
        campaign = self.copy(
            {
                "is_template": False,
                "name": self.name,
                "user_id": self.user_id.id or self.env.uid,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": campaign.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    # === THE DOOR === #

    def _move_to(self, state, **values):
        for campaign in self.filtered("is_template"):
            raise UserError(
                self.env._(
                    "%s is a template: make a campaign from it first.", campaign.name
                )
            )
        return super()._move_to(state, **values)

    def _check_ready(self):
        self.playbook_id._first_stage()
        if not self.segment_id:
            raise UserError(
                self.env._("Choose the segment of %s first: whom is it for?", self.name)
            )

    def _people(self):
        """Who works on the campaign: its people, else those of its team."""
        people = self.member_ids or self.team_id.member_ids
        return people.filtered("active")

    def _wake_machine(self, moment=None):
        """Have the scheduler look at once, or then, instead of at its next round."""
        for name in ("ir_cron_generate_campaigns", "ir_cron_run_due_actions"):
            self.env.ref(f"crm_playbook.{name}").sudo()._trigger(moment)

    def _zone(self):
        """The time zone in which the campaign's days begin."""
        company = self.company_id.partner_id
        return pytz.timezone(company.tz or self.user_id.tz or "UTC")

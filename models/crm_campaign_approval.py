from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .crm_campaign import PLANNED
from .engine import as_engine

ACTIVITY = "crm_playbook.mail_activity_type_approval"
# What approvers have looked at: whatever else changes, their approval holds.
APPROVED = (
    "offer",
    "audience",
    "objectives",
    "company_id",
    "playbook_id",
    "segment_id",
    "control_share",
    "frequency",
    "reentry",
    "reentry_days",
    "date_start",
    "date_end",
    "user_id",
    "team_id",
    "member_ids",
    "assignment",
    "budget",
    "fixed_cost",
)
# What of the segment says who is in it.
SEGMENT = {
    *("domain", "partner_ids", "with_contacts", "is_static", "company_id"),
    *("period", "period_days", "date_from", "date_to"),
}


class CrmCampaignApproval(models.Model):
    """What somebody decided about a campaign, in one step of its approval."""

    _name = "crm.campaign.approval"
    _description = "Decision on a Campaign"
    _inherit = ["crm.engine.guarded"]
    _order = "id desc"
    _rec_name = "step_id"
    _engine_fields = frozenset(
        {
            "crm_campaign_id",
            "step_id",
            "user_id",
            "decided_at",
            "decision",
            "note",
            "is_current",
        }
    )

    crm_campaign_id = fields.Many2one(
        "crm.campaign", "Campaign", required=True, readonly=True, ondelete="cascade"
    )
    step_id = fields.Many2one(
        "crm.approval.step", required=True, readonly=True, ondelete="restrict"
    )
    user_id = fields.Many2one(
        "res.users", "Decided By", required=True, readonly=True, ondelete="restrict"
    )
    decided_at = fields.Datetime("Decided On", required=True, readonly=True)
    decision = fields.Selection(
        [("approved", "Approved"), ("refused", "Refused")], required=True, readonly=True
    )
    note = fields.Text(readonly=True)
    is_current = fields.Boolean(
        "Holds",
        readonly=True,
        help="Not any more once the campaign was refused or changed.",
    )

    _one_decision_index = models.UniqueIndex(
        "(crm_campaign_id, step_id) WHERE is_current",
        "Somebody else has decided this step just now.",
    )
    _one_person_index = models.UniqueIndex(
        "(crm_campaign_id, user_id) WHERE is_current",
        "Nobody approves the same campaign twice.",
    )


class CrmCampaign(models.Model):
    """How a campaign is approved before it is launched, step by step.

    Where steps of its company apply, a draft is submitted, approved in each step in
    turn, and then launched. What was approved is what runs: a change of it takes the
    approvals back.
    """

    _inherit = "crm.campaign"

    approval_ids = fields.One2many(
        "crm.campaign.approval", "crm_campaign_id", "Decisions", readonly=True
    )
    approval_step_id = fields.Many2one(
        "crm.approval.step", "Waits For", readonly=True, copy=False, ondelete="restrict"
    )
    submitted_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="restrict"
    )
    needs_approval = fields.Boolean(compute="_compute_needs_approval")
    may_launch = fields.Boolean(compute="_compute_needs_approval")
    may_decide = fields.Boolean(compute="_compute_approvers")
    approver_ids = fields.Many2many(
        "res.users", string="Who Decides", compute="_compute_approvers"
    )
    is_changed_since = fields.Boolean(
        compute="_compute_is_changed_since",
        help="It runs, but not as it was approved.",
    )

    @api.depends("state", "company_id", "is_template")
    def _compute_needs_approval(self):
        for campaign in self:
            campaign.needs_approval = bool(
                campaign.state == "draft" and campaign._approval_steps()
            )
            campaign.may_launch = campaign.state == "approved" or (
                campaign.state == "draft" and not campaign.needs_approval
            )

    @api.depends("state", "approval_step_id")
    @api.depends_context("uid")
    def _compute_approvers(self):
        for campaign in self:
            step = campaign.sudo().approval_step_id
            approvers = step._approvers(campaign.sudo()._origin)
            campaign.approver_ids = approvers
            campaign.may_decide = self.env.user in approvers

    @api.depends("state", "approval_ids.is_current")
    def _compute_is_changed_since(self):
        for campaign in self:
            campaign.is_changed_since = (
                campaign.state in ("running", "paused")
                and bool(campaign.approval_ids)
                and not campaign._decisions_that_hold()
            )

    # === CONTRACT === #

    def action_submit(self):
        """Ask for the approval of the campaigns: the first step's people are told.

        :raise UserError: when it is not ready to run, needs no approval, or nobody
            could give it
        """
        self.check_access("write")
        for campaign in self:
            campaign._check_ready()
            if not campaign._approval_steps():
                raise UserError(
                    self.env._("%s needs no approval: launch it.", campaign.name)
                )
            campaign._move_to("to_approve", submitted_by_id=self.env.uid)
            campaign._ask(campaign._next_step())
        return True

    def action_approve(self, note=None):
        """Approve the campaigns in the step that they wait for.

        :param str note: what there is to say of it
        :raise UserError: when it does not wait for the user's decision
        """
        for campaign in self:
            campaign._decide("approved", note)
            following = campaign._next_step()
            if following:
                campaign._ask(following)
            else:
                campaign._forget_approvers()
                campaign._move_to("approved", approval_step_id=False)
        return True

    def action_refuse(self, reason):
        """Refuse the campaigns: they are drafts again, and who submitted them is told.

        :param str reason: why
        :raise UserError: without a reason, or when it does not wait for the user's
            decision
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why you refuse it."))
        for campaign in self:
            campaign._decide("refused", reason)
            campaign._back_to_draft()
        return True

    def action_close(self):
        result = super().action_close()
        for campaign in self:
            campaign._forget_approvers()
        return result

    # === THE DOOR === #

    def _move_to(self, state, **values):
        if state == "running":
            for campaign in self.filtered("needs_approval"):
                raise UserError(
                    self.env._(
                        "%(name)s has to be approved before it is launched (%(step)s): "
                        "submit it.",
                        name=campaign.name,
                        step=campaign._approval_steps()[:1].name,
                    )
                )
        return super()._move_to(state, **values)

    # === STEPS === #

    def _approval_steps(self):
        """The steps that apply to the campaign, in their order."""
        self.ensure_one()
        steps = self.env["crm.approval.step"].sudo()
        if self.is_template or not self.company_id:
            return steps
        campaign = self.sudo()
        return steps.search(
            Domain("company_id", "=", campaign.company_id.id)
            & Domain("min_budget", "<=", max(campaign.budget, campaign.fixed_cost))
        )

    def _next_step(self):
        """The first step in which nothing is decided yet; empty after the last."""
        return (self._approval_steps() - self._decisions_that_hold().step_id)[:1]

    def _decisions_that_hold(self):
        return as_engine(self.env["crm.campaign.approval"]).search(
            Domain("crm_campaign_id", "in", self._origin.ids)
            & Domain("is_current", "=", True)
        )

    def _ask(self, step):
        """Have the people of a step decide: each has an activity."""
        self._forget_approvers()
        engine = as_engine(self)
        engine.approval_step_id = step
        approvers = step._approvers(engine)
        if not approvers:
            raise UserError(
                self.env._(
                    "Nobody can decide the step %(step)s of %(name)s: let an "
                    "administrator say who.",
                    step=step.name,
                    name=self.name,
                )
            )
        for user in approvers:
            engine.activity_schedule(ACTIVITY, summary=step.name, user_id=user.id)

    def _forget_approvers(self):
        as_engine(self).activity_unlink([ACTIVITY])

    def _decide(self, decision, note):
        self.ensure_one()
        self.check_access("read")
        self._check_may_decide()
        engine = as_engine(self)
        engine.approval_ids.create(
            {
                "crm_campaign_id": self.id,
                "step_id": engine.approval_step_id.id,
                "user_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
                "decision": decision,
                "note": note,
                "is_current": True,
            }
        )
        engine.activity_feedback([ACTIVITY], user_id=self.env.uid, feedback=note)
        engine.message_post(
            body=self._decision_text(decision, note),
            partner_ids=engine.submitted_by_id.partner_id.ids,
        )

    def _check_may_decide(self):
        if self.state != "to_approve":
            raise UserError(self.env._("%s waits for no approval.", self.name))
        if not self.may_decide:
            raise UserError(
                self.env._(
                    "%(name)s waits for %(step)s. Who decides: %(people)s. Nobody "
                    "decides twice, nor what they submitted themselves.",
                    name=self.name,
                    step=self.sudo().approval_step_id.name,
                    people=", ".join(self.approver_ids.sudo().mapped("name"))
                    or self.env._("nobody"),
                )
            )

    def _decision_text(self, decision, note):
        step = self.sudo().approval_step_id.name
        if decision == "refused":
            return self.env._("Refused (%(step)s): %(note)s", step=step, note=note)
        if note:
            return self.env._("Approved (%(step)s): %(note)s", step=step, note=note)
        return self.env._("Approved (%s).", step)

    # === WHAT WAS APPROVED IS WHAT RUNS === #

    def write(self, vals):
        if {*APPROVED, "cost_ids"}.isdisjoint(vals):
            return super().write(vals)
        submitted = self._submitted()
        before = [campaign._terms() for campaign in submitted]
        result = super().write(vals)
        for campaign, terms in zip(submitted, before, strict=True):
            now = campaign._terms()
            campaign._take_back({name for name in terms if terms[name] != now[name]})
        return result

    def _submitted(self):
        """Of these campaigns, those that somebody was asked about or approved."""
        return self.sudo().filtered(
            lambda campaign: (
                campaign.state in ("to_approve", "approved")
                or campaign._decisions_that_hold()
            )
        )

    def _terms(self):
        """What approvers look at."""
        return {name: self[name] for name in APPROVED}

    def _take_back(self, names):
        """The approvals hold no longer, since these fields were changed.

        A launched campaign goes on, and says so; its bills come late, they are no
        change.
        """
        if self.state not in PLANNED:
            names = names - {"fixed_cost"}
        if not names or not self._submitted():
            return
        self._back_to_draft()
        as_engine(self).message_post(
            body=self.env._(
                "Changed since it was submitted: %s. The approvals are taken back.",
                ", ".join(
                    self._fields[name]._description_string(self.env)
                    for name in APPROVED
                    if name in names
                ),
            )
        )

    def _back_to_draft(self):
        """Nothing that was decided holds; what was launched stays so."""
        self._decisions_that_hold().is_current = False
        as_engine(self).approval_step_id = False
        self._forget_approvers()
        if self.state in PLANNED:
            self._move_to("draft")


class CrmCampaignCost(models.Model):
    """Planned costs are among what was approved."""

    _inherit = "crm.campaign.cost"

    @api.model_create_multi
    def create(self, vals_list):
        costs = super().create(vals_list)
        costs._take_approvals_back()
        return costs

    def write(self, vals):
        self._take_approvals_back()
        result = super().write(vals)
        self._take_approvals_back()
        return result

    def unlink(self):
        self._take_approvals_back()
        return super().unlink()

    def _take_approvals_back(self):
        for campaign in self.sudo().crm_campaign_id:
            campaign._take_back({"fixed_cost"})


class CrmSegment(models.Model):
    """Whom a campaign is for is among what was approved."""

    _inherit = "crm.segment"

    def write(self, vals):
        result = super().write(vals)
        if not SEGMENT.isdisjoint(vals):
            for campaign in self.sudo().with_context(active_test=False).campaign_ids:
                campaign._take_back({"segment_id"})
        return result

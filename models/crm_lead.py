from odoo import api, fields, models
from odoo.exceptions import UserError

from .engine import as_engine, is_engine


class CrmLead(models.Model):
    """An opportunity is the journey of one entity through a playbook."""

    _name = "crm.lead"
    _inherit = ["crm.lead", "crm.journey"]

    _journey_field = "lead_id"

    action_ids = fields.One2many("crm.action", "lead_id", "Actions")
    transition_ids = fields.One2many("crm.transition", "lead_id", "Ledger")
    campaign_round = fields.Integer(
        copy=False,
        readonly=True,
        help="The how-manieth time the campaign takes up this entity.",
    )
    planned_action_count = fields.Integer(compute="_compute_action_counts")
    done_action_count = fields.Integer(compute="_compute_action_counts")
    next_planned_action_id = fields.Many2one(
        "crm.action", "Next Action", compute="_compute_next_planned_action_id"
    )
    next_action_date = fields.Datetime(compute="_compute_next_planned_action_id")
    spawned_lead_ids = fields.Many2many(
        "crm.lead", compute="_compute_spawned_lead_ids", string="Opportunities Started"
    )

    _one_per_campaign_round_index = models.UniqueIndex(
        "(crm_campaign_id, partner_id, campaign_round) "
        "WHERE crm_campaign_id IS NOT NULL"
    )
    _open_in_stage_index = models.Index(
        "(playbook_stage_id, stage_entered_at) WHERE won_status = 'pending' AND active"
    )

    @api.depends("action_ids.state")
    def _compute_action_counts(self):
        counts = {
            (lead, state): count
            for lead, state, count in self.env["crm.action"]._read_group(
                [("lead_id", "in", self.ids)], ["lead_id", "state"], ["__count"]
            )
        }
        for lead in self:
            lead.planned_action_count = counts.get((lead, "planned"), 0)
            lead.done_action_count = counts.get((lead, "done"), 0)

    @api.depends("action_ids.state", "action_ids.date_start")
    def _compute_next_planned_action_id(self):
        planned = self.env["crm.action"].search(
            [("lead_id", "in", self.ids), ("state", "=", "planned")],
            order="date_start desc, id desc",
        )
        first = {action.lead_id: action for action in planned}
        for lead in self:
            lead.next_planned_action_id = first.get(lead, False)
            lead.next_action_date = lead.next_planned_action_id.date_start

    @api.depends("action_ids")
    def _compute_spawned_lead_ids(self):
        for lead in self:
            lead.spawned_lead_ids = self.with_context(active_test=False).search(
                [("origin_action_id.lead_id", "=", lead.id)]
            )

    # === CRUD === #

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active") is False:
            self._cancel_planned(self.env._("The opportunity was closed or archived."))
        if "commercial_status_id" in vals and not is_engine(self.env):
            as_engine(self).write({"commercial_status_date": fields.Datetime.now()})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_acted_on(self):
        done = (
            self.env["crm.action"]
            .sudo()
            .search([("lead_id", "in", self.ids), ("state", "=", "done")], limit=1)
        )
        if done:
            raise UserError(
                self.env._(
                    "Something was done for %s: close it as lost or archive it "
                    "instead, so that its history stays.",
                    done.lead_id.name,
                )
            )

    # === JOURNEY === #

    def _is_open(self):
        return self.active and self._result() == "open"

    def _result(self):
        return "open" if self.won_status == "pending" else self.won_status

    def _close(self, result, transition=None, lost_reason=None):
        """Close by Odoo's own doors: the same follows as when a person does it."""
        leads = as_engine(self).with_context(closing_transition=transition)
        if result == "won":
            leads.action_set_won()
        else:
            leads.action_set_lost(
                **({"lost_reason_id": lost_reason.id} if lost_reason else {})
            )

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        """Whoever closes an opportunity, its tasks stop and the ledger knows."""
        result = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)
        for lead in self:
            before = _result_of(old_status_by_lead.get(lead.id))
            after = _result_of(new_status_by_lead.get(lead.id))
            if before != after:
                lead._record_result(after)
        return result

    def _record_result(self, result):
        if result != "open":
            self._cancel_planned(self.env._("The opportunity was closed."))
        transition = self.env.context.get("closing_transition")
        if not transition:
            trigger = "reopened" if result == "open" else "closed"
            transition = self._open_lines(trigger)
        transition._note(result=result)

    def _prepare_stage_values(self, stage):
        values = super()._prepare_stage_values(stage)
        if stage.crm_stage_id:
            values["stage_id"] = stage.crm_stage_id.id
        return values

    def _post_notice(self, message):
        self.message_post(body=message)

    # === MERGE === #

    def _merge_dependences(self, opportunities):
        """The merged opportunity takes over actions and ledger of the others."""
        result = super()._merge_dependences(opportunities)
        opportunities._cancel_planned(self.env._("The opportunity was merged."))
        for opportunity in opportunities:
            self._take_over_history(opportunity)
        return result

    def _take_over_history(self, opportunity):
        """Number the other's stays below zero: none coincides with an own one."""
        actions = self.env["crm.action"].sudo()
        own = actions.search([("lead_id", "=", self.id)])
        lowest = min([0, *own.mapped("stage_visit")])
        for action in as_engine(actions.search([("lead_id", "=", opportunity.id)])):
            action.write(
                {"lead_id": self.id, "stage_visit": lowest - action.stage_visit}
            )
        lines = self.env["crm.transition"].search([("lead_id", "=", opportunity.id)])
        as_engine(lines).write({"lead_id": self.id})


def _result_of(status):
    """``won``, ``lost`` or ``open`` from the pair of flags that Odoo passes around."""
    status = status or {}
    if status.get("is_won"):
        return "won"
    return "lost" if status.get("is_lost") else "open"

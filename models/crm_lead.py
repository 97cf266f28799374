from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .engine import as_engine, is_engine, is_keeping_tasks


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
    _campaign_user_index = models.Index(
        "(crm_campaign_id, user_id, id) WHERE crm_campaign_id IS NOT NULL"
    )
    # Who is idle; with what it includes, the open ones of a playbook are counted in it
    # alone. The ORM asks ``active IS TRUE``, which PostgreSQL does not know to be the
    # same as ``active``.
    _open_in_stage_index = models.Index(
        "(playbook_stage_id, stage_entered_at) "
        "INCLUDE (playbook_id, company_id, user_id) "
        "WHERE won_status = 'pending' AND active IS TRUE"
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
        spawned = self.with_context(active_test=False).search(
            [("origin_action_id.lead_id", "in", self.ids)]
        )
        by_origin = spawned.grouped(lambda lead: lead.sudo().origin_action_id.lead_id)
        for lead in self:
            lead.spawned_lead_ids = by_origin.get(lead, False)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        if not is_engine(self.env):
            no_status = self.env["crm.commercial.status"]
            leads._record_status(dict.fromkeys(leads, no_status))
        return leads

    def write(self, vals):
        if "partner_id" in vals and not is_engine(self.env):
            self._check_new_entity(vals["partner_id"])
        salespeople = {lead: lead.user_id for lead in self} if "user_id" in vals else {}
        statuses = (
            {lead: lead.commercial_status_id for lead in self}
            if "commercial_status_id" in vals and not is_engine(self.env)
            else {}
        )
        put_away = self._put_away() if vals.get("active") else self.browse()
        result = super().write(vals)
        if vals.get("active") is False:
            self._cancel_planned(self.env._("The opportunity was closed or archived."))
        for lead in put_away:
            lead._take_out()
        if "partner_id" in vals:
            as_engine(self._planned_actions()).write({"partner_id": vals["partner_id"]})
        for lead, salesperson in salespeople.items():
            lead._hand_over(salesperson)
        if statuses:
            self._record_status(statuses)
        return result

    def _check_new_entity(self, partner_id):
        """An opportunity under way keeps an entity, and one that the campaign lacks."""
        for lead in self.filtered("playbook_id"):
            if not partner_id:
                raise UserError(
                    self.env._(
                        "%s follows a playbook: it cannot be without a customer.",
                        lead.name,
                    )
                )
            others = (
                self.sudo()
                .with_context(active_test=False)
                .search_count(
                    [
                        ("crm_campaign_id", "=", lead.crm_campaign_id.id),
                        ("crm_campaign_id", "!=", False),
                        ("partner_id", "=", partner_id),
                        ("id", "!=", lead.id),
                    ],
                    limit=1,
                )
            )
            if others:
                raise UserError(
                    self.env._(
                        "This customer is in campaign %s already, by another "
                        "opportunity.",
                        lead.crm_campaign_id.name,
                    )
                )

    def _check_entity_is(self, partner):
        """The opportunity is of this entity, or of another contact of its company."""
        self._check_entity()
        if self.partner_id.commercial_partner_id != partner.commercial_partner_id:
            raise ValidationError(
                self.env._(
                    "%(partner)s is not the entity of opportunity %(lead)s.",
                    partner=partner.display_name,
                    lead=self.name,
                )
            )

    def _hand_over(self, salesperson):
        """What the salesperson had still to do is the new one's."""
        if is_keeping_tasks(self.env):
            return
        if salesperson and salesperson != self.user_id:
            own = self._planned_actions().filtered(
                lambda action: action.user_id == salesperson
            )
            as_engine(own).write({"user_id": self.user_id.id})

    def _record_status(self, before):
        """Date a status given by hand, and leave a line in the ledger."""
        changed = self.filtered(lambda lead: lead.commercial_status_id != before[lead])
        as_engine(changed).write({"commercial_status_date": fields.Datetime.now()})
        for lead, line in zip(changed, changed._open_lines("status"), strict=True):
            line._note(
                status_before_id=before[lead].id,
                status_after_id=lead.commercial_status_id.id,
            )

    def unlink(self):
        """What was still to do goes too, from agendas and calendars as well."""
        of_these = [("lead_id", "in", self.ids), ("state", "!=", "done")]
        self.env["crm.action"].sudo().search(of_these).unlink()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_acted_on(self):
        done = (
            self.env["crm.action"]
            .sudo()
            .search([("lead_id", "in", self.ids), ("state", "=", "done")], limit=1)
        )
        # A status that its entity has by it would be there, and nothing would say why.
        gave_status = (
            self.env["crm.transition"]
            .sudo()
            .search(
                [
                    ("lead_id", "in", self.ids),
                    ("partner_id.commercial_status_id", "!=", False),
                    ("status_after_id", "!=", False),
                    ("trigger", "not in", ["status", "merged"]),
                ],
                limit=1,
            )
        )
        # Nor does what somebody was given points for go: their sum would be less.
        gave_points = (
            self.env["crm.transition"]
            .sudo()
            .search([("lead_id", "in", self.ids), ("points", "!=", 0)], limit=1)
        )
        if kept := done.lead_id or gave_status.lead_id or gave_points.lead_id:
            raise UserError(
                self.env._(
                    "Something was done for %s: close it as lost or archive it "
                    "instead, so that its history stays.",
                    kept.name,
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

    def _reopen(self, transition):
        """Open again by Odoo's own doors."""
        lead = as_engine(self).with_context(closing_transition=transition)
        if lead.won_status == "lost":
            lead.action_restore()
        else:
            first = lead._stage_find(domain=[("is_won", "=", False)])
            lead.write({"stage_id": first.id})
            lead._compute_probabilities()

    def _record_result(self, result):
        transition = self.env.context.get("closing_transition")
        if result == "open":
            (transition or self._open_lines("reopened"))._note(result=result)
            if not transition:
                self._resume()
            return
        self._cancel_planned(self.env._("The opportunity was closed."))
        transition = transition or self._open_lines("closed")
        transition._note(result=result)
        end = self.playbook_id._closing_stage(result)
        if end and end != self.playbook_stage_id:
            self._return_to(end, transition)

    def _resume(self):
        """Whoever opens an opportunity again finds the task of its stage."""
        stage = self.playbook_stage_id
        if stage.closes_as:
            closing = self.sudo().transition_ids.filtered(
                lambda line: line.result in ("won", "lost")
            )
            stage = closing[:1].from_stage_id
        if stage and self.active:
            self._enter_stage(stage, self.sudo().transition_ids[:1])

    def _put_away(self):
        """Those that were archived as they were, neither won nor lost."""
        return self.filtered(
            lambda lead: (
                lead.playbook_id and not lead.active and lead._result() == "open"
            )
        )

    def _take_out(self):
        """What was archived as it was goes on in its stage."""
        if self._is_open():
            self._record_result("open")

    def _prepare_stage_values(self, stage):
        values = super()._prepare_stage_values(stage)
        if stage.crm_stage_id and not stage.closes_as:
            values["stage_id"] = stage.crm_stage_id.id
        return values

    def _post_notice(self, message):
        self.message_post(body=message)


def _result_of(status):
    """``won``, ``lost`` or ``open`` from the pair of flags that Odoo passes around."""
    status = status or {}
    if status.get("is_won"):
        return "won"
    return "lost" if status.get("is_lost") else "open"

from odoo import fields, models

from .crm_journey import CrmJourney
from .engine import as_engine


class CrmLead(models.Model):
    """Merging opportunities: the one that stays takes over what was done for all."""

    _inherit = "crm.lead"

    _engine_fields = CrmJourney._engine_fields | {"merged_campaign_ids"}

    merged_campaign_ids = fields.Many2many(
        "crm.campaign",
        "crm_lead_merged_campaign_rel",
        "lead_id",
        "crm_campaign_id",
        string="Campaigns Merged Into It",
        copy=False,
        readonly=True,
        help="These have had their opportunity with the entity, and make no other one.",
    )

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        self._take_over_journey(opportunities)
        self._remember_campaigns(opportunities)
        opportunities._cancel_planned(self.env._("The opportunity was merged."))
        for opportunity in opportunities:
            self._take_over_history(opportunity)
        self._open_lines("merged")._note(
            to_stage_id=self.playbook_stage_id.id,
            status_after_id=self.commercial_status_id.id,
            result=self._result(),
        )
        return result

    def _take_over_journey(self, opportunities):
        """Without a playbook of its own, it goes on where the first other one was."""
        other = opportunities.filtered("playbook_id")[:1]
        if self.playbook_id or not other:
            return
        names = (
            "playbook_id",
            "playbook_stage_id",
            "stage_entered_at",
            "crm_campaign_id",
            "campaign_round",
            "commercial_status_id",
            "commercial_status_date",
            "origin_action_id",
            "is_started_by_hand",
        )
        values = {
            name: self._fields[name].convert_to_write(other[name], other)
            for name in names
        }
        # The campaign has one opportunity for the entity, before and after.
        as_engine(other).write({"crm_campaign_id": False})
        as_engine(self).write(values | {"stage_visit": self.stage_visit + 1})
        as_engine(other._planned_actions()).write(
            {"lead_id": self.id, "stage_visit": self.stage_visit}
        )

    def _remember_campaigns(self, opportunities):
        campaigns = opportunities.crm_campaign_id | opportunities.merged_campaign_ids
        as_engine(self).merged_campaign_ids |= campaigns - self.crm_campaign_id

    def _take_over_history(self, opportunity):
        """Number the other's stays below zero: none coincides with an own one."""
        actions = self.env["crm.action"].sudo()
        own = actions.search([("lead_id", "=", self.id)])
        lowest = min([0, *own.mapped("stage_visit")])
        others = as_engine(actions.search([("lead_id", "=", opportunity.id)]))
        # The other one may have been merged itself, and have stays below zero.
        first = min([0, *others.mapped("stage_visit")])
        for action in others:
            visit = lowest - 1 - (action.stage_visit - first)
            action.write({"lead_id": self.id, "stage_visit": visit})
        lines = self.env["crm.transition"].sudo()
        as_engine(lines.search([("lead_id", "=", opportunity.id)])).write(
            {"lead_id": self.id}
        )

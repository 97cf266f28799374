from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .engine import in_batches, unless_in_the_way
from .event import Event

BATCH = 500


class CrmLead(models.Model):
    """Source of ``idle``: hours went by and the opportunity is still in its stage."""

    _inherit = "crm.lead"

    @api.model
    def _cron_watch_idle(self):
        """Tell of each opportunity that has stayed too long, once for each stay."""
        progress = self.env["ir.cron"]._commit_progress
        for hours in self._idle_thresholds():
            for idle in in_batches(partial(self._idle_since, hours)):
                # Who is in the way of a batch leaves it to the next round.
                unless_in_the_way(self.env, partial(idle._tell_idle, hours))
                # There may be as many again.
                if not progress(len(idle), remaining=len(idle)):
                    return
        progress(remaining=0)

    @api.model
    def _idle_rules(self):
        rules = self.env["crm.playbook.rule"].sudo().with_context(active_test=True)
        return rules.search([("trigger", "=", "idle")])

    @api.model
    def _idle_thresholds(self):
        return sorted(set(self._idle_rules().mapped("idle_hours")))

    @api.model
    def _idle_since(self, hours, after=0):
        """The next opportunities idle for so long, that a rule minds, not told yet."""
        query = self._idle_query(
            hours,
            fields.Datetime.now(),
            Domain("id", ">", after)
            & (
                Domain("crm_campaign_id", "=", False)
                | Domain("crm_campaign_id.state", "!=", "paused")
            ),
            limit=BATCH,
        )
        query.add_where(self._idle_released(hours))
        return self.browse(query).sudo()

    @api.model
    def _idle_query(self, hours, moment, domain, limit=None):
        """Those of ``domain`` that a rule minds, idle for so long at ``moment``."""
        rules = self._idle_rules().filtered(lambda rule: rule.idle_hours == hours)
        query = self.sudo()._search(
            domain
            & Domain("won_status", "=", "pending")
            & Domain("stage_entered_at", "<=", moment - timedelta(hours=hours))
            & Domain("playbook_stage_id", "!=", False)
            & Domain.OR(rule._idle_scope() for rule in rules),
            order="id",
            limit=limit,
        )
        # The key of the ledger line says whether this stay was told of.
        query.add_where(
            SQL(
                "NOT EXISTS (SELECT FROM crm_transition told WHERE told.event_key = "
                "%s || crm_lead.id || '/' || crm_lead.stage_visit)",
                self._idle_prefix(hours),
            )
        )
        return query

    @api.model
    def _idle_prefix(self, hours):
        return f"idle/{hours:g}/{self._name}/"

    def _tell_idle(self, hours):
        """Tell of those that no other scheduler is at."""
        prefix = self._idle_prefix(hours)
        self.env["crm.playbook.rule"]._tell_all(
            [
                Event.of_journey(
                    "idle",
                    lead,
                    key=f"{prefix}{lead.id}/{lead.stage_visit}",
                    idle_hours=hours,
                )
                for lead in self.try_lock_for_update(allow_referencing=True)
            ]
        )


class CrmPlaybookRule(models.Model):
    _inherit = "crm.playbook.rule"

    def _idle_scope(self):
        """The opportunities that an idle rule minds."""
        if self.stage_id:
            return Domain("playbook_stage_id", "=", self.stage_id.id)
        if self.playbook_id:
            return Domain("playbook_id", "=", self.playbook_id.id)
        return Domain.TRUE

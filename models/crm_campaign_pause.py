from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .engine import as_engine

ON_RESUME = [
    ("run", "Do it all at once"),
    ("skip", "Skip it"),
    ("spread", "Spread it over some days"),
]
# How many skipped messages are answered before the button is released.
FIRST_BATCH = 500


class CrmCampaign(models.Model):
    """A campaign pauses, and resumes by its own choice of what fell due meanwhile.

    What fell due are the automatic tasks whose time has come, and the opportunities
    that have become idle. People's tasks stay as they are in their agendas.
    """

    _inherit = "crm.campaign"

    on_resume = fields.Selection(
        ON_RESUME,
        "After a Pause",
        required=True,
        default="spread",
        help="What becomes of the messages that fell due while the campaign was "
        "paused, and of the opportunities that became idle.",
    )
    spread_days = fields.Integer("Days To Spread Over", default=5, required=True)
    paused_at = fields.Datetime("Paused Since", readonly=True, copy=False)
    idle_from = fields.Datetime(
        readonly=True,
        copy=False,
        help="When the last pause ended. Empty where idle opportunities are told of "
        "as though there had been none.",
    )
    idle_spread_days = fields.Integer(
        readonly=True,
        copy=False,
        help="Over how many days those are told of that were idle by then; 0 where "
        "everybody's time counts anew from then on.",
    )
    skip_pending_count = fields.Integer(compute="_compute_skip_pending_count")

    _spread_days_sensible = models.Constraint(
        "CHECK(spread_days BETWEEN 1 AND 365)",
        "Spread what fell due over 1 to 365 days.",
    )

    def _compute_skip_pending_count(self):
        counts = dict(
            self.env["crm.action"]
            .sudo()
            ._read_group(
                Domain("crm_campaign_id", "in", self.ids)
                & self.env["crm.action"]._skip_pending_domain(),
                ["crm_campaign_id"],
                ["__count"],
            )
        )
        for campaign in self:
            campaign.skip_pending_count = counts.get(campaign, 0)

    # === CONTRACT === #

    def action_pause(self):
        """Pause the campaigns: nothing is generated or sent until they are resumed."""
        self.check_access("write")
        self._move_to("paused", paused_at=fields.Datetime.now())
        return True

    def action_resume(self):
        """Resume paused campaigns; what fell due meanwhile goes as they have chosen.

        The choice is in ``on_resume`` (``run``, ``skip`` or ``spread``) and
        ``spread_days``.
        """
        self.check_access("write")
        for campaign in self:
            campaign._resume(fields.Datetime.now())
        return True

    def action_review_resume(self):
        """Resume, or ask first what becomes of what fell due, where anything did."""
        self.ensure_one()
        self.check_access("write")
        if not self._fell_due(fields.Datetime.now()):
            return self.action_resume()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "crm_playbook.crm_campaign_resume_action"
        )

    # === RESUMING === #

    def _resume(self, moment):
        """Resume, as chosen for what had fallen due at ``moment``."""
        self.ensure_one()
        self._move_to("running")
        getattr(self, f"_resume_by_{self.on_resume}")(moment)
        self._wake_machine()

    def _resume_by_run(self, _moment):
        self._count_idle_time(from_moment=False)

    def _resume_by_skip(self, moment):
        self._count_idle_time(from_moment=moment)
        if self._skip_due(moment):
            actions = self.env["crm.action"]
            actions._skip_pending(FIRST_BATCH)._answer_skipped()
            actions._go_on_later()

    def _resume_by_spread(self, moment):
        self._count_idle_time(from_moment=moment, spread_days=self.spread_days)
        self._spread_due(moment)

    def _count_idle_time(self, from_moment, spread_days=0):
        as_engine(self).write(
            {"idle_from": from_moment, "idle_spread_days": spread_days}
        )

    def _skip_due(self, moment):
        """Cancel what is due; its opportunities have still to go on.

        :return: how many there were
        """
        return self._cancel_planned(
            self.env._("Was due while the campaign was paused."),
            which=self._is_due(moment),
            skip_pending_since=fields.Datetime.now(),
        )

    def _spread_due(self, moment):
        """Give what is due its new days, whatever its number in one statement."""
        dates = self._spread_dates(moment, self.spread_days)
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE crm_action
                      SET date_start = share.date_start,
                          date_end = date_end + (share.date_start
                                                 - crm_action.date_start),
                          write_date = %s, write_uid = %s
                     FROM (SELECT id, (%s::timestamp[])[day + 1] AS date_start
                             FROM (%s) shares) share
                    WHERE crm_action.id = share.id""",
                fields.Datetime.now(),
                self.env.uid,
                dates,
                self._due_shares(moment, len(dates)),
            )
        )
        self.env.invalidate_all(flush=False)
        self.env.ref("crm_playbook.ir_cron_run_due_actions").sudo()._trigger(at=dates)

    # === WHAT FELL DUE === #

    def _fell_due(self, moment):
        """Whether there is anything that a choice would be about."""
        return bool(
            self._due_counts(moment, days=1) or self._idle_counts(moment, days=1)
        )

    def _due_counts(self, moment, days):
        """How many messages are due, by the day they get when they are spread.

        :return: {(day, channel): count}; the days count from 0
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT shares.day, type.channel, count(*)
                     FROM (%s) shares
                     JOIN crm_action_type type ON type.id = shares.action_type_id
                 GROUP BY shares.day, type.channel""",
                self._due_shares(moment, days),
            )
        )
        return {(day, channel): count for day, channel, count in rows}

    def _due_shares(self, moment, days):
        """What is due, in its order, shared out evenly among so many days."""
        return SQL(
            """SELECT id, action_type_id,
                      ((row_number() OVER (ORDER BY date_start, id) - 1) * %s
                       / count(*) OVER ())::int AS day
                 FROM crm_action
                WHERE %s""",
            days,
            self._is_due(moment),
        )

    def _is_due(self, moment):
        """The automatic tasks that the scheduler would do at ``moment``."""
        return SQL(
            "crm_campaign_id = %s AND state = 'planned' AND mode = 'automatic' "
            "AND date_start <= %s",
            self.id,
            moment,
        )

    def _spread_dates(self, moment, count):
        """So many days from ``moment`` on, each at its hour in the company's zone."""
        zone = self._zone()
        wall_clock = pytz.utc.localize(moment).astimezone(zone).replace(tzinfo=None)
        days = (wall_clock + timedelta(days=day) for day in range(count))
        return [
            zone.localize(day).astimezone(pytz.utc).replace(tzinfo=None) for day in days
        ]

    def _idle_counts(self, moment, days):
        """How many opportunities are idle and not told of, by the day of their share.

        :return: {day: count}; the days count from 0
        """
        leads = self.env["crm.lead"].sudo()
        own = Domain("crm_campaign_id", "=", self.id)
        queries = [
            leads._idle_query(hours, moment, own).subselect()
            for hours in leads._idle_thresholds()
        ]
        if not queries:
            return {}
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT id %% %s, count(*) FROM (%s) idle GROUP BY 1",
                    days,
                    SQL(" UNION ").join(queries),
                )
            )
        )

    def _late_count(self):
        """How many tasks of people are overdue; they stay in the agendas."""
        actions = self.env["crm.action"].sudo()
        return actions.search_count(
            Domain("crm_campaign_id", "=", self.id) & actions._late_domain()
        )


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model
    def _idle_released(self, hours):
        """That no pause of its campaign keeps an idle opportunity from being told of.

        :return: SQL on ``crm_lead``
        """
        now, idle_time = fields.Datetime.now(), timedelta(hours=hours)
        return SQL(
            """NOT EXISTS (
                SELECT FROM crm_campaign resumed
                 WHERE resumed.id = crm_lead.crm_campaign_id
                   AND CASE WHEN resumed.idle_spread_days = 0
                       THEN crm_lead.stage_entered_at < resumed.idle_from
                            AND resumed.idle_from + %(idle_time)s > %(now)s
                       ELSE crm_lead.stage_entered_at + %(idle_time)s
                            <= resumed.idle_from
                            AND resumed.idle_from + INTERVAL '1 day'
                                * (crm_lead.id %% resumed.idle_spread_days) > %(now)s
                       END)""",
            idle_time=idle_time,
            now=now,
        )

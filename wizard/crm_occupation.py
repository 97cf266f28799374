from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# What is looked at when the report is opened.
WEEKS_BEFORE, WEEKS_AFTER = 12, 4
HUMAN = Domain("mode", "!=", "automatic")


class CrmOccupation(models.TransientModel):
    """How occupied people are: hours done and booked, of those that they work.

    Working hours are reckoned in Python (calendars, leaves), so the report is a table
    that is made anew for whoever opens it: a row for each person and day on which there
    is something. A task without an end takes as long as its type says. Days are those
    of who looks. Cost grows with people, days and their tasks.
    """

    _name = "crm.occupation"
    _inherit = ["crm.ratios"]
    _description = "Occupation"
    _rec_name = "user_id"
    _order = "date desc, user_id"
    _ratios = {"occupation": ("taken_hours", "available_hours")}

    user_id = fields.Many2one("res.users", "Person", readonly=True)
    date = fields.Date(readonly=True)
    done_hours = fields.Float("Hours Done", readonly=True)
    booked_hours = fields.Float(
        "Hours Booked", readonly=True, help="Of what is still to be done."
    )
    taken_hours = fields.Float(
        "Hours Done and Booked", readonly=True, help="What is done, and what is booked."
    )
    available_hours = fields.Float(
        "Working Hours", readonly=True, help="Leaves are taken out."
    )
    occupation = fields.Float(
        compute="_compute_occupation",
        store=True,
        aggregator="avg",
        help="Hours done and booked, of the working hours.",
    )

    @api.depends("taken_hours", "available_hours")
    def _compute_occupation(self):
        for row in self:
            hours = row.available_hours
            row.occupation = row.taken_hours / hours if hours else 0.0

    @api.model
    def action_open(self):
        """Make the report of the last weeks and the next ones, and open it.

        :return: a window action with the rows of this moment
        """
        today = fields.Date.context_today(self)
        rows = self._make(
            today - timedelta(weeks=WEEKS_BEFORE), today + timedelta(weeks=WEEKS_AFTER)
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_playbook.crm_occupation_action"
        )
        return action | {"domain": [("id", "in", rows.ids)]}

    @api.model
    def _make(self, first, last):
        """The rows of a span of days, of the people that one may look at."""
        agenda = self.env["crm.agenda"]
        people = agenda._colleagues()
        days = (last - first).days + 1
        dates = [first + timedelta(days=number) for number in range(days)]
        done = self._hours("done_at", Domain("state", "=", "done"), people, dates)
        booked = self._hours(
            "date_start", Domain("state", "=", "planned"), people, dates
        )
        available = agenda._hours_by_day(people, dates)
        return self.create(
            [
                {
                    "user_id": user_id,
                    "date": date,
                    "done_hours": done[user_id, date],
                    "booked_hours": booked[user_id, date],
                    "taken_hours": done[user_id, date] + booked[user_id, date],
                    "available_hours": available.get((user_id, date), 0),
                }
                for user_id, date in sorted({*done, *booked, *available})
            ]
        )

    @api.model
    def _hours(self, moment, which, people, dates):
        """{(id of a person, day): hours that these tasks take}, in one query.

        :param str moment: the field that says when
        """
        domain = which & HUMAN & Domain("corrected_by_id", "=", False)
        actions = self.env["crm.action"]._search(
            domain
            & Domain("user_id", "in", people.ids)
            & self.env["crm.agenda"]._between(moment, [dates[0], dates[-1]])
        )
        rows = self.env.execute_query(
            SQL(
                """SELECT task.user_id,
                          (task.%(moment)s AT TIME ZONE 'UTC'
                           AT TIME ZONE %(zone)s)::date AS day,
                          sum(CASE WHEN task.mode = 'planned'
                                    AND task.date_end IS NOT NULL
                                   THEN extract(epoch FROM
                                                task.date_end - task.date_start) / 3600
                                   ELSE type.duration END)::float
                     FROM crm_action task
                     JOIN crm_action_type type ON type.id = task.action_type_id
                    WHERE task.id IN %(actions)s
                 GROUP BY task.user_id, day""",
                moment=SQL.identifier(moment),
                zone=self.env.tz.zone,
                actions=actions.subselect(),
            )
        )
        return defaultdict(float, {(user, day): hours for user, day, hours in rows})

from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError

MODES = [
    ("planned", "Planned at an hour"),
    ("free", "Free from a date"),
    ("automatic", "Automatic"),
]
ASSIGNEES = [
    ("me", "Whoever did the last action"),
    ("journey_salesperson", "The opportunity's salesperson"),
    ("entity_salesperson", "The entity's salesperson"),
    ("stage_user", "The stage's user"),
    ("fixed_user", "A given user"),
    ("contact_user", "A given contact's user"),
    ("round_robin", "The campaign's people in turn"),
    ("least_loaded", "The least loaded of the campaign's people"),
    ("team", "Everyone of the team"),
]
# Planned hours are told to people: nobody plans a visit at 10:37.
PLANNING_STEP = timedelta(minutes=15)


class CrmTaskPlan(models.AbstractModel):
    """How a task will be planned: what, when and for whom.

    Stages and rules plan tasks alike. ``_plan`` takes the events that ask for a task
    and creates one action for each, in one batch.
    """

    _name = "crm.task.plan"
    _description = "Task Plan"

    task_type_id = fields.Many2one(
        "crm.action.type", string="Task", ondelete="restrict", index=True
    )
    task_channel = fields.Selection(related="task_type_id.channel", string="Channel")
    task_mode = fields.Selection(
        MODES,
        string="Mode",
        compute="_compute_task_mode",
        store=True,
        precompute=True,
        readonly=False,
        help="Planned: at a date and hour, inside the working hours of who does it. "
        "Free: from a date on. Automatic: the scheduler does it.",
    )
    task_delay_days = fields.Integer("Delay (days)")
    task_delay_hours = fields.Float("Delay (hours)")
    assignee = fields.Selection(
        ASSIGNEES, string="Done By", required=True, default="journey_salesperson"
    )
    assignee_user_id = fields.Many2one("res.users", string="Given User")
    assignee_partner_id = fields.Many2one("res.partner", string="Given Contact")

    _delay_positive = models.Constraint(
        "CHECK(task_delay_days >= 0 AND task_delay_hours >= 0)",
        "A delay cannot be negative.",
    )

    @api.depends("task_type_id")
    def _compute_task_mode(self):
        for plan in self:
            is_message = plan.task_type_id and plan.task_type_id._is_message()
            if is_message or plan.task_mode == "automatic" or not plan.task_mode:
                plan.task_mode = "automatic" if is_message else "free"

    @api.constrains("task_type_id", "task_mode")
    def _check_automatic_is_message(self):
        for plan in self.filtered(lambda plan: plan.task_mode == "automatic"):
            plan.task_type_id._check_can_be_automatic()

    @api.constrains("assignee", "assignee_user_id", "assignee_partner_id")
    def _check_assignee(self):
        for plan in self:
            if plan.assignee == "fixed_user" and not plan.assignee_user_id:
                raise ValidationError(self.env._("Choose the user who does the task."))
            if plan.assignee == "contact_user" and not plan.assignee_partner_id:
                raise ValidationError(
                    self.env._("Choose the contact whose user does the task.")
                )

    # === WORDS === #

    def _delay_text(self):
        """The delay as people say it, empty where there is none."""
        self.ensure_one()
        days, hours = self.task_delay_days, self.task_delay_hours
        if days and hours:
            return self.env._(
                "in %(days)s days and %(hours)g hours", days=days, hours=hours
            )
        if days:
            return (
                self.env._("in 1 day") if days == 1 else self.env._("in %s days", days)
            )
        if hours:
            return self.env._("in %g hours", hours)
        return ""

    def _assignee_text(self):
        """Who does the task, as people say it."""
        self.ensure_one()
        return {
            "me": self.env._("whoever did the last action"),
            "journey_salesperson": self.env._("the salesperson"),
            "entity_salesperson": self.env._("the entity's salesperson"),
            "stage_user": self.env._("the stage's user"),
            "fixed_user": self.assignee_user_id.name,
            "contact_user": self.env._(
                "the user of %s", self.assignee_partner_id.display_name
            ),
            "round_robin": self.env._("the campaign's people in turn"),
            "least_loaded": self.env._("the least loaded of the campaign's people"),
            "team": self.env._("everyone of the team"),
        }[self.assignee]

    # === PLANNING === #

    def _plan(self, events, **values):
        """Plan one task for each event, in one batch.

        :param events: list of :class:`Event`
        :param values: more values of the actions (the stage, the rule ...); a callable
            is called with the event
        :return: the planned actions, in the order of the events
        """
        self.ensure_one()
        assignees = self._assign(events)
        companies = [self._company_of(event) for event in events]
        dates = {
            (user, company): self._task_dates(user, company)
            for user, company in set(zip(assignees, companies, strict=True))
        }
        return self.env["crm.action"]._create_planned(
            [
                self._prepare_task_values(event, user, *dates[user, company])
                | {
                    name: value(event) if callable(value) else value
                    for name, value in values.items()
                }
                for event, user, company in zip(
                    events, assignees, companies, strict=True
                )
            ]
        )

    def _prepare_task_values(self, event, user, date_start, date_end):
        journey = event.journey
        team = journey.team_id or event.action.team_id
        return {
            "action_type_id": self.task_type_id.id,
            "mode": self.task_mode,
            "partner_id": event.partner.id,
            "user_id": user.id,
            "team_id": team.id,
            "company_id": self._company_of(event).id,
            "date_start": date_start,
            "date_end": date_end,
        }

    def _company_of(self, event):
        return (event.journey or event.action).company_id or self.env.company

    def _task_dates(self, user, company):
        """When a task given now to ``user`` starts and ends (UTC, naive).

        Days are counted in the user's own time zone, so that "in two days at the same
        hour" stays true when the clocks change.
        """
        zone = pytz.timezone(user.tz or company.partner_id.tz or "UTC")
        now = pytz.utc.localize(fields.Datetime.now()).astimezone(zone)
        wall_clock = now.replace(tzinfo=None) + timedelta(days=self.task_delay_days)
        start = zone.localize(wall_clock) + timedelta(hours=self.task_delay_hours)
        if self.task_mode != "planned":
            return start.astimezone(pytz.utc).replace(tzinfo=None), False
        start = self._first_working_moment(user, company, start)
        end = start + self.task_type_id._length()
        return (
            start.astimezone(pytz.utc).replace(tzinfo=None),
            end.astimezone(pytz.utc).replace(tzinfo=None),
        )

    def _first_working_moment(self, user, company, moment):
        """The first quarter of an hour, at or after ``moment``, that ``user`` works.

        Where nobody ever works (no calendar, or an empty one) the moment itself holds.
        """
        moment = _next_quarter(moment)
        calendar = user.resource_calendar_id or company.resource_calendar_id
        if not calendar:
            return moment
        resource = user.resource_ids[:1]
        horizon = moment + timedelta(days=60)
        intervals = calendar._work_intervals_batch(
            moment, horizon, resources=resource, tz=moment.tzinfo
        )[resource.id]
        for start, stop, _attendance in intervals:
            first = _next_quarter(max(start, moment))
            if first < stop:
                return first
        return moment

    # === ASSIGNMENT === #

    def _assign(self, events):
        """Who does the task of each event; an empty user where nobody is named."""
        return getattr(self, f"_assign_{self.assignee}")(events)

    def _assign_me(self, events):
        return [
            event.action.user_id or event.journey.user_id or self.env.user
            for event in events
        ]

    def _assign_journey_salesperson(self, events):
        return [event.journey.user_id or event.partner.user_id for event in events]

    def _assign_entity_salesperson(self, events):
        return [event.partner.user_id or event.journey.user_id for event in events]

    def _assign_stage_user(self, events):
        return [
            event.journey.playbook_stage_id.user_id or event.journey.user_id
            for event in events
        ]

    def _assign_fixed_user(self, events):
        return [self.assignee_user_id] * len(events)

    def _assign_contact_user(self, events):
        return [self.assignee_partner_id.user_ids[:1]] * len(events)

    def _assign_round_robin(self, events):
        return self._assign_among_people(
            events,
            lambda people, count, campaign: people._take_turns(
                count, "crm.action", campaign
            ),
        )

    def _assign_least_loaded(self, events):
        return self._assign_among_people(
            events, lambda people, count, campaign: people._level_load(count)
        )

    def _assign_team(self, events):
        return [self.env["res.users"]] * len(events)

    def _assign_among_people(self, events, share):
        """Share the events of each campaign among its people."""
        assignees = {}
        for campaign in {event.journey.crm_campaign_id for event in events}:
            own = [
                i for i, e in enumerate(events) if e.journey.crm_campaign_id == campaign
            ]
            people = campaign._people()
            users = share(people, len(own), campaign)
            for index, user in zip(own, users, strict=True):
                assignees[index] = user or events[index].journey.user_id
        return [assignees[index] for index in range(len(events))]


def _next_quarter(moment):
    past = timedelta(
        minutes=moment.minute % 15,
        seconds=moment.second,
        microseconds=moment.microsecond,
    )
    return moment + (PLANNING_STEP - past if past else timedelta())

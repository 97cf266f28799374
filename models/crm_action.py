from datetime import datetime, time

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from . import bulk
from .crm_action_type import MONEY_GROUPS
from .crm_lead_owned import OF_TEAMS
from .crm_task_plan import MODES
from .engine import as_engine, is_engine
from .event import Event
from .lookup import existing
from .named_error import named_error

STATES = [
    ("planned", "Planned"),
    ("done", "Done"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
]
FAILURES = [
    ("no_address", "No e-mail address"),
    ("bad_address", "Wrong e-mail address"),
    ("no_number", "No phone number"),
    ("bad_number", "Wrong phone number"),
    ("blacklisted", "Does not want to be contacted"),
    ("error", "Something else went wrong"),
]


class CrmAction(models.Model):
    """One task with an entity: planned, done, cancelled or failed.

    A done action is never edited or deleted, only corrected by another one.
    """

    _name = "crm.action"
    _description = "Action"
    _inherit = ["crm.engine.guarded", "crm.lead.owned"]
    _order = "date_start desc, id desc"
    _rec_names_search = ["partner_id", "action_type_id"]
    _transitions = {
        "planned": {"done", "failed", "cancelled"},
        "failed": {"planned", "cancelled"},
        "cancelled": {"planned"},
        "done": set(),
    }
    _engine_fields = frozenset(
        {
            "state",
            "outcome_id",
            "done_at",
            "done_by_id",
            "cost",
            "points",
            "failure",
            "failure_reason",
            "skip_pending_since",
            "failure_count",
            "cancel_reason",
            "planned_by",
            "transition_id",
            "crm_campaign_id",
            "playbook_stage_id",
            "stage_visit",
            "corrects_id",
            "corrected_by_id",
            "mailing_trace_ids",
            "survey_answer_id",
        }
    )

    state = fields.Selection(STATES, required=True, default="planned", readonly=True)
    mode = fields.Selection(MODES, required=True, default="free")
    action_type_id = fields.Many2one(
        "crm.action.type", "Type", required=True, ondelete="restrict"
    )
    channel = fields.Selection(related="action_type_id.channel")
    icon = fields.Char(related="action_type_id.icon")
    partner_id = fields.Many2one(
        "res.partner", "Entity", required=True, ondelete="restrict"
    )
    phone = fields.Char(related="partner_id.phone")
    email = fields.Char(related="partner_id.email")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users",
        "Assigned To",
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
    )
    team_id = fields.Many2one("crm.team")
    user_of_team_id = fields.Many2one(
        "res.users",
        "Leader of the Team",
        compute="_compute_user_of_team_id",
        search="_search_user_of_team_id",
        compute_sudo=True,
    )

    lead_id = fields.Many2one("crm.lead", "Opportunity", ondelete="cascade")
    crm_campaign_id = fields.Many2one(
        "crm.campaign", "Campaign", readonly=True, ondelete="restrict"
    )
    playbook_stage_id = fields.Many2one(
        "crm.playbook.stage", "Stage", readonly=True, ondelete="restrict"
    )
    stage_visit = fields.Integer(readonly=True)
    planned_by = fields.Selection(
        [
            ("person", "A person"),
            ("stage", "Its stage"),
            ("rule", "A rule"),
            ("operation", "A stored operation"),
        ],
        required=True,
        default="person",
        readonly=True,
    )
    transition_id = fields.Many2one(
        "crm.transition",
        "Planned by Ledger Line",
        readonly=True,
        ondelete="set null",
    )

    date_start = fields.Datetime(
        "Date",
        required=True,
        default=fields.Datetime.now,
        help="When it begins; for a free task, from when on it may be done.",
    )
    date_end = fields.Datetime("End")
    is_late = fields.Boolean(compute="_compute_is_late", search="_search_is_late")

    outcome_id = fields.Many2one("crm.outcome", readonly=True, ondelete="restrict")
    lacks_outcome = fields.Boolean(
        "Outcome Missing",
        compute="_compute_lacks_outcome",
        search="_search_lacks_outcome",
        help="Ticked off as an activity: nobody has said yet with which outcome.",
    )
    allowed_outcome_ids = fields.Many2many(related="action_type_id.outcome_ids")
    script = fields.Html(related="action_type_id.script")
    stage_description = fields.Html(related="playbook_stage_id.description")
    note = fields.Text()
    done_at = fields.Datetime(readonly=True)
    done_by_id = fields.Many2one("res.users", "Recorded By", readonly=True)
    cost = fields.Monetary(readonly=True, copy=False, groups=MONEY_GROUPS)
    points = fields.Integer(readonly=True)
    cancel_reason = fields.Char(readonly=True)
    failure = fields.Selection(FAILURES, readonly=True)
    failure_count = fields.Integer(readonly=True)
    failure_reason = fields.Char(readonly=True)

    corrects_id = fields.Many2one("crm.action", readonly=True, ondelete="restrict")
    corrected_by_id = fields.Many2one(
        "crm.action", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    mailing_trace_ids = fields.One2many(
        "mailing.trace", "crm_action_id", groups="mass_mailing.group_mass_mailing_user"
    )
    message_status = fields.Selection(
        lambda self: self.env["mailing.trace"]._fields["trace_status"].selection,
        compute="_compute_message_status",
        compute_sudo=True,
        help="What became of the message that the action sent.",
    )
    survey_answer_id = fields.Many2one(
        "survey.user_input",
        readonly=True,
        index="btree_not_null",
        groups="survey.group_survey_user",
    )
    answer_ids = fields.One2many("crm.transition", "action_id", "What Followed")

    _due_index = models.Index(
        "(date_start, id) WHERE state = 'planned' AND mode = 'automatic'"
    )
    _open_index = models.Index("(date_start, id) WHERE state = 'planned'")
    # With what it includes, agendas and loads are counted in the index alone.
    _open_of_user_index = models.Index(
        "(user_id, date_start, id) "
        "INCLUDE (company_id, team_id, lead_id, mode, date_end) WHERE state = 'planned'"
    )
    _without_outcome_index = models.Index(
        "(user_id) WHERE state = 'done' AND outcome_id IS NULL"
    )
    _done_of_user_index = models.Index("(user_id, done_at) WHERE state = 'done'")
    _partner_index = models.Index("(partner_id, date_start)")
    _campaign_user_index = models.Index(
        "(crm_campaign_id, user_id, id) WHERE crm_campaign_id IS NOT NULL"
    )
    # These two hold what the promise is not about too, with an empty key that is never
    # twice the same: so they find all actions of an opportunity, and of a ledger line.
    _one_stage_task_index = models.UniqueIndex(
        "(lead_id, (CASE WHEN planned_by = 'stage' THEN playbook_stage_id END), "
        "(CASE WHEN planned_by = 'stage' THEN stage_visit END)) "
        "WHERE lead_id IS NOT NULL"
    )
    _one_rule_task_index = models.UniqueIndex(
        "(transition_id, "
        "(CASE WHEN planned_by IN ('rule', 'operation') THEN true END)) "
        "WHERE transition_id IS NOT NULL"
    )
    _one_correction_index = models.UniqueIndex(
        "(corrects_id) WHERE corrects_id IS NOT NULL"
    )
    _done_is_dated = models.Constraint(
        "CHECK(state <> 'done' OR done_at IS NOT NULL)",
        "A done action needs the date when it was done.",
    )
    _end_after_start = models.Constraint(
        "CHECK(date_end IS NULL OR date_end >= date_start)",
        "An action cannot end before it begins.",
    )

    # === COMPUTES === #

    @api.depends("action_type_id.name", "partner_id.name")
    def _compute_display_name(self):
        for action in self:
            names = (action.action_type_id.name, action.partner_id.display_name)
            action.display_name = " · ".join(name for name in names if name)

    @api.depends("team_id.user_id")
    def _compute_user_of_team_id(self):
        for action in self:
            action.user_of_team_id = action.team_id.user_id

    @api.model
    def _search_user_of_team_id(self, operator, value):
        return self._search_pointing("team_id", OF_TEAMS, operator, value)

    @api.depends("mailing_trace_ids.trace_status")
    def _compute_message_status(self):
        for action in self:
            action.message_status = action.mailing_trace_ids[-1:].trace_status

    @api.depends("state", "mode", "date_start")
    def _compute_is_late(self):
        late = self.filtered_domain(self._late_domain())
        late.is_late = True
        (self - late).is_late = False

    def _search_is_late(self, operator, value):
        return self._late_domain() if operator == "in" else NotImplemented

    @api.depends("state", "mode", "outcome_id", "corrected_by_id")
    def _compute_lacks_outcome(self):
        lacking = self.filtered_domain(self._lacks_outcome_domain())
        lacking.lacks_outcome = True
        (self - lacking).lacks_outcome = False

    def _search_lacks_outcome(self, operator, value):
        return self._lacks_outcome_domain() if operator == "in" else NotImplemented

    @api.model
    def _lacks_outcome_domain(self):
        """What people have ticked off without saying how it ended."""
        return (
            Domain("state", "=", "done")
            & Domain("mode", "!=", "automatic")
            & Domain("outcome_id", "=", False)
            & Domain("corrected_by_id", "=", False)
        )

    @api.model
    def _late_domain(self):
        """Human tasks that should have been done already."""
        return Domain("state", "=", "planned") & Domain.OR(
            Domain("mode", "=", mode) & Domain("date_start", "<", due)
            for mode, due in self._latest_starts().items()
        )

    @api.model
    def _latest_starts(self):
        """When human tasks of each mode begin at the latest that are not late (UTC).

        Late is whose hour, or day if free, has passed.
        """
        midnight = datetime.combine(fields.Date.context_today(self), time.min)
        today = self.env.tz.localize(midnight).astimezone(pytz.utc)
        return {
            "planned": fields.Datetime.now(),
            "free": today.replace(tzinfo=None),
        }

    @api.onchange("lead_id")
    def _onchange_lead_id(self):
        if self.lead_id:
            self.partner_id = self.lead_id.partner_id

    @api.onchange("mode", "date_start", "action_type_id")
    def _onchange_planned(self):
        if self.mode == "planned" and self.date_start and self.action_type_id:
            self.date_end = self.date_start + self.action_type_id._length()

    @api.constrains("mode", "action_type_id")
    def _check_automatic_is_message(self):
        for action in self.filtered(lambda action: action.mode == "automatic"):
            action.action_type_id._check_can_be_automatic()

    @api.constrains("lead_id", "partner_id")
    def _check_entity_of_opportunity(self):
        if is_engine(self.env):
            return
        for action in self.filtered("lead_id"):
            action.lead_id._check_entity_is(action.partner_id)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        if is_engine(self.env):
            return super().create(vals_list)
        for vals in vals_list:
            self._check_opportunity_to_act_on(vals.get("lead_id"))
        actions = super().create([self._complete_values(vals) for vals in vals_list])
        for action in actions.filtered("lead_id"):
            as_engine(action).write({"crm_campaign_id": action.lead_id.crm_campaign_id})
        return actions

    def write(self, vals):
        if not is_engine(self.env):
            self._check_not_done()
            self._check_opportunity_stays(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        self._check_not_done()

    def copy_data(self, default=None):
        """A copy of an action is a new plan: it takes nothing of what was done."""
        return [
            {
                name: value
                for name, value in vals.items()
                if name not in self._engine_fields
            }
            for vals in super().copy_data(default)
        ]

    def _complete_values(self, vals):
        """Fill in what follows from the opportunity."""
        lead = self.env["crm.lead"].browse(vals.get("lead_id") or False)
        if not lead:
            return vals
        return {
            "partner_id": lead.partner_id.id,
            "team_id": lead.team_id.id,
            "company_id": lead.company_id.id or self.env.company.id,
            **vals,
        }

    def _check_opportunity_to_act_on(self, lead_id):
        """Only who may move an opportunity plans actions for it, while it is open."""
        if lead_id:
            lead = existing(self.env, "crm.lead", lead_id)
            lead.check_access("write")
            lead._check_open()

    def _check_opportunity_stays(self, vals):
        """The opportunity is chosen when the action is planned."""
        if "lead_id" in vals and any(
            action.lead_id.id != vals["lead_id"] for action in self
        ):
            raise UserError(
                self.env._(
                    "An action stays with its opportunity: cancel it and plan another."
                )
            )

    def _check_not_done(self):
        if any(action.state == "done" for action in self):
            raise UserError(
                self.env._(
                    "What was done is not changed or deleted: "
                    "correct it with another action."
                )
            )

    # === PLANNING === #

    @api.model
    def _create_planned(self, columns, values, guests=()):
        """Plan actions for the engine: no mail, no subscription, one batch.

        :param columns: {name of a field: list of what each action has}
        :param values: what all of them have
        :param guests: whom each invites to its calendar event, ids of entities
        """
        actions = as_engine(self)
        if values["mode"] == "automatic":
            self._wake_scheduler(columns["date_start"])
        if len(columns["date_start"]) == 1:
            # One alone is quicker by the ORM, which then has it in its cache.
            own = {name: column[0] for name, column in columns.items()}
            own |= {"guest_ids": guests[0]} if guests else {}
            return actions.create([own | values])
        planned = bulk.insert_columns(actions, columns, values)
        planned._invite(guests)
        if values["mode"] != "automatic":
            planned._reflect_new()
        return planned

    @api.model
    def _wake_scheduler(self, dates):
        """Have the scheduler look at automatic tasks when the first falls due."""
        if dates:
            cron = self.env.ref("crm_playbook.ir_cron_run_due_actions").sudo()
            cron._trigger(at=min(dates))

    # === CONTRACT === #

    def done(self, outcome_id, note=None):
        """Record that the actions are done; one rule answers for each.

        Those that were ticked off without an outcome are given theirs.

        :param int outcome_id: the outcome, one of the action type's
        :param str note: what there is to say of it
        :raise UserError: when the outcome is not one of the type's, or an action is not
            planned any more; of several it names the one at fault, and none is done
        """
        self.check_access("write")
        for action in self:
            with named_error(action if len(self) > 1 else None):
                action._end_with(action._allowed_outcome(outcome_id), note)
        return True

    def reschedule(self, date):
        """Plan the actions anew; failed and cancelled ones become planned again.

        :param date: the new start, UTC; the length stays
        :raise UserError: when the date cannot be read, or an action is done
        """
        self.check_access("write")
        start = self._readable_date(date)
        for action in self:
            length = action.date_end and action.date_end - action.date_start
            action._plan_anew(
                date_start=start, date_end=start + length if length else False
            )
        if any(action.mode == "automatic" for action in self):
            self._wake_scheduler([start])
        return True

    def reassign(self, user_id):
        """Give planned actions to another user.

        :param int user_id: an internal user
        """
        self.check_access("write")
        user = self._existing_colleague(user_id)
        self._check_planned()
        as_engine(self).write({"user_id": user.id})
        return True

    def cancel(self, reason=None):
        """Cancel planned or failed actions.

        :param str reason: why, for whoever looks later
        """
        self.check_access("write")
        self._move_to("cancelled", cancel_reason=reason)
        return True

    def correct(self, outcome_id, note=None):
        """Correct the outcome of a done action by another action.

        What the wrong outcome had done is undone first: what it planned, and is not
        done yet, is cancelled; stage, result and status go back. Then a rule answers
        the right outcome. Where the opportunity has moved on since, it stays where it
        is. Points, cost and attempts count the correcting action instead of this one.

        :return: id of the correcting action
        :raise UserError: when it is not done, or was corrected before
        """
        self.ensure_one()
        self.check_access("write")
        if self.state != "done" or self.corrected_by_id:
            raise UserError(
                self.env._(
                    "Only a done action that was not corrected yet is corrected."
                )
            )
        outcome = self._allowed_outcome(outcome_id)
        is_undone = self._undo_answer()
        correction = as_engine(self).create(self._prepare_correction_values())
        as_engine(self).write({"corrected_by_id": correction.id})
        correction.with_env(self.env)._complete(
            outcome,
            note=note,
            user_id=self.user_id.id,
            done_at=self.done_at,
            answer=is_undone,
        )
        return correction.id

    def _undo_answer(self):
        """Take back what the rule did, if the journey is still where the rule left it.

        Points are taken back wherever the journey is.

        :return: whether it was there
        """
        answer = self.sudo().answer_ids.filtered(lambda line: line.trigger == "outcome")
        answer.planned_action_ids.filtered(
            lambda action: action.state == "planned"
        )._move_to("cancelled", cancel_reason=self.env._("The outcome was corrected."))
        line = as_engine(self)._open_correction(answer)
        journey = self.sudo()._journey()
        if journey:
            return journey._undo(answer, line)
        answer._take_back_status()
        return True

    # === MOVING === #

    def _plan_anew(self, **values):
        """Plan one action at another time; failed and cancelled ones are planned again.

        :raise UserError: when it is done, its opportunity closed, or its stage left
        """
        # Who may plan an action anew need not see all of its opportunity.
        self.sudo()._journey()._check_open()
        self.sudo()._check_stay_lasts()
        values |= {"failure": False, "failure_reason": False, "cancel_reason": False}
        if self.state == "planned":
            as_engine(self).write(values)
        else:
            self._move_to("planned", **values)

    def _pass_on(self, user):
        """Give one action to another user, or back to the team if that is nobody."""
        if user == self.user_id:
            return
        if user:
            self.reassign(user.id)
        else:
            self.give_back()

    # === DOING === #

    def _end_with(self, outcome, note=None):
        """Be done with an outcome; what was ticked off without one gets it now."""
        if self.lacks_outcome:
            self._give_outcome(outcome, note)
        else:
            self._complete(outcome, note=note)

    def _complete(self, outcome, note=None, user_id=None, done_at=None, answer=True):
        """Move one action to done and have the rules answer."""
        self.ensure_one()
        values = self._prepare_done_values(outcome)
        if user_id:
            values["user_id"] = user_id
        if done_at:
            values["done_at"] = done_at
        if note:
            values["note"] = note
        self._move_to("done", **values)
        if answer:
            self._answer_outcome()

    def _give_outcome(self, outcome, note=None):
        """Say with which outcome ended what was ticked off without one."""
        values = {"outcome_id": outcome.id}
        as_engine(self).write(values | ({"note": note} if note else {}))
        if self._is_of_present_stay():
            self._answer_outcome()
        else:
            self._note_late_outcome()

    def _answer_outcome(self):
        event = Event.of_action("outcome", as_engine(self))
        self.env["crm.playbook.rule"]._answer(event)

    def _is_of_present_stay(self):
        """Whether the opportunity, if any, still stands where the action was done."""
        journey = self.sudo()._journey()
        is_there = self.stage_visit == journey.stage_visit and journey._is_open()
        return not journey or is_there

    def _note_late_outcome(self):
        line = self.env["crm.transition"]._open(
            Event.of_action("outcome", as_engine(self))
        )
        line._note(effects=self.env._("The opportunity has moved on since: it stays."))

    def _prepare_done_values(self, outcome):
        return {
            "outcome_id": outcome.id,
            "user_id": self.user_id.id or self.env.uid,
            "done_at": fields.Datetime.now(),
            "done_by_id": self.env.uid,
            "cost": self._current_cost(),
        }

    def _fail(self, failure, reason=None):
        """Set one action aside with its reason."""
        labels = dict(self._fields["failure"]._description_selection(self.env))
        self._move_to(
            "failed",
            failure=failure,
            failure_reason=reason or labels[failure],
            failure_count=self.failure_count + 1,
        )

    def _current_cost(self):
        """The marginal cost of the type now, in the currency of the company."""
        action_type = self.action_type_id.sudo()
        return action_type.currency_id._convert(
            action_type.marginal_cost,
            self.company_id.currency_id,
            self.company_id,
            fields.Date.context_today(self),
        )

    def _automatic_chain(self, limit):
        """How many automatic tasks led to this one, each planned by the last one."""
        length, action = 0, self
        while action.mode == "automatic" and length < limit:
            length += 1
            action = action.transition_id.action_id
        return length

    def _journey(self):
        """The journey the action belongs to; an empty opportunity if none."""
        return self.lead_id

    def _prepare_correction_values(self):
        return {
            "corrects_id": self.id,
            "action_type_id": self.action_type_id.id,
            "mode": self.mode,
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "user_id": self.user_id.id,
            "team_id": self.team_id.id,
            "lead_id": self.lead_id.id,
            "crm_campaign_id": self.crm_campaign_id.id,
            **self._journey()._stay_values(),
            "date_start": self.date_start,
            "date_end": self.date_end,
        }

    # === CHECKS === #

    def _allowed_outcome(self, outcome_id):
        """The outcome, if actions of this type may end so.

        :raise UserError: when they may not
        """
        self.ensure_one()
        allowed = self.action_type_id.outcome_ids
        outcome = allowed.filtered(lambda outcome: outcome.id == outcome_id)
        if not outcome:
            raise UserError(
                self.env._(
                    "%(type)s cannot end so. Choose one of: %(outcomes)s.",
                    type=self.action_type_id.name,
                    outcomes=", ".join(
                        f"{outcome.name} ({outcome.id})" for outcome in allowed
                    )
                    or self.env._("(the type has no outcome yet)"),
                )
            )
        return outcome

    def _readable_date(self, date):
        try:
            moment = fields.Datetime.to_datetime(date)
        except (ValueError, TypeError) as error:
            raise UserError(
                self.env._(
                    "%s is not a date: write it as 2026-12-31 10:00:00, in UTC.", date
                )
            ) from error
        if not moment:
            raise UserError(self.env._("Give the date."))
        return moment

    def _check_planned(self):
        for action in self:
            if action.state != "planned":
                raise UserError(
                    self.env._("%s is not planned any more.", action.display_name)
                )

    def _check_stay_lasts(self):
        """The task of a stage that the journey has left is not planned again."""
        journey = self._journey()
        if self.planned_by == "stage" and self.stage_visit != journey.stage_visit:
            raise UserError(
                self.env._(
                    "%(journey)s has left stage %(stage)s: go to that stage, and its "
                    "task is planned anew.",
                    journey=journey.display_name,
                    stage=self.playbook_stage_id.name,
                )
            )

    def _existing_colleague(self, user_id):
        user = existing(self.env, "res.users", user_id)
        if user.share or not user.active:
            raise UserError(
                self.env._("%s cannot do actions: choose an internal user.", user.name)
            )
        return user

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import SQL

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
    ("entity_role", "Who has a given role for the entity"),
    ("round_robin", "The campaign's people in turn"),
    ("least_loaded", "The least loaded of the campaign's people"),
    ("team", "Everyone of the team"),
]
# Whose task it is: a stage's is the journey's entity's, a rule's is that of what it
# answers, which may be another contact of the same company.
ENTITIES = {
    "stage": SQL("journey.partner_id"),
    "rule": SQL("line.partner_id"),
    "operation": SQL("line.partner_id"),
}
# What says who has a task.
ASKED = (
    "crm.lead",
    "crm.action",
    "res.partner",
    "res.users",
    "crm.playbook.stage",
    "crm.entity.role.holder",
)
# What an action takes from the ledger line that plans it.
PLANNED_FOR = (
    "partner_id",
    "transition_id",
    "lead_id",
    "playbook_stage_id",
    "stage_visit",
    "crm_campaign_id",
    "team_id",
    "company_id",
)


class CrmTaskPlan(models.AbstractModel):
    """How a task will be planned: what, when and for whom.

    Stages and rules plan tasks alike. ``_plan`` takes the ledger lines that ask for a
    task and creates one action for each, in one batch.
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
    assignee_role_id = fields.Many2one(
        "crm.entity.role",
        string="Given Role",
        ondelete="restrict",
        help="Where nobody has it, the entity's salesperson does the task.",
    )
    guest_user_ids = fields.Many2many(
        "res.users",
        string="Also Invited",
        domain=[("share", "=", False)],
        help="Colleagues who get an invitation to the calendar event of the task.",
    )
    invites_entity = fields.Boolean(
        "Invite the Contact",
        help="The contact gets an invitation to the calendar event of the task.",
    )

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

    @api.constrains(
        "assignee", "assignee_user_id", "assignee_partner_id", "assignee_role_id"
    )
    def _check_assignee(self):
        for plan in self:
            if plan.assignee == "fixed_user" and not plan.assignee_user_id:
                raise ValidationError(self.env._("Choose the user who does the task."))
            if plan.assignee == "contact_user" and not plan.assignee_partner_id:
                raise ValidationError(
                    self.env._("Choose the contact whose user does the task.")
                )
            if plan.assignee == "entity_role" and not plan.assignee_role_id:
                raise ValidationError(
                    self.env._("Choose the role of whoever does the task.")
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
            "entity_role": self.env._("the entity's %s", self.assignee_role_id.name),
            "round_robin": self.env._("the campaign's people in turn"),
            "least_loaded": self.env._("the least loaded of the campaign's people"),
            "team": self.env._("everyone of the team"),
        }[self.assignee]

    # === PLANNING === #

    def _plan(self, lines, planned_by, **values):
        """Plan one task for each ledger line, in one batch.

        :param lines: lines of :class:`CrmTransition`: what happened, to which journey
        :param planned_by: ``stage``, ``rule`` or ``operation``
        :param values: more values that all the actions have
        :return: the planned actions, in the order of the lines
        """
        self.ensure_one()
        if not lines:
            return self.env["crm.action"]
        asked = self._asked(_told_by(lines), ENTITIES[planned_by])
        users = self._share(asked)
        dates = self._dates_of(users, asked["company_id"])
        return self.env["crm.action"]._create_planned(
            {name: asked[name] for name in PLANNED_FOR}
            | {
                "user_id": users,
                "date_start": [start for start, _end in dates],
                "date_end": [end for _start, end in dates],
            },
            {
                "action_type_id": self.task_type_id.id,
                "mode": self.task_mode,
                "planned_by": planned_by,
            }
            | values,
            guests=self._guests_of(asked["partner_id"]),
        )

    def _plan_and_tell(self, lines, planned_by):
        """Plan one task for each ledger line.

        :return: what was planned, in words for the ledger, with the lines of whom
        """
        actions = self._plan(lines, planned_by)
        planned = dict(zip(actions, lines, strict=True))
        return [
            (self._planned_text(alike[0]), lines.browse(planned[a].id for a in alike))
            for alike in actions.grouped(lambda a: (a.date_start, a.user_id)).values()
        ]

    def _planned_text(self, action):
        return self.env._(
            "Planned: %(task)s, %(date)s, %(user)s",
            task=self.task_type_id.name,
            date=tools.format_datetime(self.env, action.date_start, dt_format="short"),
            user=action.user_id.name or self.env._("everyone of the team"),
        )

    def _guests_of(self, partner_ids):
        """Whom each task invites, as lists of ids; empty where it invites nobody."""
        if self.task_mode != "planned":
            return []
        colleagues = self.guest_user_ids.partner_id.ids
        if not (colleagues or self.invites_entity):
            return []
        return [
            colleagues + ([partner_id] if self.invites_entity else [])
            for partner_id in partner_ids
        ]

    def _asked(self, source, entity):
        """Of whom and for whom a task is asked, as columns.

        Once a journey is closed, what is still to do belongs to the entity, not to it.

        :param SQL source: ``line`` (what asks), its ``journey`` and the action ``done``
            that it is about, in the order of ``given.n``: those of ledger lines, or of
            what is only thought of
        :param SQL entity: whose task it is
        """
        for name in ASKED:
            self.env[name].flush_model()
        columns = {
            "partner_id": entity,
            "transition_id": SQL("line.id"),
            "lead_id": _while_open("journey.id"),
            "playbook_stage_id": _while_open("journey.playbook_stage_id"),
            "stage_visit": _while_open("journey.stage_visit"),
            "crm_campaign_id": SQL("journey.crm_campaign_id"),
            "team_id": SQL("coalesce(journey.team_id, done.team_id)"),
            "company_id": SQL(
                "coalesce(journey.company_id, done.company_id, %s)", self.env.company.id
            ),
            "user_id": getattr(self, f"_assignee_{self.assignee}")(),
        }
        rows = self.env.execute_query(
            SQL(
                """SELECT %s
                     FROM %s
                     JOIN res_partner partner ON partner.id = %s
                LEFT JOIN crm_playbook_stage stage
                       ON stage.id = journey.playbook_stage_id
                 ORDER BY given.n""",
                SQL(", ").join(columns.values()),
                source,
                entity,
            )
        )
        return dict(zip(columns, zip(*rows, strict=True), strict=True))

    # === ASSIGNMENT === #
    # Each policy says in SQL, over a ledger line and what it speaks of, who has the
    # task: nobody where it comes out empty.

    def _assignee_me(self):
        return SQL("coalesce(done.user_id, journey.user_id, %s)", self.env.uid)

    def _assignee_journey_salesperson(self):
        return SQL("coalesce(journey.user_id, partner.user_id)")

    def _assignee_entity_salesperson(self):
        return SQL("coalesce(partner.user_id, journey.user_id)")

    def _assignee_stage_user(self):
        return SQL("coalesce(stage.user_id, journey.user_id)")

    def _assignee_fixed_user(self):
        return SQL("%s", self.assignee_user_id.id)

    def _assignee_contact_user(self):
        return SQL("%s", self.assignee_partner_id.user_ids[:1].id or None)

    def _assignee_entity_role(self):
        """The contact's own holder of the role comes before its company's."""
        return SQL(
            """coalesce(
                (SELECT holder.user_id
                   FROM crm_entity_role_holder holder
                   JOIN res_users ON res_users.id = holder.user_id AND res_users.active
                    AND res_users.share IS NOT TRUE
                   JOIN res_company_users_rel works
                     ON works.user_id = holder.user_id
                    AND works.cid = coalesce(
                        journey.company_id, done.company_id, line.company_id)
                  WHERE holder.role_id = %s
                    AND holder.partner_id IN (partner.id, partner.commercial_partner_id)
                  ORDER BY holder.partner_id = partner.id DESC
                  LIMIT 1),
                partner.user_id,
                journey.user_id)""",
            self.assignee_role_id.id,
        )

    def _assignee_round_robin(self):
        return SQL("journey.user_id")

    def _assignee_least_loaded(self):
        return SQL("journey.user_id")

    def _assignee_team(self):
        return SQL("NULL::int")

    def _share(self, asked):
        """Who does each task: shared among people if so, else whom the policy named."""
        share = getattr(self, f"_share_{self.assignee}", None)
        users = list(asked["user_id"])
        if not share:
            return users
        campaign_ids = asked["crm_campaign_id"]
        for campaign in self.env["crm.campaign"].browse(set(campaign_ids) - {None}):
            own = [n for n, of in enumerate(campaign_ids) if of == campaign.id]
            for n, user in zip(own, share(campaign, len(own)), strict=True):
                users[n] = user.id or users[n]
        return users

    def _share_round_robin(self, campaign, count):
        return campaign._people()._take_turns(count, "crm.action", campaign)

    def _share_least_loaded(self, campaign, count):
        return campaign._people()._level_load(count)


def _while_open(column):
    return SQL(
        "CASE WHEN journey.active AND journey.won_status = 'pending' THEN %s END",
        SQL(column),  # pylint: disable=sql-injection
    )


def _told_by(lines):
    """Ledger lines with what they speak of, as what asks for a task."""
    return SQL(
        """unnest(%s) WITH ORDINALITY AS given(id, n)
      JOIN crm_transition line ON line.id = given.id
 LEFT JOIN crm_lead journey ON journey.id = line.lead_id
 LEFT JOIN crm_action done ON done.id = line.action_id""",
        lines.ids,
    )

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .engine import as_engine
from .event import Event
from .lookup import existing


class CrmJourney(models.AbstractModel):
    """One record that travels a playbook.

    A model that inherits it names in ``_journey_field`` the field by which actions and
    ledger lines point at it, and tells how it is closed (``_close``) and how it stands
    (``_result``).
    """

    _name = "crm.journey"
    _description = "Journey"
    _inherit = ["crm.engine.guarded"]

    _journey_field = None
    _engine_fields = frozenset(
        {
            "playbook_id",
            "playbook_stage_id",
            "stage_entered_at",
            "stage_visit",
            "commercial_status_date",
            "crm_campaign_id",
            "campaign_round",
            "origin_action_id",
            "is_started_by_hand",
        }
    )

    playbook_id = fields.Many2one(
        "crm.playbook",
        copy=False,
        readonly=True,
        ondelete="restrict",
        tracking=True,
    )
    playbook_stage_id = fields.Many2one(
        "crm.playbook.stage",
        copy=False,
        readonly=True,
        ondelete="restrict",
    )
    stage_entered_at = fields.Datetime(copy=False, readonly=True)
    stage_visit = fields.Integer(
        "Stay",
        copy=False,
        readonly=True,
        help="Counts the stages entered: each stay in a stage has its own number.",
    )
    commercial_status_id = fields.Many2one(
        "crm.commercial.status",
        copy=False,
        ondelete="restrict",
        tracking=True,
    )
    commercial_status_date = fields.Datetime(copy=False, readonly=True)
    crm_campaign_id = fields.Many2one(
        "crm.campaign",
        "Playbook Campaign",
        copy=False,
        ondelete="restrict",
    )
    origin_action_id = fields.Many2one(
        "crm.action",
        "Started By",
        index="btree_not_null",
        copy=False,
        readonly=True,
        ondelete="restrict",
        help="The action that started this opportunity.",
    )
    is_started_by_hand = fields.Boolean(
        copy=False,
        readonly=True,
        help="Somebody chose this entity, which the campaign would not have taken up: "
        "it tells nothing about the others, and is compared with no control group.",
    )
    stage_line = fields.Json(compute="_compute_stage_line")

    @api.depends("playbook_id", "playbook_stage_id")
    def _compute_stage_line(self):
        for journey in self:
            journey.stage_line = (
                [
                    item | {"current": item["id"] == journey.playbook_stage_id.id}
                    for item in journey.playbook_id._stage_line()
                ]
                if journey.playbook_id
                else []
            )

    # === CONTRACT === #

    def start_playbook(self, playbook_id):
        """Begin a playbook at its first stage; what another had planned is cancelled.

        :param int playbook_id: a playbook with at least one stage
        :raise UserError: when the playbook has no stage, or a journey is closed
        """
        self.check_access("write")
        playbook = existing(self.env, "crm.playbook", playbook_id)
        first = playbook._first_stage()
        self._check_open()
        self._check_entity()
        self._cancel_planned(self.env._("Another playbook was started."))
        self._enter_stage(first, self._open_lines("started"))
        return True

    def go_to_stage(self, stage_id):
        """Move to a stage of the own playbook by hand; its task is planned.

        :param int stage_id: a stage of the playbook under way
        :raise UserError: when the stage is of another playbook, or a journey is closed
        """
        self.check_access("write")
        stage = existing(self.env, "crm.playbook.stage", stage_id)
        self._check_open()
        for journey in self:
            if stage.playbook_id != journey.playbook_id:
                raise UserError(
                    self.env._(
                        "Stage %(stage)s is not in the playbook of %(journey)s.",
                        stage=stage.name,
                        journey=journey.display_name,
                    )
                )
        self._cancel_planned(self.env._("Moved to stage %s by hand.", stage.name))
        self._enter_stage(stage, self._open_lines("moved"))
        return True

    def action_view_ledger(self):
        """Open the ledger: what happened, which rule answered, what followed."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_playbook.crm_transition_action"
        )
        return action | {
            "domain": [(self._journey_field, "=", self.id)],
            "context": {"create": False, "in_journey": True},
        }

    # === HOW IT STANDS (for each model to say) === #

    def _reopen(self, transition):
        """Open a closed journey again; the ledger line says so."""
        raise NotImplementedError

    def _is_open(self):
        return self._result() == "open"

    def _result(self):
        """``open``, ``won`` or ``lost``."""
        raise NotImplementedError

    def _close(self, result, transition=None, lost_reason=None):
        """Close the journeys as ``won`` or ``lost``."""
        raise NotImplementedError

    # === ENGINE === #

    def _open_lines(self, trigger):
        return self.env["crm.transition"]._open_new(
            [Event.of_journey(trigger, journey) for journey in self]
        )

    def _enter_stage(self, stage, transitions):
        """Enter a stage, one ledger line for each journey, and plan its task."""
        values = self._prepare_stage_values(stage)
        for visit, journeys in as_engine(self).grouped("stage_visit").items():
            journeys.write(values | {"stage_visit": visit + 1})
        transitions._note(to_stage_id=stage.id)
        self._plan_stage_task(stage, transitions)
        if stage.closes_as:
            for journey, transition in zip(self, transitions, strict=True):
                journey._close(stage.closes_as, transition)

    def _plan_stage_task(self, stage, transitions):
        if not stage.task_type_id:
            return self.env["crm.action"]
        if stage.task_mode == "automatic":
            transitions = transitions.browse(
                line.id
                for journey, line in zip(self, transitions, strict=True)
                if journey._sends_messages()
            )
        return stage.sudo()._plan(transitions, "stage")

    def _sends_messages(self):
        return self.sudo().crm_campaign_id.state != "closed"

    def _prepare_stage_values(self, stage):
        """What a journey of this model has written when it enters ``stage``."""
        return {
            "playbook_id": stage.playbook_id.id,
            "playbook_stage_id": stage.id,
            "stage_entered_at": fields.Datetime.now(),
        }

    def _move_by_rule(self, stage, lines):
        """Enter a stage because a rule says so, unless that would go round for ever.

        :param lines: the ledger line of each journey
        :return: what was done, in words for the ledger, with the lines of whom
        """
        entered = self._times_entered(stage)
        said, going = [], lines.browse()
        for journey, line in zip(self, lines, strict=True):
            if entered.get(journey.id, 0) >= journey.playbook_id.max_visits:
                said.append((journey._cut_loop(stage.name), line))
            else:
                going += line
        # What is forgotten meanwhile is read again for all of them at once.
        movers = going._journey().with_prefetch()
        movers._cancel_planned(self.env._("Moved to stage %s.", stage.name))
        movers._enter_stage(stage, going)
        return said + movers._entered_texts(stage, going)

    def _entered_texts(self, stage, lines):
        text = self.env._("Stage: %s", stage.name)
        if stage.task_mode != "automatic" or not stage.task_type_id:
            return [(text, lines)]
        silent = lines.filtered(lambda line: not line._journey()._sends_messages())
        return [
            (text, lines - silent),
            (
                self.env._(
                    "Stage: %s. Its campaign is closed: nothing is sent.", stage.name
                ),
                silent,
            ),
        ]

    def _undo(self, answer, line):
        """Take back what an answer did, if the journey stands where the answer left it.

        :param answer: the ledger line of the answer
        :param line: the ledger line that tells of the correction
        :return: whether it stands there
        """
        if self._has_moved_since(answer):
            line._note(
                effects=self.env._("The opportunity has moved on since: it stays.")
            )
            return False
        if answer.result in ("won", "lost"):
            self._reopen(line)
        if answer.to_stage_id:
            self._return_to(answer.from_stage_id, line)
        answer._take_back_status()
        return True

    def _has_moved_since(self, answer):
        later = [(self._journey_field, "=", self.id), ("id", ">", answer.id)]
        moved = ["|", ("to_stage_id", "!=", False), ("result", "!=", False)]
        return bool(self.env["crm.transition"].sudo().search(later + moved, limit=1))

    def _return_to(self, stage, transition):
        """Stand in a stage without planning its task, which was done before."""
        values = self._prepare_stage_values(stage)
        as_engine(self).write(values | {"stage_visit": self.stage_visit + 1})
        transition._note(to_stage_id=stage.id)

    def _times_entered(self, stage):
        """How often each of the journeys has entered the stage, {id: count}."""
        lines = self.env["crm.transition"].sudo()
        journey = self._journey_field
        entered = lines._read_group(
            [(journey, "in", self.ids), ("to_stage_id", "=", stage.id)],
            [journey],
            ["__count"],
        )
        return {entrant.id: count for entrant, count in entered}

    def _is_looping(self):
        """Whether this stay had as many automatic tasks as the playbook allows."""
        if not self.playbook_id:
            return False
        automatic = self._stay_domain() & Domain("mode", "=", "automatic")
        made = self.env["crm.action"].sudo().search_count(automatic)
        return made >= self.playbook_id.max_visits

    def _cut_loop(self, name):
        """Say, on the journey and in the ledger, that a loop was cut."""
        message = self.env._(
            "Loop cut: %(name)s came back %(count)s times, the most that playbook "
            "%(playbook)s allows. Check its rules, then move on by hand.",
            name=name,
            count=self.playbook_id.max_visits,
            playbook=self.playbook_id.name,
        )
        self._post_notice(message)
        return message

    def _post_notice(self, message):
        """Tell whoever follows the journey."""

    def _cancel_planned(self, reason):
        """Cancel every planned action of the journeys."""
        self._planned_actions()._move_to("cancelled", cancel_reason=reason)

    def _planned_actions(self):
        actions = self.env["crm.action"].sudo()
        return actions.search(
            [(self._journey_field, "in", self.ids), ("state", "=", "planned")]
        )

    def _stay_domain(self):
        """The actions of the present stay in the present stage."""
        return (
            Domain(self._journey_field, "=", self.id)
            & Domain("playbook_stage_id", "=", self.playbook_stage_id.id)
            & Domain("stage_visit", "=", self.stage_visit)
        )

    def _stay_values(self):
        """What ties an action to the present stay in the present stage."""
        return {
            "playbook_stage_id": self.playbook_stage_id.id,
            "stage_visit": self.stage_visit,
        }

    # === CHECKS === #

    def _check_open(self):
        for journey in self:
            if not journey._is_open():
                raise UserError(
                    self.env._(
                        "%s is closed: open it again first.", journey.display_name
                    )
                )

    def _check_entity(self):
        for journey in self:
            if not journey.partner_id:
                raise UserError(
                    self.env._(
                        "%s has no customer yet: set one, then start the playbook.",
                        journey.display_name,
                    )
                )

import logging

from psycopg2 import OperationalError

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

TRIGGERS = [
    ("outcome", "Outcome recorded"),
    ("attempts", "N actions in the stage"),
    ("mail_opened", "E-mail opened"),
    ("mail_clicked", "Link clicked"),
    ("mail_replied", "E-mail answered"),
    ("mail_bounced", "E-mail undeliverable"),
    ("sms_failed", "SMS undeliverable"),
    ("survey_done", "Survey answered"),
    ("idle", "N hours in the stage"),
    ("order_confirmed", "Order confirmed"),
    ("invoice_paid", "Invoice paid"),
]
MOVES = [
    ("stay", "Stay in the stage"),
    ("next", "Go to the next stage"),
    ("stage", "Go to a given stage"),
    ("won", "Close as won"),
    ("lost", "Close as lost"),
]
# Which triggers may answer an event, the more specific first.
ANSWERING_TRIGGERS = {"outcome": ("attempts", "outcome")}
# Which triggers look at the outcome of an action, which at its type.
OUTCOME_TRIGGERS = {"outcome", "attempts"}
JOURNEY_TRIGGERS = {"idle", "order_confirmed", "invoice_paid"}
# What may still change a journey that is closed.
TRIGGERS_AFTER_CLOSING = {"outcome", "order_confirmed", "invoice_paid"}
# What says something of the message of one stay, and nothing of later ones.
TRIGGERS_OF_ONE_STAY = {"mail_bounced", "sms_failed"}
# How many automatic tasks may follow each other where no playbook sets the limit.
CHAIN_LIMIT = 20

_logger = logging.getLogger(__name__)


class CrmPlaybookRule(models.Model):
    """What follows when something happens.

    ``_answer`` is the one door of the engine: it writes the event in the ledger,
    chooses the one rule that answers it, and applies that rule's effects. A new effect
    is one field and one ``_apply_<effect>`` method named in ``_effects``.
    """

    _name = "crm.playbook.rule"
    _description = "Playbook Rule"
    _inherit = ["crm.task.plan"]
    _order = "playbook_id, stage_id, sequence, id"

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(related="playbook_id.company_id")

    # When
    playbook_id = fields.Many2one(
        "crm.playbook",
        ondelete="cascade",
        index=True,
        compute="_compute_playbook_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Where the rule holds. Everywhere, if empty.",
    )
    stage_id = fields.Many2one(
        "crm.playbook.stage",
        ondelete="cascade",
        index="btree_not_null",
        help="The only stage where the rule holds. In the whole playbook, if empty.",
    )
    trigger = fields.Selection(TRIGGERS, required=True, default="outcome")
    action_type_id = fields.Many2one(
        "crm.action.type",
        ondelete="restrict",
        help="Only for actions of this type. Any type, if empty.",
    )
    outcome_id = fields.Many2one("crm.outcome", ondelete="restrict")
    attempts = fields.Integer(
        default=3, help="How many such actions done during one stay in the stage."
    )
    idle_hours = fields.Float(default=24)
    score_min = fields.Float("Lowest Score", help="In percent.")
    score_max = fields.Float("Highest Score", default=100, help="In percent.")

    # Then
    commercial_status_id = fields.Many2one(
        "crm.commercial.status",
        string="New Status",
        ondelete="restrict",
        help="The commercial status of entity and opportunity. Unchanged, if empty.",
    )
    points = fields.Integer(help="For whoever did the action.")
    move = fields.Selection(MOVES, required=True, default="stay")
    target_stage_id = fields.Many2one("crm.playbook.stage", ondelete="restrict")
    lost_reason_id = fields.Many2one("crm.lost.reason", ondelete="restrict")
    spawn_campaign_id = fields.Many2one(
        "crm.campaign",
        string="Start Campaign",
        ondelete="restrict",
        domain=[("is_template", "=", False)],
        help="Start an opportunity of this campaign for the same entity.",
    )

    _outcome_given = models.Constraint(
        "CHECK(trigger <> 'outcome' OR outcome_id IS NOT NULL)",
        "Choose the outcome that the rule answers.",
    )
    _target_given = models.Constraint(
        "CHECK((move = 'stage') = (target_stage_id IS NOT NULL))",
        "Choose the stage to go to, and only where the rule goes to a given stage.",
    )
    _attempts_positive = models.Constraint(
        "CHECK(trigger <> 'attempts' OR attempts > 0)",
        "The number of actions must be at least 1.",
    )
    _idle_positive = models.Constraint(
        "CHECK(trigger <> 'idle' OR idle_hours > 0)",
        "The number of idle hours must be more than 0.",
    )

    @api.depends("stage_id")
    def _compute_playbook_id(self):
        for rule in self.filtered("stage_id"):
            rule.playbook_id = rule.stage_id.playbook_id

    @api.constrains("playbook_id", "stage_id", "target_stage_id")
    def _check_stages_in_playbook(self):
        for rule in self:
            for stage in rule.stage_id | rule.target_stage_id:
                if stage.playbook_id != rule.playbook_id:
                    raise ValidationError(
                        self.env._(
                            "Stage %(stage)s is not in playbook %(playbook)s: "
                            "choose one of its own stages.",
                            stage=stage.name,
                            playbook=rule.playbook_id.name or self.env._("(none)"),
                        )
                    )

    @api.constrains("action_type_id", "outcome_id")
    def _check_outcome_of_type(self):
        for rule in self.filtered(lambda rule: rule.action_type_id and rule.outcome_id):
            if rule.outcome_id not in rule.action_type_id.outcome_ids:
                raise ValidationError(
                    self.env._(
                        "%(type)s cannot end with %(outcome)s: add the outcome to the "
                        "action type first.",
                        type=rule.action_type_id.name,
                        outcome=rule.outcome_id.name,
                    )
                )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_answered(self):
        lines = self.env["crm.transition"].sudo()
        if lines.search([("rule_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._("The ledger tells of this rule: archive it instead.")
            )

    # === ANSWERING === #

    @api.model
    def _answer(self, event):
        """Answer an event with exactly one rule, or none; the ledger keeps a line.

        :param Event event: what happened
        :return: the line of the ledger; empty when the event was answered before
        """
        transition = self.env["crm.transition"]._open(event)
        if transition:
            rule = self.sudo()._choose(event)
            rule._apply(event, transition)
        return transition

    @api.model
    def _tell(self, event):
        """Answer an event of other work, which goes on whatever the rule does.

        A rule that raises is undone; its error stands in the ledger and on the journey.
        """
        try:
            with self.env.cr.savepoint():
                return self._answer(event)
        except OperationalError:
            raise  # the whole transaction is tried again
        except Exception as error:
            _logger.warning("%s was not answered", event.key, exc_info=True)
            return self._note_failed_answer(event, error)

    @api.model
    def _note_failed_answer(self, event, error):
        transition = self.env["crm.transition"]._open(event)
        message = self.env._("The rule could not be applied: %s", error)
        transition._note(effects=message)
        if event.journey:
            event.journey._post_notice(message)
        return transition

    @api.model
    def _choose(self, event):
        """The rule that answers an event: narrowest scope, then sequence; or none."""
        if self._comes_too_late(event):
            return self.browse()
        candidates = self.browse(
            self._candidate_ids(
                event.trigger,
                event.journey.playbook_id.id,
                event.journey.playbook_stage_id.id,
                event.action.action_type_id.id,
                event.action.outcome_id.id,
            )
        )
        return next(
            (rule for rule in candidates if rule._is_met_by(event)), self.browse()
        )

    @api.model
    @tools.ormcache(
        "trigger", "playbook_id", "stage_id", "action_type_id", "outcome_id"
    )
    def _candidate_ids(
        self, trigger, playbook_id, stage_id, action_type_id, outcome_id
    ):
        """The rules that may answer such events, the best first."""
        triggers = ANSWERING_TRIGGERS.get(trigger, (trigger,))
        # Kept for all callers: nothing of this one's context may be in it.
        rules = self.with_env(self.env(su=True, context={})).search(
            Domain("trigger", "in", triggers)
            & Domain("playbook_id", "in", [playbook_id, False])
            & Domain("stage_id", "in", [stage_id, False])
        )
        rules = rules.filtered(lambda rule: rule._minds(action_type_id, outcome_id))
        return tuple(rules.sorted(lambda rule: rule._precedence(triggers)).ids)

    @api.model
    def _comes_too_late(self, event):
        """Whether the journey has gone too far for the event to change anything."""
        journey, action = event.journey, event.action
        if not journey:
            return False
        if not journey._is_open() and event.trigger not in TRIGGERS_AFTER_CLOSING:
            return True
        return (
            event.trigger in TRIGGERS_OF_ONE_STAY
            and action.stage_visit != journey.stage_visit
        )

    def _minds(self, action_type_id, outcome_id):
        """Whether type and outcome are what the rule asks for, if it asks."""
        minds_type = self.action_type_id and self.trigger not in JOURNEY_TRIGGERS
        minds_outcome = self.outcome_id and self.trigger in OUTCOME_TRIGGERS
        return (not minds_type or self.action_type_id.id == action_type_id) and (
            not minds_outcome or self.outcome_id.id == outcome_id
        )

    def _precedence(self, triggers):
        scope = 0 if self.stage_id else 1 if self.playbook_id else 2
        return (scope, triggers.index(self.trigger), self.sequence, self.id)

    def _is_met_by(self, event):
        """Whether the event reaches what the rule asks for beyond type and outcome."""
        check = getattr(self, f"_is_met_{self.trigger}", None)
        return check is None or check(event)

    def _is_met_attempts(self, event):
        if not event.journey:
            return False
        return self._attempts_made(event) >= self.attempts

    def _attempts_made(self, event):
        same_stay = (
            event.journey._stay_domain()
            & Domain("state", "=", "done")
            & Domain("corrected_by_id", "=", False)
        )
        if self.action_type_id:
            same_stay &= Domain("action_type_id", "=", self.action_type_id.id)
        if self.outcome_id:
            same_stay &= Domain("outcome_id", "=", self.outcome_id.id)
        return self.env["crm.action"].search_count(same_stay)

    def _is_met_survey_done(self, event):
        return self.score_min <= (event.score or 0) <= self.score_max

    def _is_met_idle(self, event):
        return self.idle_hours == event.idle_hours

    # === EFFECTS === #

    @api.model
    def _effects(self):
        """The effects, in the order in which they are applied."""
        return ["status", "points", "move", "task", "campaign"]

    def _apply(self, event, transition):
        """Apply the effects and write in the ledger what each of them did."""
        if not self:
            return
        self.ensure_one()
        transition._note(rule_id=self.id)
        done = [
            getattr(self, f"_apply_{name}")(event, transition)
            for name in self._effects()
        ]
        transition._note(effects="\n".join(text for text in done if text))

    def _apply_status(self, event, transition):
        if not self.commercial_status_id:
            return None
        event.partner._set_commercial_status(
            self.commercial_status_id, event.journey, transition
        )
        return self.env._("Status: %s", self.commercial_status_id.name)

    def _apply_points(self, event, transition):
        if not self.points:
            return None
        transition._note(points=self.points)
        event.action._give_points(self.points)
        return self._points_text()

    def _apply_move(self, event, transition):
        if self.move == "stay" or not event.journey:
            return None
        # A lost one may still be won: the customer comes back and orders.
        if self.move != "won" and not event.journey._is_open():
            return self.env._("Already closed: it does not move.")
        return getattr(self, f"_move_{self.move}")(event.journey, transition)

    def _move_next(self, journey, transition):
        following = (
            journey.playbook_stage_id._next() if journey.playbook_stage_id else None
        )
        if not following:
            return self.env._("There is no next stage: it stays.")
        return journey._move_by_rule(following, transition)

    def _move_stage(self, journey, transition):
        return journey._move_by_rule(self.target_stage_id, transition)

    def _move_won(self, journey, transition):
        if journey._result() == "won":
            return self.env._("Already won.")
        journey._close("won", transition)
        return self.env._("Closed as won")

    def _move_lost(self, journey, transition):
        journey._close("lost", transition, lost_reason=self.lost_reason_id)
        if self.lost_reason_id:
            return self.env._("Closed as lost: %s", self.lost_reason_id.name)
        return self.env._("Closed as lost")

    def _apply_task(self, event, transition):
        if not self.task_type_id:
            return None
        if refusal := self._refuse_automatic_task(event):
            return refusal
        action = self._plan(transition, "rule")
        return self.env._(
            "Planned: %(task)s, %(date)s, %(user)s",
            task=self.task_type_id.name,
            date=tools.format_datetime(self.env, action.date_start, dt_format="short"),
            user=action.user_id.name or self.env._("everyone of the team"),
        )

    def _refuse_automatic_task(self, event):
        """Why no automatic task follows, in words for the ledger; nothing if it may."""
        journey = event.journey
        if self.task_mode != "automatic":
            return None
        if journey and not journey._sends_messages():
            return self.env._("Its campaign is closed: nothing is sent.")
        if journey._is_looping():
            return journey._cut_loop(self.task_type_id.name)
        if event.action._automatic_chain(CHAIN_LIMIT) >= CHAIN_LIMIT:
            return self.env._(
                "Loop cut: %(count)s automatic tasks followed each other. Check the "
                "rules that plan %(task)s.",
                count=CHAIN_LIMIT,
                task=self.task_type_id.name,
            )
        return None

    def _apply_campaign(self, event, transition):
        campaign = self.spawn_campaign_id
        return campaign._spawn(event) if campaign else None

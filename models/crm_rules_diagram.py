from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from odoo import api, fields, models
from odoo.fields import Domain

from .crm_action_type import CHANNEL_ICONS
from .crm_playbook_rule import TRIGGERS
from .crm_playbook_rule_answer import JOURNEY_TRIGGERS, OUTCOME_TRIGGERS
from .graph import loops

# Nobody has older lines.
MOST_DAYS = 36_500
# What comes without anybody doing anything.
TRIGGERS_BY_THEMSELVES = {"idle", "mail_bounced", "sms_failed"}


@dataclass(frozen=True)
class Arrow:
    """From one thing to what follows it, because of a rule or of a stage's task.

    :param source: the node it begins at, as (kind, id of the stage, id)
    :param target: the node it ends at
    :param outcome_id: what the action ended with
    :param trigger: what happened; nothing where a stage plans its task
    :param by_itself: nobody needs to do anything for it to be gone along
    """

    source: tuple
    target: tuple
    outcome_id: Any = False
    trigger: Any = False
    by_itself: bool = field(default=False, compare=False)
    rule: Any = field(default=None, compare=False)

    @property
    def ends(self):
        return self.source, self.target


class CrmRules(models.AbstractModel):
    """The rules as a graph: what is done, what follows, and how often it did.

    A task of a stage is a node of its own, so that what leads on to the same task in
    the next stage is no loop. Which rule answers where is asked as the engine does.
    """

    _inherit = "crm.rules"

    # === CONTRACT === #

    @api.model
    def get_diagram(self, playbook_id=False, stage_id=False, days=30):
        """What follows what, with the traffic of the last days.

        The traffic is one grouped query: it grows with the lines that the ledger has
        for these days, not with the rest of it.

        :param int days: how many of the last days count, 1 at least
        :return: dict of ``scope``, ``nodes`` (``id``, ``kind``, ``name``, ``icon``,
            ``stage``, ``color``), ``arrows`` (``source``, ``target``, ``label``,
            ``tone``, ``rule_ids``, ``traffic``, ``loop``: False, ``person`` or
            ``itself``) and ``findings`` (``level``: warning or notice, ``kind``,
            ``text``, and where to go: ``type_id``, ``outcome_id``, ``rule_id``,
            ``status_id``)
        :raise AccessError: for who does not shape the rules
        """
        playbook, stage = self._scope(playbook_id, stage_id)
        arrows = self._arrows(playbook, stage)
        by_person = loops([arrow.ends for arrow in arrows])
        by_itself = loops([arrow.ends for arrow in arrows if arrow.by_itself])
        traffic = self._traffic(arrows, playbook, stage, days)
        return {
            "scope": self._tell_scope(playbook, stage),
            "nodes": self._tell_nodes(arrows),
            "arrows": self._tell_arrows(arrows, by_person, by_itself, traffic),
            "findings": self._findings(playbook, stage, arrows, by_itself),
        }

    # === ARROWS === #

    @api.model
    def _arrows(self, playbook, stage):
        """All that follows something in the scope, each once for each rule."""
        arrows = []
        for place in self._places(playbook, stage):
            arrows += self._arrows_in(playbook, place)
        return list({(arrow, arrow.rule): arrow for arrow in arrows}.values())

    @api.model
    def _places(self, playbook, stage):
        """The stages where things happen; no stage where there is none."""
        if stage:
            return [stage]
        steps = playbook._steps()
        return list(steps) if steps else [self.env["crm.playbook.stage"]]

    @api.model
    def _arrows_in(self, playbook, stage):
        """What follows in one stage, or outside of any, from all that is done there."""
        arrows = self._arrows_of_stage(stage)
        arrows += self._arrows_of_events(playbook, stage)
        answering = self._that_answer(playbook, stage)
        met, todo = set(), list(self._done_in(answering, playbook, stage))
        while todo:
            action_type = todo.pop()
            if action_type in met:
                continue
            met.add(action_type)
            for outcome in action_type.outcome_ids:
                for rule in self._answers_of(answering, action_type, outcome):
                    arrows += self._arrows_of(rule, stage, action_type, outcome)
                    if rule.task_type_id and rule.move == "stay":
                        todo.append(rule.task_type_id)
        return arrows

    @api.model
    def _done_in(self, answering, playbook, stage):
        """What is certainly done there: the stage's own task, what its rules speak of.

        Everywhere: all types, for everybody may do anything.
        """
        if not playbook:
            return self.env["crm.action.type"].search([])
        own = answering.filtered(lambda rule: stage and rule.stage_id == stage)
        return (stage.task_type_id | own.action_type_id).filtered("active")

    @api.model
    def _answers_of(self, answering, action_type, outcome):
        """Those that may answer: what counts, up to the one that always does."""
        answers = answering.browse()
        for rule in answering:
            if rule._minds(action_type.id, outcome.id):
                answers |= rule
                if rule.trigger == "outcome":
                    break
        return answers

    @api.model
    def _arrows_of_stage(self, stage):
        if not stage.task_type_id:
            return []
        return [
            Arrow(
                ("stage", stage.id, stage.id),
                ("type", stage.id, stage.task_type_id.id),
                by_itself=stage.task_mode == "automatic",
            )
        ]

    @api.model
    def _arrows_of_events(self, playbook, stage):
        """What follows from other events than the outcome of an action."""
        arrows = []
        rules = self.env["crm.playbook.rule"].search(
            Domain("trigger", "not in", OUTCOME_TRIGGERS)
            & Domain("playbook_id", "=", playbook.id)
            & Domain("stage_id", "in", [stage.id, False])
        )
        for rule in rules:
            action_type = rule.action_type_id or stage.task_type_id
            if rule.trigger in JOURNEY_TRIGGERS and stage:
                source = ("stage", stage.id, stage.id)
            elif rule.trigger in JOURNEY_TRIGGERS or not action_type:
                source = ("event", 0, rule.trigger)
            else:
                source = ("type", stage.id or 0, action_type.id)
            by_itself = rule.trigger in TRIGGERS_BY_THEMSELVES
            arrows += self._arrows_from(source, rule, stage, by_itself)
        return arrows

    @api.model
    def _arrows_of(self, rule, stage, action_type, outcome):
        source = ("type", stage.id or 0, action_type.id)
        by_itself = outcome == action_type.sent_outcome_id
        return self._arrows_from(source, rule, stage, by_itself, outcome)

    @api.model
    def _arrows_from(self, source, rule, stage, by_itself, outcome=None):
        outcome_id = outcome.id if outcome else False
        return [
            Arrow(
                source,
                target,
                outcome_id,
                rule.trigger,
                by_itself=by_itself and goes_on,
                rule=rule,
            )
            for target, goes_on in self._targets(rule, stage)
        ]

    @api.model
    def _targets(self, rule, stage):
        """The nodes that a rule leads to; and whether it goes on there by itself."""
        place, targets = stage, []
        if rule.move == "next":
            place = stage._next() if stage else stage
        elif rule.move == "stage":
            place = rule.target_stage_id
        if rule.move in ("won", "lost") or place.closes_as:
            targets.append((("end", 0, place.closes_as or rule.move), False))
            place = stage.browse()
        elif rule.move != "stay" and place:
            targets.append((("stage", place.id, place.id), True))
        if rule.task_type_id:
            task = ("type", place.id or 0, rule.task_type_id.id)
            targets.append((task, rule.task_mode == "automatic"))
        if rule.commercial_status_id:
            targets.append((("status", 0, rule.commercial_status_id.id), False))
        if rule.spawn_campaign_id:
            targets.append((("campaign", 0, rule.spawn_campaign_id.id), False))
        return targets

    # === TRAFFIC === #

    @api.model
    def _traffic(self, arrows, playbook, stage, days):
        """{(rule, stage it was in, type, outcome): how often}, as ids."""
        lines = self.env["crm.transition"]
        domain = Domain("rule_id", "in", [a.rule.id for a in arrows if a.rule])
        since = fields.Datetime.now() - timedelta(days=min(max(1, days), MOST_DAYS))
        domain &= Domain("date", ">=", since)
        if playbook:
            domain &= Domain("lead_id.playbook_id", "=", playbook.id)
        if stage:
            domain &= Domain("from_stage_id", "=", stage.id)
        rows = lines._read_group(
            domain,
            ["rule_id", "from_stage_id", "action_id.action_type_id", "outcome_id"],
            ["__count"],
        )
        return {
            (rule.id, place.id or 0, action_type.id, outcome.id): count
            for rule, place, action_type, outcome, count in rows
        }

    @api.model
    def _gone(self, arrow, traffic):
        """How often an arrow was gone along."""
        kind, place, record_id = arrow.source
        return sum(
            count
            for (rule_id, stage_id, type_id, outcome_id), count in traffic.items()
            if arrow.rule
            and rule_id == arrow.rule.id
            and (not place or place == stage_id)
            and (not arrow.outcome_id or arrow.outcome_id == outcome_id)
            and (kind != "type" or record_id == type_id)
        )

    # === WORDS === #

    @api.model
    def _tell_arrows(self, arrows, by_person, by_itself, traffic):
        """Arrows of rules that say the same are one."""
        alike = defaultdict(list)
        for arrow in arrows:
            attempts = arrow.trigger == "attempts" and arrow.rule.attempts
            alike[arrow, attempts].append(arrow)
        outcomes = self.env["crm.outcome"]
        triggers = dict(
            self.env["crm.playbook.rule"]
            ._fields["trigger"]
            ._description_selection(self.env)
        )
        told = []
        for (arrow, attempts), same in alike.items():
            outcome = outcomes.browse(arrow.outcome_id or [])
            label = outcome.name or triggers.get(arrow.trigger) or ""
            if attempts:
                label = self.env._("%(what)s ×%(count)s", what=label, count=attempts)
            told.append(
                {
                    "source": _key(arrow.source),
                    "target": _key(arrow.target),
                    "label": label,
                    "tone": outcome.tone or "neutral",
                    "rule_ids": [one.rule.id for one in same if one.rule],
                    "traffic": sum(self._gone(one, traffic) for one in same),
                    "loop": _loop(arrow, by_person, by_itself),
                }
            )
        return told

    @api.model
    def _tell_nodes(self, arrows):
        nodes = dict.fromkeys(node for arrow in arrows for node in arrow.ends)
        return [
            {"id": _key(node), "kind": node[0]}
            | getattr(self, f"_tell_{node[0]}_node")(*node[1:])
            for node in nodes
        ]

    @api.model
    def _tell_type_node(self, stage_id, type_id):
        action_type = self.env["crm.action.type"].browse(type_id)
        stage = self.env["crm.playbook.stage"].browse(stage_id or [])
        return {
            "name": action_type.name,
            "icon": CHANNEL_ICONS.get(action_type.channel),
            "stage": stage.name,
            "type_id": type_id,
        }

    @api.model
    def _tell_stage_node(self, _place, stage_id):
        return {"name": self.env["crm.playbook.stage"].browse(stage_id).name}

    @api.model
    def _tell_status_node(self, _place, status_id):
        status = self.env["crm.commercial.status"].browse(status_id)
        return {"name": status.name, "color": status.color, "status_id": status_id}

    @api.model
    def _tell_campaign_node(self, _place, campaign_id):
        return {"name": self.env["crm.campaign"].browse(campaign_id).name}

    @api.model
    def _tell_end_node(self, _place, result):
        names = {"won": self.env._("Won"), "lost": self.env._("Lost")}
        return {"name": names[result], "result": result}

    @api.model
    def _tell_event_node(self, _place, trigger):
        return {"name": dict(TRIGGERS)[trigger]}


def _key(node):
    return "/".join(map(str, node))


def _loop(arrow, by_person, by_itself):
    if arrow.by_itself and arrow.ends in by_itself:
        return "itself"
    return arrow.ends in by_person and "person"

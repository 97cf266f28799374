from odoo import api, models
from odoo.fields import Domain

from .crm_playbook_rule_answer import (
    ANSWERING_TRIGGERS,
    JOURNEY_TRIGGERS,
    OUTCOME_TRIGGERS,
)


class CrmRules(models.AbstractModel):
    """What to look at: loops without anybody, dead ends, rules that never answer."""

    _inherit = "crm.rules"

    @api.model
    def _findings(self, playbook, stage, arrows, by_itself):
        rules = self._within(playbook, stage)
        found = [
            *self._find_loops(by_itself, arrows),
            *self._find_deaf_rules(rules),
            *self._find_archived(rules),
            *self._find_unanswered(playbook, arrows, stage),
        ]
        if not playbook:
            found += self._find_types()
            found += self._find_statuses()
        return found

    @api.model
    def _within(self, playbook, stage):
        """The rules of the scope, and of the stages in it."""
        domain = Domain("playbook_id", "=", playbook.id)
        if stage:
            domain &= Domain("stage_id", "=", stage.id)
        return self.env["crm.playbook.rule"].search(domain)

    # === LOOPS === #

    @api.model
    def _find_loops(self, by_itself, arrows):
        """Those that go round without anybody, told once for each stage and task."""
        looping = [a for a in arrows if a.by_itself and a.ends in by_itself]
        nodes = dict.fromkeys(
            node for arrow in looping for node in arrow.ends if node[0] == "type"
        )
        names = [self._tell_type_node(*node[1:])["name"] for node in nodes]
        if not names:
            return []
        rule = next((arrow.rule for arrow in looping if arrow.rule), None)
        return [
            {
                "level": "warning",
                "kind": "loop",
                "text": self.env._(
                    "Goes round by itself, until the loop limit cuts it: %s",
                    " → ".join(dict.fromkeys(names)),
                ),
                "rule_id": rule.id if rule else False,
            }
        ]

    # === RULES THAT NEVER ANSWER === #

    @api.model
    def _find_deaf_rules(self, rules):
        for rule in rules:
            if reason := self._why_deaf(rule):
                yield {
                    "level": "warning",
                    "kind": "deaf",
                    "text": self.env._(
                        "Never answers (%(reason)s): %(rule)s",
                        reason=reason,
                        rule=rule.sentence,
                    ),
                    "rule_id": rule.id,
                    "type_id": rule.action_type_id.id,
                    "outcome_id": rule.outcome_id.id,
                }

    @api.model
    def _why_deaf(self, rule):
        """Why a rule can never answer, in words; else nothing."""
        asked = rule.trigger in OUTCOME_TRIGGERS
        action_type = rule.action_type_id
        if rule.trigger in JOURNEY_TRIGGERS:
            action_type = action_type.browse()
        if action_type and not action_type.active:
            return self.env._("the action type is archived")
        if asked and rule.outcome_id and not rule.outcome_id.active:
            return self.env._("the outcome is archived")
        situations = self._situations(rule)
        if asked and not situations:
            return self.env._("no action ends so")
        earlier = self._earlier(rule)
        if all(
            any(
                one._minds(*situation) and self._answers_first(one, rule)
                for one in earlier
            )
            for situation in situations
        ):
            return self.env._("another one always comes first")
        return None

    @api.model
    def _situations(self, rule):
        """Which types and outcomes, as ids, the rule could answer."""
        if rule.trigger in JOURNEY_TRIGGERS:
            return [(False, False)]
        types = rule.action_type_id or self.env["crm.action.type"].search([])
        if rule.trigger not in OUTCOME_TRIGGERS:
            return [(one.id, False) for one in types]
        return [
            (one.id, outcome.id)
            for one in types
            for outcome in one.outcome_ids
            if rule._minds(one.id, outcome.id)
        ]

    @api.model
    def _earlier(self, rule):
        """Rules of the same scope that are asked before this one."""
        triggers = ANSWERING_TRIGGERS.get(rule.trigger)
        if rule.trigger in OUTCOME_TRIGGERS:
            triggers = ANSWERING_TRIGGERS["outcome"]
        triggers = triggers or (rule.trigger,)
        rules = self._of_scope(rule.playbook_id, rule.stage_id)
        return rules.filtered(
            lambda one: (
                one.trigger in triggers
                and one._precedence(triggers) < rule._precedence(triggers)
            )
        )

    @api.model
    def _answers_first(self, earlier, rule):
        """Whether a rule that is asked before is met whenever this one would be."""
        if earlier.trigger != rule.trigger:
            return earlier.trigger == "outcome"
        check = getattr(self, f"_answers_first_{rule.trigger}", None)
        return check is None or check(earlier, rule)

    @api.model
    def _answers_first_attempts(self, earlier, rule):
        """It counts at least as many actions, and waits for no more."""
        counts_more = (
            earlier.action_type_id <= rule.action_type_id
            and earlier.outcome_id <= rule.outcome_id
        )
        return counts_more and earlier.attempts <= rule.attempts

    @api.model
    def _answers_first_idle(self, earlier, rule):
        return earlier.idle_hours == rule.idle_hours

    @api.model
    def _answers_first_survey_done(self, earlier, rule):
        return (
            earlier.score_min <= rule.score_min and rule.score_max <= earlier.score_max
        )

    # === WHAT IS ARCHIVED === #

    @api.model
    def _find_archived(self, rules):
        for rule in rules:
            if rule.task_type_id and not rule.task_type_id.active:
                what = rule.task_type_id.name
            elif rule.commercial_status_id and not rule.commercial_status_id.active:
                what = rule.commercial_status_id.name
            else:
                continue
            yield {
                "level": "warning",
                "kind": "archived",
                "text": self.env._(
                    "Leads to %(what)s, which is archived: %(rule)s",
                    what=what,
                    rule=rule.sentence,
                ),
                "rule_id": rule.id,
                "type_id": rule.action_type_id.id,
                "outcome_id": rule.outcome_id.id,
            }

    # === DEAD ENDS === #

    @api.model
    def _find_unanswered(self, playbook, arrows, stage):
        """Outcomes after which nothing follows: of no rule of any scope, everywhere;
        where the opportunity stands, in a playbook.
        """
        if not playbook:
            yield from self._find_never_answered()
            return
        nodes = dict.fromkeys(node for arrow in arrows for node in arrow.ends)
        for place in self._places(playbook, stage):
            answering = self._that_answer(playbook, place)
            for kind, stage_id, type_id in nodes:
                if kind != "type" or stage_id != place.id:
                    continue
                action_type = self.env["crm.action.type"].browse(type_id)
                for outcome in action_type.outcome_ids:
                    answers = self._answers_of(answering, action_type, outcome)
                    if not self._follows_something(
                        place, action_type, outcome, answers
                    ):
                        yield self._tell_unanswered(action_type, outcome, place)

    @api.model
    def _follows_something(self, place, action_type, outcome, answers):
        """A message that was sent may wait for what its stage does by itself."""
        if answers:
            return True
        if outcome != action_type.sent_outcome_id:
            return False
        waits = Domain("trigger", "not in", OUTCOME_TRIGGERS)
        waits &= Domain("playbook_id", "=", place.playbook_id.id)
        waits &= Domain("stage_id", "in", [place.id, False])
        return bool(self.env["crm.playbook.rule"].search_count(waits, limit=1))

    @api.model
    def _find_never_answered(self):
        answering = self.env["crm.playbook.rule"].search(
            [("trigger", "in", OUTCOME_TRIGGERS)]
        )
        for action_type in self.env["crm.action.type"].search([]):
            for outcome in action_type.outcome_ids:
                situation = action_type.id, outcome.id
                if not any(rule._minds(*situation) for rule in answering):
                    yield self._tell_unanswered(action_type, outcome)

    @api.model
    def _tell_unanswered(self, action_type, outcome, stage=None):
        words = {"type": action_type.name, "outcome": outcome.name}
        if stage:
            text = self.env._(
                "Nothing follows in %(stage)s: %(type)s ends with %(outcome)s",
                stage=stage.name,
                **words,
            )
        else:
            text = self.env._(
                "Nothing follows: %(type)s ends with %(outcome)s", **words
            )
        return {
            "level": "notice",
            "kind": "unanswered",
            "text": text,
            "type_id": action_type.id,
            "outcome_id": outcome.id,
            "stage_id": stage.id if stage else False,
        }

    @api.model
    def _find_types(self):
        rules, stages = self.env["crm.playbook.rule"], self.env["crm.playbook.stage"]
        planned = rules.search([]).task_type_id | stages.search([]).task_type_id
        for action_type in self.env["crm.action.type"].search([]):
            told = {"type_id": action_type.id}
            if not action_type.outcome_ids:
                text = self.env._("%s ends with nothing: it has no outcome")
                yield told | {
                    "level": "warning",
                    "kind": "no_outcome",
                    "text": text % action_type.name,
                }
            if action_type not in planned:
                text = self.env._("Nothing plans %s: it is done by hand alone")
                yield told | {
                    "level": "notice",
                    "kind": "unplanned",
                    "text": text % action_type.name,
                }

    @api.model
    def _find_statuses(self):
        given = self.env["crm.playbook.rule"].search([]).commercial_status_id
        for status in self.env["crm.commercial.status"].search([]) - given:
            yield {
                "level": "notice",
                "kind": "not_given",
                "text": self.env._("No rule gives the status %s", status.name),
                "status_id": status.id,
            }

import logging
from collections import defaultdict

from psycopg2 import OperationalError

from odoo import api, models, tools
from odoo.fields import Domain

from .engine import in_turns

# Which triggers may answer an event, the more specific first.
ANSWERING_TRIGGERS = {
    "outcome": ("attempts", "outcome"),
    "skipped": ("attempts", "outcome"),
}
# Which triggers look at the outcome of an action, which at its type.
OUTCOME_TRIGGERS = {"outcome", "attempts"}
JOURNEY_TRIGGERS = {"idle", "order_confirmed", "invoice_paid"}
# What may still change a journey that is closed.
TRIGGERS_AFTER_CLOSING = {"outcome", "order_confirmed", "invoice_paid"}
# What says something of the message of one stay, and nothing of later ones.
TRIGGERS_OF_ONE_STAY = {"mail_bounced", "sms_failed"}
# What looks at each journey, and not only at where it stands.
COUNTING_TRIGGERS = {"attempts", "survey_done"}

_logger = logging.getLogger(__name__)


class AskedOneByOne(Exception):
    """Which rule answers depends on each journey, not on where it stands alone."""


class CrmPlaybookRule(models.Model):
    """How events are answered: each by exactly one rule, or none.

    ``_answer`` is the one door of the engine: it chooses the one rule that answers an
    event, writes the event in the ledger, and applies that rule's effects. ``_tell`` is
    for other work, which goes on whatever the rule does; ``_tell_all`` is the same for
    thousands of events at once.
    """

    _inherit = "crm.playbook.rule"

    @api.model
    def _answer(self, event):
        """Answer an event with exactly one rule, or none; the ledger keeps a line.

        :param Event event: what happened
        :return: the line of the ledger; empty when the event was answered before
        """
        rule = self.sudo()._choose(event)
        line = self.env["crm.transition"]._open(
            event, **rule._prepare_line_values(event.trigger)
        )
        rule._apply(line)
        return line

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
        line = self.env["crm.transition"]._open(event)
        message = self.env._("The rule could not be applied: %s", error)
        line._note(effects=message)
        if event.journey:
            event.journey._post_notice(message)
        return line

    # === MANY AT ONCE === #

    @api.model
    def _tell_all(self, events):
        """Answer many events of one trigger: together where one rule answers them all.

        What a person would be told of in the chatter stands in the ledger alone. Where
        answering together goes wrong, each is answered by itself.

        :param events: list of :class:`Event`
        """
        quiet = self.with_context(tracking_disable=True)
        for turn in in_turns(events, lambda event: event.journey):
            for alike in quiet._grouped_by_situation(turn):
                if not quiet._tell_alike(alike):
                    for event in alike:
                        self._tell(event)

    @api.model
    def _tell_alike(self, events):
        """Answer events of one situation together.

        :return: whether they could be; if not, nothing of it was done
        """
        try:
            with self.env.cr.savepoint():
                self._answer_alike(events)
        except OperationalError:
            raise  # the whole transaction is tried again
        except AskedOneByOne:
            return False
        except Exception:
            _logger.info("Answered one by one instead", exc_info=True)
            return False
        return True

    @api.model
    def _answer_alike(self, events):
        rule = self.sudo()._choose(events[0], asked_for_all=True)
        ledger = self.env["crm.transition"]
        values = rule._prepare_line_values(events[0].trigger)
        rule._apply(ledger._open_new(events, **values))

    @api.model
    def _grouped_by_situation(self, events):
        """Lists of events that the same rule answers, as far as situations tell."""
        groups = defaultdict(list)
        for event in events:
            groups[self._situation(event)].append(event)
        return groups.values()

    @api.model
    def _situation(self, event):
        """All that rules look at, but for what they count."""
        return (
            event.trigger,
            event.journey.playbook_id.id,
            event.journey.playbook_stage_id.id,
            event.action.action_type_id.id,
            event.outcome.id,
            event.idle_hours,
            self._comes_too_late(event),
        )

    # === CHOOSING === #

    @api.model
    def _choose(self, event, asked_for_all=False):
        """The rule that answers an event: narrowest scope, then sequence; or none.

        :param asked_for_all: whether the answer holds for all events in that situation
        :raise AskedOneByOne: when it does not
        """
        if self._comes_too_late(event):
            return self.browse()
        candidates = self.browse(
            self._candidate_ids(
                event.trigger,
                event.journey.playbook_id.id,
                event.journey.playbook_stage_id.id,
                event.action.action_type_id.id,
                event.outcome.id,
            )
        )
        for rule in candidates:
            if asked_for_all and rule.trigger in COUNTING_TRIGGERS:
                raise AskedOneByOne
            if rule._is_met_by(event):
                return rule
        return self.browse()

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

import logging
from collections import Counter

from babel.dates import format_skeleton
from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import babel_locale_parse, format_time

from .rehearsal import rehearsal

# So many actions are tried at once: whoever looks at a preview does not wait long.
MOST = 20
ICONS = {
    "opened": "fa-star-o",
    "won": "fa-trophy",
    "lost": "fa-flag",
    "reopened": "fa-undo",
    "stage": "fa-arrow-right",
    "task": "fa-calendar-plus-o",
    "cancelled": "fa-calendar-times-o",
    "status": "fa-tag",
    "points": "fa-star",
    "campaign": "fa-bullhorn",
    "mail": "fa-envelope-o",
    "remark": "fa-info-circle",
    "nothing": "fa-circle-o",
    "more": "fa-ellipsis-h",
    "error": "fa-exclamation-triangle",
}
_logger = logging.getLogger(__name__)


class CrmAction(models.Model):
    """What would follow from an action, told before it is recorded.

    Nobody guesses: the engine does it, the ledger is read, and all of it is undone. A
    preview is a list of ``{"kind", "text", "icon", "count"}``: what would follow, in
    words and in the user's time zone, and from how many of the actions.
    """

    _inherit = "crm.action"

    # === CONTRACT === #

    def preview(self, outcome_id):
        """What ``done`` with that outcome would bring about; nothing is written.

        :param int outcome_id: as for ``done``
        :return: list of ``{"kind", "text", "icon", "count"}``; where it could not be
            done, one of the kind ``error`` says why
        """
        self.check_access("write")
        tried = self[:MOST]

        def do():
            tried.done(outcome_id)
            return tried

        return self._rehearse(do, tried._journey()) + self._untried(len(self))

    def preview_correct(self, outcome_id):
        """What ``correct`` with that outcome would bring about; nothing is written.

        :return: as of ``preview``
        """
        self.ensure_one()
        self.check_access("write")
        return self._rehearse(
            lambda: self.browse(self.correct(outcome_id)), self._journey()
        )

    @api.model
    def preview_register(self, vals_list):
        """What ``register`` with each of these would bring about; nothing is written.

        :param vals_list: list of dictionaries as for ``register``
        :return: as of ``preview``
        """
        tried = vals_list[:MOST]
        lead_ids = [vals["lead_id"] for vals in tried if vals.get("lead_id")]
        return self._rehearse(
            lambda: self.browse(self.register_all(tried)),
            self.env["crm.lead"].browse(lead_ids),
        ) + self._untried(len(vals_list))

    # === REHEARSAL === #

    @api.model
    def _rehearse(self, do, journeys):
        """Do it, tell what followed, and undo it.

        :param do: function that records actions and returns them
        :param journeys: whose planned tasks it may cancel
        """
        try:
            with rehearsal(self.env.cr):
                before = journeys._planned_actions()
                actions = do()
                self.env.flush_all()
                return actions._told(before)
        except OperationalError:
            raise  # the whole request is tried again
        except UserError as error:
            return [self._item("error", str(error))]
        except Exception as error:
            _logger.warning("The preview failed", exc_info=True)
            return [self._item("error", str(error) or type(error).__name__)]

    @api.model
    def _untried(self, count):
        if count <= MOST:
            return []
        text = self.env._("%s more, each answered by its own rule", count - MOST)
        return [self._item("more", text, count - MOST)]

    def _told(self, before):
        """What followed from actions that were just done, alike things together.

        :param before: the planned actions that the journeys had before
        """
        told = Counter(
            fact
            for action in self
            for fact in (action._facts() + action._gone(before) or [action._nothing()])
        )
        return [self._item(*fact, count) for fact, count in told.items()]

    @api.model
    def _item(self, kind, text, count=1):
        return {"kind": kind, "text": text, "icon": ICONS[kind], "count": count}

    # === FACTS === #

    def _facts(self):
        """What followed, as pairs of kind and text, from ledger and plans."""
        undone = self.corrects_id.sudo().answer_ids.filtered(
            lambda line: line.trigger == "corrected"
        )
        lines = undone | self.sudo().answer_ids.sorted("id")
        return [fact for line in lines for fact in line._facts()] + self._started()

    def _started(self):
        """The campaigns that the action started, with their first tasks."""
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        facts = []
        for lead in leads.search([("origin_action_id", "=", self.id)]):
            name = lead.crm_campaign_id.name
            facts.append(("campaign", self.env._("Starts campaign %s", name)))
            facts += lead._planned_actions()._task_facts()
        return facts

    def _gone(self, before):
        """What was planned for the same journey, and is not any more."""
        gone = (before - self).filtered(
            lambda action: (
                action.state == "cancelled" and action._journey() == self._journey()
            )
        )
        return [
            (
                "cancelled",
                self.env._(
                    "Cancels %(task)s %(date)s",
                    task=action.action_type_id.name,
                    date=action._when(),
                ),
            )
            for action in gone
        ]

    def _task_facts(self):
        return [("task", action._task_text()) for action in self]

    def _task_text(self):
        if self.mode == "automatic":
            return self.env._(
                "Sends %(task)s by itself %(date)s",
                task=self.action_type_id.name,
                date=self._when(),
            )
        return self.env._(
            "Plans %(task)s %(date)s for %(user)s",
            task=self.action_type_id.name,
            date=self._when(),
            user=self.user_id.name or self.env._("everyone of the team"),
        )

    def _when(self):
        """Day and hour of the action as its reader says it; of a free one the day."""
        start = fields.Datetime.context_timestamp(self, self.date_start)
        day = self._day_text(start)
        if self.mode == "free":
            return day
        hour = format_time(self.env, start.time(), time_format="short")
        return self.env._("%(day)s at %(hour)s", day=day, hour=hour)

    def _day_text(self, moment):
        days = (moment.date() - fields.Date.context_today(self)).days
        if days in (0, 1):
            return self.env._("tomorrow") if days else self.env._("today")
        locale = babel_locale_parse(self.env.lang or self.env.user.lang)
        day = format_skeleton("MMMEd", moment, moment.tzinfo, locale=locale)
        return self.env._("on %s", day)

    def _nothing(self):
        return ("nothing", self.env._("No rule answers: nothing else follows"))


class CrmTransition(models.Model):
    """What a line of the ledger says of its consequences, one thing at a time."""

    _inherit = "crm.transition"

    def _facts(self):
        """Pairs of kind and text, in the order in which people care."""
        return [
            *self._opened_facts(),
            *self._result_facts(),
            *self._stage_facts(),
            *self.planned_action_ids._task_facts(),
            *self._status_facts(),
            *self._point_facts(),
            *self._tell_facts(),
            *(("remark", text) for text in self._remarks()),
        ]

    def _opened_facts(self):
        if self.trigger != "opened":
            return []
        return [("opened", self.env._("Opens %s", self._journey().name))]

    def _result_facts(self):
        if not self.result:
            return []
        if self.result == "open":
            return [("reopened", self.env._("Opens the opportunity again"))]
        if self.result == "won":
            return [("won", self.env._("Wins the opportunity"))]
        reason = self._journey().lost_reason_id.name
        if reason:
            return [("lost", self.env._("Loses the opportunity: %s", reason))]
        return [("lost", self.env._("Loses the opportunity"))]

    def _stage_facts(self):
        if not self.to_stage_id:
            return []
        return [("stage", self.env._("Moves to stage %s", self.to_stage_id.name))]

    def _status_facts(self):
        if not self.status_after_id:
            return []
        return [("status", self.env._("Status becomes %s", self.status_after_id.name))]

    def _point_facts(self):
        if not self.points:
            return []
        text = self.env._(
            "Points for %(user)s: %(points)s",
            user=self.user_id.name,
            points=self.points,
        )
        return [("points", text)]

    def _tell_facts(self):
        """Whom the rule tells, in the words of the ledger."""
        if not self.rule_id._tells() or "tell" not in self._asked_effects():
            return []
        return [("mail", self.effects.splitlines()[-1])]

    def _remarks(self):
        """What the ledger says of effects that did not come about."""
        if not self.rule_id or not self.effects:
            return []
        said = zip(self._asked_effects(), self.effects.splitlines(), strict=True)
        return [text for effect, text in said if not self._came_about(effect)]

    def _asked_effects(self):
        """The effects that the rule asks for: the ledger has a line on each."""
        rule = self.rule_id
        asked = {
            "status": rule.commercial_status_id,
            "points": rule.points,
            "move": rule.move != "stay" and self._journey(),
            "task": rule.task_type_id,
            "campaign": rule.spawn_campaign_id,
            "tell": rule._tells(),
        }
        return [name for name in rule._effects(self.trigger) if asked[name]]

    def _came_about(self, effect):
        planned = self.planned_action_ids.filtered(lambda a: a.planned_by == "rule")
        started = self.env["crm.lead"].with_context(active_test=False)
        return {
            "status": lambda: self.status_after_id,
            "points": lambda: self.points,
            "move": lambda: self.to_stage_id or self.result,
            "task": lambda: planned,
            "campaign": lambda: started.search(
                [
                    ("origin_action_id", "=", self.action_id.id),
                    ("crm_campaign_id", "=", self.rule_id.spawn_campaign_id.id),
                ],
                limit=1,
            ),
            "tell": lambda: True,
        }[effect]()

from datetime import datetime

import pytz

from odoo import api, models
from odoo.tools.misc import clean_context

from .engine import as_engine, as_mirror
from .res_users_hours import naive

# What activity and calendar event show of an action, in times, people and places ...
MIRRORED = {
    "state",
    "mode",
    "user_id",
    "date_start",
    "date_end",
    "lead_id",
    "guest_ids",
}
# ... and in words, which people may put in words of their own there.
MIRRORED_WORDS = {"action_type_id", "partner_id", "note"}
# What would make Odoo link new events to what the caller has on the screen.
CALLERS_OWN = ("active_model", "active_id", "active_ids", "orig_activity_ids")


class CrmAction(models.Model):
    """A human task is seen in Odoo's own tools too: as activity, and in the calendar.

    The action is the truth. ``_reflect`` makes activity and calendar event say what the
    action says, whatever they said before, and does nothing where they agree. What
    people change there is told to the action (``mail_activity.py``,
    ``calendar_event.py``), which is then reflected as if it had been changed here.

    An activity is there while a task is planned and somebody has it; done, it is done.
    An event is there while it also has an hour; of a done task it stays in the
    calendar, of any other it is archived, so that calendars elsewhere drop it too.
    """

    _inherit = "crm.action"

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        actions = super().create(vals_list)
        actions._reflect_new()
        return actions

    def write(self, vals):
        result = super().write(vals)
        has_new_words = not MIRRORED_WORDS.isdisjoint(vals)
        if has_new_words or not MIRRORED.isdisjoint(vals):
            # What the scheduler does is in nobody's agenda, and there may be thousands.
            touched = self if "mode" in vals else self.filtered(is_human)
            touched._reflect(has_new_words)
        return result

    def unlink(self):
        self._drop_mirrors()
        return super().unlink()

    # === REFLECTING === #

    def _reflect(self, has_new_words=False):
        """Have activity and calendar event of each action say what it says.

        :param has_new_words: whether its type, entity or note are others now
        """
        actions = as_engine(self)
        _link(
            actions._reflect_in_activities(has_new_words),
            actions._reflect_in_calendar(has_new_words),
        )

    def _reflect_new(self):
        """The same for actions that were only just planned, and have no mirror yet."""
        shown = as_engine(self)._in_mirror()
        timed = shown.filtered(lambda action: action._is_in_calendar())
        _link(shown._create_activities(), timed._create_events())

    def _drop_mirrors(self):
        """Delete what shows the actions."""
        self._activities().unlink()
        self._drop_events(self._events())

    def _mirror_model(self, name):
        """A model to write mirrors in, with nothing of what this caller defaults to.

        Nobody is told by mail of each task they are given: they have an agenda.
        """
        context = {
            key: value
            for key, value in clean_context(self.env.context).items()
            if key not in CALLERS_OWN
        }
        model = self.env(context=context)[name].with_context(
            active_test=True,
            mail_activity_quick_update=True,
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
            no_mail_to_attendees=True,
            skip_attendee_notification=True,
            skip_contact_description=True,
            tracking_disable=True,
        )
        return as_mirror(as_engine(model))

    def _in_mirror(self):
        """The actions that somebody has still to do; a correction is done already."""
        return self.filtered(
            lambda action: (
                action.state == "planned"
                and is_human(action)
                and action.user_id
                and not action.corrects_id
            )
        )

    def _document(self):
        """What the activity shows on."""
        return self.lead_id or self.partner_id

    def _local_start(self):
        """When it begins, on the clock of whoever has it."""
        return pytz.utc.localize(self.date_start).astimezone(self._zone())

    def _zone(self):
        return self.user_id._zone(self.company_id)

    # === WHAT PEOPLE DO IN ODOO'S TOOLS === #

    def _as_assignee(self):
        """The same action, with all rights where it is one's own.

        Whoever has a task may do it in Odoo's own tools, salesperson or not.

        :raise AccessError: when it is another's, and one may not change it
        """
        if self.sudo().user_id == self.env.user:
            return self.sudo()
        self.check_access("write")
        return self

    def _move_to_day(self, day):
        """Plan the action anew on another day, at the same hour where it is."""
        start = self._local_start()
        if start.date() == day:
            return
        moment = datetime.combine(day, start.time())
        self.reschedule(naive(self._zone().localize(moment)))

    def _tick_off(self, feedback=None):
        """Done in a tool that knows no outcomes: the only one there is, or none yet."""
        outcome = self.action_type_id.outcome_ids
        if len(outcome) != 1:
            outcome = outcome.browse()
        self._complete(outcome, note=feedback, answer=bool(outcome))


def _link(activities, events):
    """Link the activity of each action to the event, as Odoo links its own."""
    for action, activity in activities.items():
        event_id = events[action].id if action in events else False
        write_difference(activity, {"calendar_event_id": event_id})


def is_human(action):
    return action.mode != "automatic"


def write_difference(record, values):
    if differing := difference(record, values):
        record.write(differing)


def difference(record, values):
    """Those of the values that the record does not have yet."""
    return {
        name: value
        for name, value in values.items()
        if not _has_already(record, name, value)
    }


def _has_already(record, name, value):
    field = record._fields[name]
    if field.type == "many2many":
        [(_command, _zero, ids)] = value
        return set(record[name].ids) == set(ids)
    return (field.convert_to_write(record[name], record) or False) == (value or False)

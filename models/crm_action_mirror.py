from collections import Counter
from datetime import datetime

import pytz

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL, plaintext2html
from odoo.tools.misc import clean_context

from . import bulk
from .engine import as_engine, as_mirror

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

    guest_ids = fields.Many2many(
        "res.partner",
        "crm_action_guest_rel",
        "action_id",
        "partner_id",
        string="Invited",
        help="Colleagues, or the contact: whoever gets an invitation to the calendar "
        "event, besides the person who has the task.",
    )
    activity_ids = fields.One2many("mail.activity", "crm_action_id", "Odoo Activity")
    calendar_event_ids = fields.One2many("calendar.event", "crm_action_id")

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
            touched = self if "mode" in vals else self.filtered(_is_human)
            touched._reflect(has_new_words)
        return result

    def unlink(self):
        self._drop_mirrors()
        return super().unlink()

    def _invite(self, guests):
        """Note whom each of the actions invites, in one statement.

        :param guests: a list of ids of entities for each action, or nothing at all
        """
        if not guests:
            return
        action_ids, guest_ids = zip(
            *(
                (action.id, guest_id)
                for action, invited in zip(self, guests, strict=True)
                for guest_id in set(invited)
            ),
            strict=True,
        )
        self.env.execute_query(
            SQL(
                """INSERT INTO crm_action_guest_rel (action_id, partner_id)
                   SELECT * FROM unnest(%s, %s) RETURNING action_id""",
                list(action_ids),
                list(guest_ids),
            )
        )
        self.invalidate_recordset(["guest_ids"])

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

    def _activities(self):
        """The activities of the actions that are not done yet."""
        activities = self._mirror_model("mail.activity")
        return activities.search([("crm_action_id", "in", self.ids)])

    def _events(self):
        """The calendar events of the actions, archived ones too."""
        events = self._mirror_model("calendar.event").with_context(active_test=False)
        return events.search([("crm_action_id", "in", self.ids)])

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
                and _is_human(action)
                and action.user_id
                and not action.corrects_id
            )
        )

    def _is_in_calendar(self):
        return self.mode == "planned" and bool(self._in_mirror())

    # === ACTIVITIES === #

    def _reflect_in_activities(self, has_new_words):
        """:return: {action: its activity}, of those that have one now"""
        shown = self._in_mirror()
        reflected = {act.crm_action_id: act for act in self._activities()}
        dropped = []
        for action in (self - shown).filtered(lambda action: action in reflected):
            activity = reflected.pop(action)
            if action.state == "done":
                activity._action_done(feedback=action._feedback())
            else:
                dropped.append(activity.id)
        self._mirror_model("mail.activity").browse(dropped).unlink()
        for action, activity in reflected.items():
            values = action._prepare_activity_values()
            if has_new_words:
                values |= action._prepare_activity_words()
            _write_difference(activity, values)
        missing = shown.filtered(lambda action: action not in reflected)
        return reflected | missing._create_activities()

    def _create_activities(self):
        """One activity for each action, in one statement, however many there are.

        :return: {action: its activity}
        """
        if not self:
            return {}
        rows = [
            action._prepare_activity_values()
            | action._prepare_activity_words()
            # Computed by Odoo, each costs a query.
            | {
                "res_name": action._document().display_name,
                "user_tz": action.user_id.tz,
            }
            for action in self
        ]
        activities = bulk.insert(self._mirror_model("mail.activity"), rows)
        today = fields.Date.today()
        due = Counter(row["user_id"] for row in rows if row["date_deadline"] <= today)
        for user_id, count in due.items():
            self.env["res.users"].browse(user_id)._bus_send(
                "mail.activity/updated",
                {"activity_created": True, "count_diff": count},
            )
        return dict(zip(self, activities, strict=True))

    def _prepare_activity_values(self):
        document = self._document()
        return {
            "crm_action_id": self.id,
            "res_model_id": self.env["ir.model"]._get_id(document._name),
            "res_model": document._name,
            "res_id": document.id,
            "user_id": self.user_id.id,
            "date_deadline": self._local_start().date(),
        }

    def _prepare_activity_words(self):
        action_type = self.action_type_id.with_context(lang=self.user_id.lang)
        return {
            "activity_type_id": action_type.activity_type_id.id,
            "summary": action_type.name,
            "note": plaintext2html(self.note) if self.note else False,
        }

    def _document(self):
        """What the activity shows on."""
        return self.lead_id or self.partner_id

    def _feedback(self):
        """How it ended, for the message that Odoo leaves of a done activity."""
        return "\n".join(filter(None, (self.outcome_id.name, self.note)))

    def _local_start(self):
        """When it begins, on the clock of whoever has it."""
        return pytz.utc.localize(self.date_start).astimezone(self._zone())

    def _zone(self):
        return pytz.timezone(self.user_id.tz or self.company_id.partner_id.tz or "UTC")

    # === CALENDAR === #

    def _reflect_in_calendar(self, has_new_words):
        """:return: {action: its event}, of those that are in the calendar now"""
        events = {event.crm_action_id: event for event in self._events()}
        timed = self.filtered(lambda action: action._is_in_calendar())
        self._take_out_of_calendar(
            [(action, events[action]) for action in self - timed if action in events]
        )
        reflected = {action: events[action] for action in timed if action in events}
        for action in [*reflected]:
            if reflected[action].user_id != action.user_id:
                # A calendar elsewhere belongs to its owner: the new one gets another.
                self._drop_events(reflected.pop(action))
            else:
                action._bring_up_to_date(reflected[action], has_new_words)
        missing = timed.filtered(lambda action: action not in reflected)
        return reflected | missing._create_events()

    def _create_events(self):
        """:return: {action: its calendar event}"""
        created = {}
        for user, actions in self.grouped("user_id").items():
            rows = [
                {"crm_action_id": action.id}
                | action._prepare_event_times()
                | action._prepare_event_people()
                | action._prepare_event_words()
                for action in actions
            ]
            events = self._mirror_model("calendar.event").with_user(user).sudo()
            created |= dict(zip(actions, events.create(rows), strict=True))
        for action, event in created.items():
            # Given at once, Odoo would make an activity and a message of its own.
            event.write(action._prepare_event_document())
            action._tell_guests("invitation", event, action.guest_ids)
        return created

    def _bring_up_to_date(self, event, has_new_words):
        before = (event.start, event.stop) if event.active else None
        attending = event.partner_ids
        times = self._prepare_event_times()
        words = self._prepare_event_words() if has_new_words else {}
        others = self._prepare_event_people() | words | self._prepare_event_document()
        changes = _difference(event, {"active": True} | others)
        if _difference(event, times):
            changes |= times  # both: from a new start alone, Odoo works out the end
        if changes:
            event.write(changes)
        if before is None:
            self._tell_guests("invitation", event, self.guest_ids)
            return
        self._tell_guests("invitation", event, self.guest_ids - attending)
        if before != (event.start, event.stop):
            self._tell_guests("changedate", event, self.guest_ids & attending)

    def _take_out_of_calendar(self, shown):
        """Archive the events of actions that are not in the calendar any more.

        What was done stays there, unless it was done before its hour came.

        :param shown: list of actions and their events
        """
        now = fields.Datetime.now()
        left = [
            (action, event)
            for action, event in shown
            if event.active and (action.state != "done" or event.start > now)
        ]
        events = self._mirror_model("calendar.event")
        events.browse(event.id for _action, event in left).write({"active": False})
        for action, event in left:
            action._tell_guests("deleted", event, action.guest_ids)

    def _drop_events(self, events):
        """Delete events; their activities, which Odoo would delete too, stay."""
        events.activity_ids.write({"calendar_event_id": False})
        # Where calendars are synchronised, deleting only archives for a while.
        events.write({"crm_action_id": False})
        events.unlink()

    def _prepare_event_times(self):
        return {
            "start": self.date_start,
            "stop": self.date_end or self.date_start + self.action_type_id._length(),
        }

    def _prepare_event_people(self):
        people = self.user_id.partner_id | self.guest_ids
        return {
            "user_id": self.user_id.id,
            "partner_ids": [Command.set(people.ids)],
        }

    def _prepare_event_words(self):
        return {
            "name": self.with_context(lang=self.user_id.lang).display_name,
            "location": self._place(),
        }

    def _prepare_event_document(self):
        document = self._document()
        return {
            "opportunity_id": self.lead_id.id,
            "res_model_id": self.env["ir.model"]._get_id(document._name),
            "res_id": document.id,
        }

    def _place(self):
        """Where it takes place, on one line; nowhere but for visits."""
        if self.channel != "visit":
            return False
        lines = self.partner_id._display_address(without_company=True).splitlines()
        return ", ".join(line.strip() for line in lines if line.strip()) or False

    def _tell_guests(self, what, event, guests):
        """Tell who was invited, by Odoo's own letters, of what is still to come."""
        if not guests or event.start <= fields.Datetime.now():
            return
        if what == "deleted":
            template = self.env.ref("calendar.calendar_template_delete_event")
            template.send_mail(
                event.id,
                email_layout_xmlid="mail.mail_notification_light",
                email_values={"recipient_ids": [Command.set(guests.ids)]},
            )
            return
        template = self.env.ref(f"calendar.calendar_template_meeting_{what}")
        telling = event.with_context(no_mail_to_attendees=False)
        invited = telling.attendee_ids.filtered(
            lambda attendee: attendee.partner_id in guests
        )
        invited._notify_attendees(template)

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
        moved = self._zone().localize(moment).astimezone(pytz.utc)
        self.reschedule(moved.replace(tzinfo=None))

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
        _write_difference(activity, {"calendar_event_id": event_id})


def _is_human(action):
    return action.mode != "automatic"


def _write_difference(record, values):
    if differing := _difference(record, values):
        record.write(differing)


def _difference(record, values):
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

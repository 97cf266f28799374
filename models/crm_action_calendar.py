from odoo import fields, models
from odoo.fields import Command
from odoo.tools import SQL

from .crm_action_mirror import difference


class CrmAction(models.Model):
    """The calendar event of a human task that has an hour, and who else comes."""

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
    calendar_event_ids = fields.One2many("calendar.event", "crm_action_id")

    def _events(self):
        """The calendar events of the actions, archived ones too."""
        events = self._mirror_model("calendar.event").with_context(active_test=False)
        return events.search([("crm_action_id", "in", self.ids)])

    def _is_in_calendar(self):
        return self.mode == "planned" and bool(self._in_mirror())

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
        changes = difference(event, {"active": True} | others)
        if difference(event, times):
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
        return self.partner_id._address_line() or False

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

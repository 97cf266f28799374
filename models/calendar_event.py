from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .engine import as_engine, as_mirror, is_mirror

# What an action hears of its calendar event.
TOLD = {
    "active",
    "allday",
    "duration",
    "partner_ids",
    "recurrency",
    "start",
    "start_date",
    "stop",
    "stop_date",
    "user_id",
}


class CalendarEvent(models.Model):
    """A calendar event that shows an action: what is done to it is done to both."""

    _name = "calendar.event"
    _inherit = ["calendar.event", "crm.action.shown"]

    @api.model_create_multi
    def create(self, vals_list):
        if is_mirror(self.env) or not self._is_for_an_action(vals_list):
            return super().create(vals_list)
        # The activity that it is made for hears of it from its action.
        events = super(CalendarEvent, as_mirror(self)).create(vals_list)
        events = events.with_env(self.env)
        for event in events.filtered(lambda event: event._activity_action()):
            event._adopt()
        return events

    def write(self, vals):
        told = self._with_action() if not TOLD.isdisjoint(vals) else self.browse()
        given = dict(vals)
        if others := self - told:
            super(CalendarEvent, others).write(dict(given))
        if told:
            told._check_is_a_task(given)
            super(CalendarEvent, as_mirror(told)).write(dict(given))
        for event in told:
            event._tell_action()
        return True

    def unlink(self):
        shown = self._with_action().filtered("active")
        actions = shown._actions().filtered(
            lambda action: action.sudo().state == "planned"
        )
        result = super().unlink()
        for action in actions:
            action._as_assignee().cancel(self.env._("Its meeting was deleted."))
        return result

    def _check_is_a_task(self, vals):
        """A task is done once, and at an hour."""
        if vals.get("recurrency") or vals.get("allday"):
            raise UserError(
                self.env._(
                    "%s is one task of a playbook: it is neither repeated nor does it "
                    "last all day. Choose the hour at which it begins.",
                    self[:1].name,
                )
            )

    @api.model
    def _is_for_an_action(self, vals_list):
        """Whether one of the events is made for the activity of an action."""
        activities = self.env["mail.activity"].sudo()
        for vals in vals_list:
            for command in vals.get("activity_ids") or []:
                if command[0] in (Command.LINK, Command.SET):
                    linked = command[2] if command[0] == Command.SET else command[1]
                    activities |= activities.browse(linked)
        return bool(activities.crm_action_id)

    def _activity_action(self):
        """The action whose activity the event was made for, if any."""
        return self.sudo().activity_ids.crm_action_id[:1]

    def _tell_action(self):
        """Do to the action what was done to its event."""
        action = self._actions()._as_assignee()
        state = action.sudo().state
        if state == "done":
            return
        if self.active:
            self._tell_when_and_who(action)
        elif state == "planned" and action._is_in_calendar():
            action.cancel(self.env._("Its meeting was cancelled."))
        action._reflect()

    def _tell_when_and_who(self, action):
        """All at once: told one thing, the action would take the others back."""
        values = {}
        if not action._is_in_calendar() or self._is_elsewhen(action):
            values |= {"date_start": self.start, "date_end": self.stop}
            values["mode"] = "planned"
        if (user := self.user_id) != action.user_id:
            values["user_id"] = user and action._existing_colleague(user.id).id
        guests = self.partner_ids - (user | action.user_id).partner_id
        if guests != action.guest_ids:
            values["guest_ids"] = [Command.set(guests.ids)]
        if values:
            action._plan_anew(**values)

    def _is_elsewhen(self, action):
        times = action._prepare_event_times()
        return (self.start, self.stop) != (times["start"], times["stop"])

    def _adopt(self):
        """The event that was made for the activity of an action is the action's own.

        :raise UserError: when it is not what a task can be
        :raise AccessError: when one may not change the action
        """
        action = self._activity_action().with_env(self.env)._as_assignee()
        if action.sudo().state != "planned":
            return
        self._check_is_a_task({"allday": self.allday, "recurrency": self.recurrency})
        action._drop_events(action._events())
        as_mirror(as_engine(self)).write({"crm_action_id": action.id})
        self._tell_action()

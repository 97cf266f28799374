from odoo import api, fields, models
from odoo.exceptions import UserError

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
    _inherit = ["calendar.event", "crm.engine.guarded"]

    _engine_fields = frozenset({"crm_action_id"})

    crm_action_id = fields.Many2one(
        "crm.action", "Playbook Action", copy=False, readonly=True, ondelete="cascade"
    )

    _one_per_action_index = models.UniqueIndex(
        "(crm_action_id) WHERE crm_action_id IS NOT NULL"
    )

    @api.model_create_multi
    def create(self, vals_list):
        if is_mirror(self.env):
            return super().create(vals_list)
        # Its activity, if it is made for one, is told when the action is.
        events = super(CalendarEvent, as_mirror(self)).create(vals_list)
        events = events.with_env(self.env)
        for event in events.filtered("activity_ids.crm_action_id"):
            event._adopt()
        return events

    def write(self, vals):
        told = self._with_action() if not TOLD.isdisjoint(vals) else self.browse()
        if not told:
            return super().write(vals)
        told._check_happens_once(vals)
        result = super(CalendarEvent, as_mirror(self)).write(vals)
        for event in told:
            event._tell_action()
        return result

    def unlink(self):
        shown = self._with_action().filtered("active")
        actions = shown._actions().filtered_domain([("state", "=", "planned")])
        result = super().unlink()
        for action in actions:
            action._as_assignee().cancel(self.env._("Its meeting was deleted."))
        return result

    def _with_action(self):
        """Those that show an action, unless the action itself is writing."""
        if is_mirror(self.env):
            return self.browse()
        return self.filtered(lambda event: event.sudo().crm_action_id)

    def _actions(self):
        """Their actions, with the rights of whoever asks."""
        return self.env["crm.action"].browse(self.sudo().crm_action_id.ids)

    def _check_happens_once(self, vals):
        if vals.get("recurrency"):
            raise UserError(
                self.env._(
                    "%s is one task of a playbook: it cannot be repeated.",
                    self[:1].name,
                )
            )

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
        if not action._is_in_calendar() or self._is_elsewhen(action):
            action._plan_anew(date_start=self.start, date_end=self.stop, mode="planned")
        action._pass_on(self.user_id)
        guests = self.partner_ids - self.user_id.partner_id
        if guests != action.guest_ids:
            as_engine(action).write({"guest_ids": guests.ids})

    def _is_elsewhen(self, action):
        values = action._prepare_event_values()
        return (self.start, self.stop) != (values["start"], values["stop"])

    def _adopt(self):
        """The event that was made for the activity of an action is the action's own."""
        action = self.activity_ids.crm_action_id[:1]._as_assignee()
        if action.sudo().state != "planned":
            return
        action._events().unlink()
        as_mirror(as_engine(self)).write({"crm_action_id": action.id})
        self._tell_action()

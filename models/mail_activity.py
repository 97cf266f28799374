from odoo import models
from odoo.exceptions import UserError

from odoo.addons.mail.tools.discuss import Store

from .engine import as_mirror

# What an action hears of its activity.
TOLD = {"active", "date_deadline", "user_id"}


class MailActivity(models.Model):
    """An activity of Odoo that shows an action: what is done to it is done to both."""

    _name = "mail.activity"
    _inherit = ["mail.activity", "crm.action.shown"]

    def write(self, vals):
        if vals.get("active"):
            self._check_not_done()
        told = self._with_action() if not TOLD.isdisjoint(vals) else self.browse()
        if others := self - told:
            super(MailActivity, others).write(vals)
        if told:
            super(MailActivity, as_mirror(told)).write(vals)
        for activity in told:
            activity._tell_action(vals)
        return True

    def unlink(self):
        actions = self._with_action()._actions()
        result = super().unlink()
        for action in actions:
            action._as_assignee().cancel(self.env._("Its activity was cancelled."))
        return result

    def _action_done(self, feedback=False, attachment_ids=False):
        told = self._with_action()
        if not told:
            return super()._action_done(feedback, attachment_ids)
        messages, following = super(MailActivity, as_mirror(self))._action_done(
            feedback, attachment_ids
        )
        for action in told._actions():
            action._as_assignee()._tick_off(feedback)
        return messages.with_env(self.env), following.with_env(self.env)

    def _with_action(self):
        """Of those that show an action, those whose action is still planned."""
        return (
            super()
            ._with_action()
            .filtered(lambda activity: activity.sudo().crm_action_id.state == "planned")
        )

    def _check_not_done(self):
        if done := self.filtered(lambda activity: not activity.active)._actions():
            raise UserError(
                self.env._(
                    "%s was done: plan another action instead.",
                    done[:1].sudo().display_name,
                )
            )

    def _tell_action(self, vals):
        """Do to the action what was done to its activity."""
        # Told one thing, the action makes the activity say the others as they were.
        day, user = self.date_deadline, self.user_id
        action = self._actions()._as_assignee()
        if not self.active:
            action._tick_off()
            return
        if "date_deadline" in vals:
            action._move_to_day(day)
        if "user_id" in vals:
            action._pass_on(user)

    def _to_store_defaults(self, target):
        return [
            *super()._to_store_defaults(target),
            Store.Attr("crm_action_id", lambda activity: activity.crm_action_id.id),
        ]

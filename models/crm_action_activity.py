from collections import Counter

from odoo import fields, models
from odoo.tools import plaintext2html

from . import bulk
from .crm_action_mirror import write_difference


class CrmAction(models.Model):
    """The activity of a human task: there while somebody has still to do it."""

    _inherit = "crm.action"

    activity_ids = fields.One2many("mail.activity", "crm_action_id", "Odoo Activity")

    def _activities(self):
        """The activities of the actions that are not done yet."""
        activities = self._mirror_model("mail.activity")
        return activities.search([("crm_action_id", "in", self.ids)])

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
            write_difference(activity, values)
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

    def _feedback(self):
        """How it ended, for the message that Odoo leaves of a done activity."""
        return "\n".join(filter(None, (self.outcome_id.name, self.note)))

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .engine import as_engine
from .event import Event
from .lookup import existing


class CrmCampaign(models.Model):
    """How a person starts a campaign for somebody."""

    _inherit = "crm.campaign"

    def start_from(self, partner_id, action_id=None):
        """Start the campaign for one entity: an opportunity with its first task.

        :param int partner_id: the entity
        :param int action_id: the action that it comes from, if any
        :raise UserError: when the campaign does not run, the entity is in it already,
            in its control group, or not for it, or the campaign would start itself
            again
        """
        self.ensure_one()
        self.check_access("read")
        partner = existing(self.env, "res.partner", partner_id)
        action = self.env["crm.action"]
        if action_id:
            action = existing(self.env, "crm.action", action_id)
        action = as_engine(action)
        event = Event("outcome", partner, action._journey(), action)
        refusal = self._refuse_spawn(event)
        if not refusal and self.sudo()._control_among(partner.ids):
            refusal = self._refuse_newcomer(partner)
        if refusal:
            raise UserError(refusal)
        by_itself = self.sudo()._would_take_up(partner)
        self._spawn(event, is_started_by_hand=not by_itself)
        return True

    def _would_take_up(self, partner):
        """Whether the campaign would take the entity up by itself, sooner or later."""
        if self.is_generated and self.frequency == "once":
            return False
        segment = self.segment_id.with_env(self._partners_of_company().env)
        own = Domain("id", "in", partner.ids)
        return bool(self._newcomers(segment._partner_domain() & own))

from collections import defaultdict
from itertools import cycle

from odoo import models

from .event import Event


class ResUsers(models.Model):
    """Whose customers they are: handed over to others, and not lost by who leaves."""

    _inherit = "res.users"

    def action_archive(self):
        """Who leaves and still has customers is asked to whom they go."""
        result = super().action_archive()
        handover = self.env["crm.entity.reassign"]
        if not handover._may_hand_over() or not self._has_customers():
            return result
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_playbook.crm_entity_reassign_action"
        )
        return action | {"context": {"default_from_user_ids": self.ids}}

    def _has_customers(self):
        return any(
            self.env[model].sudo().search_count([("user_id", "in", self.ids)], limit=1)
            for model in ("res.partner", "crm.lead", "crm.entity.role.holder")
        )

    def _take_over(self, entities, leads, actions, roles):
        """Give these users entities, opportunities, tasks and roles, in turn.

        Opportunities and roles go where their entity goes, and tasks where their
        opportunity or entity goes. The ledger has a line for each of them but tasks.
        """
        turns = cycle(self)
        taker = defaultdict(lambda: next(turns))

        def of_entity(entity):
            return taker[entity.commercial_partner_id]

        def of_lead(lead):
            return taker[lead.partner_id.commercial_partner_id or lead]

        def of_action(action):
            lead = action.lead_id
            return of_lead(lead) if lead else of_entity(action.partner_id)

        entities.sorted("id")._pass_on(of_entity)
        roles.sorted("id")._pass_on(lambda role: of_entity(role.partner_id))
        leads.sorted("id")._pass_on(of_lead)
        for user, given in actions.sorted("id").grouped(of_action).items():
            given.reassign(user.id)

    def _take_part(self, campaigns, gone):
        """Work on campaigns, and answer for them, instead of those who are gone."""
        for campaign in campaigns:
            if campaign.member_ids & gone:
                campaign.member_ids = campaign.member_ids - gone | self
            if campaign.user_id in gone:
                campaign.user_id = self[:1]

    def _be_fed(self, feeds):
        """New entities that always went to one person go to the first of these."""
        feeds.write({"user_id": self[:1].id})


class ResPartner(models.Model):
    """An entity has another salesperson: the ledger says from whom to whom."""

    _inherit = "res.partner"

    def _pass_on(self, taker):
        no_lead = self.env["crm.lead"]
        _pass_on(self, taker, lambda entity: (entity, no_lead))


class CrmLead(models.Model):
    """An opportunity has another salesperson: the ledger says from whom to whom."""

    _inherit = "crm.lead"

    def _pass_on(self, taker):
        _pass_on(self, taker, lambda lead: (lead.partner_id, lead))


def _pass_on(records, taker, journey):
    """Write those who go from one person to another together."""
    env = records.env
    quiet = records.with_context(tracking_disable=len(records) > 1)
    pairs = quiet.grouped(lambda record: (record.user_id, taker(record)))
    for (giver, user), given in pairs.items():
        no_action = env["crm.action"]
        env["crm.transition"]._open_new(
            [Event("handed_over", *journey(record), no_action) for record in given],
            effects=env._(
                "From %(giver)s to %(user)s",
                giver=giver.name or env._("nobody"),
                user=user.name,
            ),
        )
        given.write({"user_id": user.id})

from odoo import api, fields, models

from .engine import as_engine, is_engine

# What an opportunity needs before it can begin the playbook of its team.
BEGINNING = {"team_id", "partner_id", "type"}


class CrmTeam(models.Model):
    """How a team sells where no campaign says it."""

    _inherit = "crm.team"

    playbook_id = fields.Many2one(
        "crm.playbook",
        "Default Playbook",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="What each new opportunity of the team begins that no campaign, goal or "
        "person gives another playbook, once its customer is known.",
    )


class CrmLead(models.Model):
    """An ordinary opportunity begins the playbook of its team."""

    _inherit = "crm.lead"

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        if not is_engine(self.env):
            leads._begin_playbook_of_team()
        return leads

    def write(self, vals):
        result = super().write(vals)
        if not BEGINNING.isdisjoint(vals) and not is_engine(self.env):
            self._begin_playbook_of_team()
        return result

    def _begin_playbook_of_team(self):
        # Whoever makes the opportunity may have given it to somebody else.
        for lead in as_engine(self):
            playbook = lead.team_id.playbook_id
            if lead._may_begin() and playbook.active and playbook._steps():
                lead.start_playbook(playbook.id)

    def _may_begin(self):
        """Whether it is an open opportunity of a known customer, without a playbook."""
        return (
            self.type == "opportunity"
            and self.partner_id
            and not self.playbook_id
            and not self.crm_campaign_id
            and self._is_open()
        )

from odoo import api, fields, models

from .engine import as_engine, is_engine

# What may bring an opportunity to where it begins the playbook of its team.
BEGINNING = {"team_id", "user_id", "partner_id", "type"}


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
        if BEGINNING.isdisjoint(vals) or is_engine(self.env):
            return super().write(vals)
        before = {lead: lead._beginning() for lead in self}
        result = super().write(vals)
        self.filtered(
            lambda lead: lead._beginning() != before[lead]
        )._begin_playbook_of_team()
        return result

    def _beginning(self):
        """Where it stands with what a beginning needs; the same, it begins nothing."""
        return self.team_id, bool(self.partner_id), self.type

    def _begin_playbook_of_team(self):
        # Whoever makes the opportunity may have given it to somebody else.
        leads = as_engine(self)
        for playbook, of_teams in leads.grouped(
            lambda one: one.team_id.playbook_id
        ).items():
            of_teams._begin(playbook)

    def _begin(self, playbook):
        """Begin a playbook that nobody has chosen for them, where that can be."""
        no_company = self.env["res.company"]
        beginning = self.filtered(
            lambda lead: (
                lead._may_begin()
                and playbook.company_id in (lead.company_id, no_company)
            )
        )
        if beginning and playbook.active and playbook._steps():
            beginning.start_playbook(playbook.id)

    def _may_begin(self):
        """Whether it is an open opportunity of a known customer, without a playbook."""
        return (
            self.type == "opportunity"
            and self.partner_id
            and not self.playbook_id
            and not self.crm_campaign_id
            and self._is_open()
        )

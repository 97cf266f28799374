from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

OF_LEADS = SQL("SELECT id, user_id FROM crm_lead")
OF_TEAMS = SQL("SELECT id, user_id FROM crm_team")
OF_TEAMS_OF_LEADS = SQL(
    "SELECT lead.id, team.user_id FROM crm_lead lead "
    "JOIN crm_team team ON team.id = lead.team_id"
)


class CrmLeadOwned(models.AbstractModel):
    """What may be seen by who has its opportunity.

    For access rules. By ``lead_id.user_id`` the ORM would join the opportunity to every
    row, even to those that are one's own anyway. By these fields it is looked at only
    where nothing else lets the row be seen: the ORM asks in the order of names, in
    Python as in SQL, and ``user_id`` comes first.
    """

    _name = "crm.lead.owned"
    _description = "Of an Opportunity"

    user_of_lead_id = fields.Many2one(
        "res.users",
        "Salesperson of the Opportunity",
        compute="_compute_users_of_lead",
        search="_search_user_of_lead_id",
        compute_sudo=True,
    )
    user_of_lead_team_id = fields.Many2one(
        "res.users",
        "Leader of the Opportunity's Team",
        compute="_compute_users_of_lead",
        search="_search_user_of_lead_team_id",
        compute_sudo=True,
    )

    @api.depends("lead_id.user_id", "lead_id.team_id.user_id")
    def _compute_users_of_lead(self):
        for record in self:
            record.user_of_lead_id = record.lead_id.user_id
            record.user_of_lead_team_id = record.lead_id.team_id.user_id

    @api.model
    def _search_user_of_lead_id(self, operator, value):
        return self._search_pointing("lead_id", OF_LEADS, operator, value)

    @api.model
    def _search_user_of_lead_team_id(self, operator, value):
        return self._search_pointing("lead_id", OF_TEAMS_OF_LEADS, operator, value)

    @api.model
    def _search_pointing(self, name, owners, operator, value):
        """Find rows by whose record they point at, without joining it to each of them.

        :param name: the field by which they point
        :param owners: a query of the ids that may be pointed at, and whose they are
        """
        if operator != "in" or False in value:
            return NotImplemented
        for model in ("crm.lead", "crm.team"):
            self.env[model].flush_model(["user_id"])
        self.env["crm.lead"].flush_model(["team_id"])

        def to_sql(model, alias, _query):
            return SQL(
                "EXISTS (SELECT FROM (%s) AS owned(id, user_id)"
                " WHERE owned.id = %s AND owned.user_id = ANY(%s))",
                owners,
                model._field_to_sql(alias, name),
                list(value),
            )

        return Domain.custom(to_sql=to_sql)

from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

QUARTER_OF_AN_HOUR = timedelta(minutes=15)


class CrmActionLoad(models.Model):
    """How much people have to do: their planned actions by quarter of an hour.

    Days begin at another moment in each time zone, but in all of them on a quarter of
    an hour. So the actions are counted by these first, and only then grouped by day.
    Counted are the actions that one may see: their access rules are asked, and this
    model has none of its own. What the scheduler does is nobody's load.
    """

    _name = "crm.action.load"
    _description = "Planned Actions of People"
    _auto = False
    _rec_name = "user_id"
    _order = "date_start, user_id"
    _depends = {
        "crm.action": [
            *("user_id", "team_id", "date_start", "date_end", "state", "mode"),
        ]
    }

    user_id = fields.Many2one("res.users", "Assigned To", readonly=True)
    team_id = fields.Many2one("crm.team", readonly=True)
    date_start = fields.Datetime("Date", readonly=True)
    action_count = fields.Integer("Planned Actions", readonly=True)
    booked_hours = fields.Float(readonly=True, help="Of what is planned at an hour.")

    @property
    def _table_query(self):
        actions = self.env["crm.action"]
        query = actions._search(self._counted())
        own_id, user, team, moment = (
            actions._field_to_sql(query.table, name, query)
            for name in ("id", "user_id", "team_id", "date_start")
        )
        quarter = SQL("date_bin('15 minutes', %s, '2000-01-01')", moment)
        query.groupby = SQL(", ").join((user, team, quarter))
        return query.select(
            SQL("min(%s) AS id", own_id),
            SQL("%s AS user_id", user),
            SQL("%s AS team_id", team),
            SQL("%s AS date_start", quarter),
            SQL("count(*)::int AS action_count"),
            SQL("%s AS booked_hours", actions._booked_hours(query)),
        )

    def _counted(self):
        return Domain("state", "=", "planned") & Domain("mode", "!=", "automatic")

    def action_view_actions(self):
        """Open the planned actions that are counted here."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_playbook.crm_action_action_all"
        )
        own = (
            Domain("user_id", "=", self.user_id.id)
            & Domain("team_id", "=", self.team_id.id)
            & Domain("date_start", ">=", self.date_start)
            & Domain("date_start", "<", self.date_start + QUARTER_OF_AN_HOUR)
        )
        return action | {"domain": list(self._counted() & own)}

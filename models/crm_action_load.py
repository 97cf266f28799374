from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

QUARTER_OF_AN_HOUR = timedelta(minutes=15)
QUARTER_OF_MOMENT = SQL(
    "date_trunc('hour', moment)"
    " + date_part('minute', moment)::int / 15 * interval '15 minutes'"
)


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
    _depends = {"crm.action": ["user_id", "team_id", "date_start", "state", "mode"]}

    user_id = fields.Many2one("res.users", "Assigned To", readonly=True)
    team_id = fields.Many2one("crm.team", readonly=True)
    date_start = fields.Datetime("Date", readonly=True)
    action_count = fields.Integer("Planned Actions", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """SELECT min(id) AS id, user_id, team_id, %s AS date_start,
                      sum(action_count)::int AS action_count
                 FROM (%s) AS counted(user_id, moment, team_id, id, action_count)
             GROUP BY user_id, team_id, %s""",
            QUARTER_OF_MOMENT,
            self._by_moment(),
            QUARTER_OF_MOMENT,
        )

    def _by_moment(self):
        """The actions that one may see, counted in the order of their index."""
        actions = self.env["crm.action"]
        query = actions._search(self._counted())
        keys = [
            actions._field_to_sql(query.table, name, query)
            for name in ("user_id", "date_start", "team_id")
        ]
        query.groupby = SQL(", ").join(keys)
        own_id = actions._field_to_sql(query.table, "id", query)
        return query.select(*keys, SQL("min(%s)", own_id), SQL("count(*)"))

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

"""The forecast of three months, by company, team and person."""

from ..scene.database import check, number
from ..scene.playbooks import manager
from .clicks import Clicks


def run(env, _size):
    """The page against the same figures grouped by the ORM from the opportunities."""
    job = Forecast(env, manager(env))
    told = job.click(job.fresh_env())
    counted = told["rows"][0]["total"]["count"]
    due = number(
        env,
        """SELECT count(*) FROM crm_lead
            WHERE won_status = 'pending' AND forecast_category <> 'omitted'
              AND type = 'opportunity' AND active
              AND date_deadline BETWEEN %s AND %s""",
        told["periods"][0]["first"],
        told["periods"][-1]["last"],
    )
    check(counted == due, f"{counted:,} open opportunities instead of {due:,}")
    return job.play([f"{counted:,} open opportunities in {len(told['rows'])} rows"])


class Forecast(Clicks):
    """As a sales manager looks at everybody."""

    name = "forecast"

    def click(self, env):
        """All that the grid shows."""
        return env["crm.forecast"].get_forecast()

    def click_peer(self, env):
        """Odoo's own grouping of opportunities, of whatever is due when."""
        return env["crm.lead"].formatted_read_group(
            [("type", "=", "opportunity")],
            ["team_id", "user_id", "date_deadline:month", "forecast_category"],
            ["__count", "expected_revenue:sum", "prorated_revenue:sum"],
        )

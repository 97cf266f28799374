"""The panel of a team: two weeks of its people, hours and overdue tasks included."""

from datetime import date

from ..scene.database import check
from ..scene.playbooks import manager
from .team_load import TeamLoad

DAYS = 14


def run(env, size):
    """The whole panel against grouping Odoo's activities, which is a part of it."""
    job = TeamPanel(env, manager(env))
    panel = job.click(job.fresh_env())
    counted = sum(
        person["late"] + sum(day["count"] for day in person["days"])
        for person in panel["people"]
    )
    check(counted > size / 20, f"only {counted:,} tasks")
    return job.play([f"{counted:,} tasks of {len(panel['people'])} people"])


class TeamPanel(TeamLoad):
    """As who may see all documents looks at everybody."""

    name = "team_panel"

    def click(self, env):
        """All that the panel shows."""
        return env["crm.agenda"].get_team_load(str(date.today()), days=DAYS)

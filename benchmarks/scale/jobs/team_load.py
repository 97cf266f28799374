"""The load of a team, by person and day."""

from ..scene.database import check
from ..scene.playbooks import manager, people
from .clicks import Clicks


def run(env, size):
    """Grouping the planned actions against grouping Odoo's activities."""
    job = TeamLoad(env, manager(env))
    ours, theirs = job.click(job.fresh_env()), job.click_peer(job.fresh_env())
    counts = [
        sum(group[count] for group in groups)
        for groups, count in ((ours, "action_count:sum"), (theirs, "__count"))
    ]
    check(counts[0] == counts[1], f"{counts[0]:,} actions, {counts[1]:,} activities")
    check(len(ours) == len(theirs), f"{len(ours)} and {len(theirs)} groups")
    check(counts[0] > size / 20, f"only {counts[0]:,} tasks")
    return job.play([f"of {counts[0]:,} open tasks, in {len(ours)} groups"])


class TeamLoad(Clicks):
    """As the leader of a team looks at it, who may see all documents."""

    name = "team_load"

    def __init__(self, env, user):
        super().__init__(env, user)
        team = env["crm.team"].search([("name", "=", "Scale team 0")])
        self.members = (team.member_ids & people(env)).ids

    def click(self, env):
        """Planned actions of the team's people."""
        return env["crm.action.load"].formatted_read_group(
            [("user_id", "in", self.members)],
            ["user_id", "date_start:day"],
            ["action_count:sum"],
        )

    def click_peer(self, env):
        """Activities of the same people."""
        return env["mail.activity"].formatted_read_group(
            [("user_id", "in", self.members)],
            ["user_id", "date_deadline:day"],
            ["__count"],
        )

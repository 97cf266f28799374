"""Campaign results: campaign x salesperson."""

from ..scene.database import check
from ..scene.playbooks import manager
from .clicks import Clicks

FIGURES = (
    "opportunity_count",
    "won_count",
    "lost_count",
    "planned_action_count",
    "done_action_count",
    "failed_action_count",
    "action_cost",
    "points",
)


def run(env, _size):
    """The report against the aggregate written by hand over the raw rows."""
    job = Results(env, manager(env))
    job.compare()
    return job.play()


class Results(Clicks):
    """As a sales manager looks at them."""

    name = "results"

    def click(self, env):
        """The report, grouped by campaign and salesperson."""
        return env["crm.campaign.figure"].formatted_read_group(
            [],
            ["crm_campaign_id", "user_id"],
            [f"{name}:sum" for name in FIGURES],
        )

    def click_peer(self, env):
        """One statement over all opportunities and all actions."""
        env.cr.execute(
            """SELECT crm_campaign_id, user_id, opportunities, won, lost,
                      planned, done, failed, cost, points
                 FROM (SELECT crm_campaign_id, user_id,
                              count(*) AS opportunities,
                              count(*) FILTER (WHERE won_status = 'won') AS won,
                              count(*) FILTER (WHERE won_status = 'lost') AS lost
                         FROM crm_lead
                        WHERE crm_campaign_id IS NOT NULL
                     GROUP BY crm_campaign_id, user_id) lead
            FULL JOIN (SELECT crm_campaign_id, user_id,
                              count(*) FILTER (WHERE state = 'planned') AS planned,
                              count(*) FILTER (WHERE state = 'done') AS done,
                              count(*) FILTER (WHERE state = 'failed') AS failed,
                              sum(cost) FILTER (WHERE state = 'done') AS cost,
                              sum(points) AS points
                         FROM crm_action
                        WHERE crm_campaign_id IS NOT NULL AND corrected_by_id IS NULL
                     GROUP BY crm_campaign_id, user_id) action
                USING (crm_campaign_id, user_id)"""
        )
        return env.cr.fetchall()

    def compare(self):
        """Fail unless both say the same of every campaign and salesperson."""
        report = {
            (row["crm_campaign_id"][0], row["user_id"] and row["user_id"][0]): [
                row[f"{name}:sum"] or 0 for name in FIGURES
            ]
            for row in self.click(self.fresh_env())
        }
        for campaign, user, *figures in self.click_peer(self.fresh_env()):
            found = report.get((campaign, user or False), [0] * len(FIGURES))
            wanted = [float(figure or 0) for figure in figures]
            check(
                found == wanted, f"campaign {campaign}, user {user}: {found} {wanted}"
            )

"""The daily run that finds nobody new: everyone of the base is in the campaign."""

from ..scene.database import check, number
from ..scene.playbooks import history
from .clicks import Clicks


def run(env, size):
    """``_cron_generate`` against the bare query that finds who is not in yet."""
    job = DailyRun(env, env.user)
    before = number(env, "SELECT count(*) FROM crm_lead")
    lines = job.play()
    after = number(env, "SELECT count(*) FROM crm_lead")
    check(before == after, f"{after - before:,} of {size:,} were found to be new")
    return lines


class DailyRun(Clicks):
    """As the scheduler does it."""

    name = "daily_run"

    def __init__(self, env, user):
        super().__init__(env, user)
        self.campaign_id = history(env).id
        due = self.fresh_env()["crm.campaign"]._due_for_generation()
        check(due.ids == [self.campaign_id], f"{due.mapped('name')} are due")

    def fresh_env(self):
        """A day later."""
        self.env.cr.execute(
            "UPDATE crm_campaign SET generated_at = generated_at - interval '1 day'"
        )
        return super().fresh_env()

    def click(self, env):
        """Every campaign whose time it is."""
        env["crm.campaign"]._cron_generate()

    def click_peer(self, env):
        """Who is in the segment, and not in the campaign."""
        env.cr.execute(
            """SELECT entity.id
                 FROM res_partner entity
                WHERE entity.active
                  AND entity.industry_id IS NOT NULL
                  AND (entity.company_id IS NULL OR entity.company_id = %s)
                  AND NOT EXISTS (SELECT FROM crm_lead lead
                                   WHERE lead.crm_campaign_id = %s
                                     AND lead.partner_id = entity.id)
             ORDER BY entity.id""",
            (env.company.id, self.campaign_id),
        )
        check(not env.cr.fetchall(), "the query finds somebody new")

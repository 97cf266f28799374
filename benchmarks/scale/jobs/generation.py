"""Generation: opportunities with first task, ledger row and assignee."""

from odoo.tools import split_every

from ..scene.base import GROUPS
from ..scene.database import bytes_of_a_row, check_count, settle
from ..scene.new_rows import NewRows
from ..scene.playbooks import (
    CALL,
    E_MAIL,
    SMS,
    add_idle_rule,
    entities,
    generate,
    make_campaign,
    make_playbook,
    manager,
    people,
)
from ..stopwatch import Memory, Runner, line

BATCH = 1000
WARM_UP = 500
ROUNDS = 3
LONG = 20_000
ROUNDS_IF_LONG = 2
ROUNDS_OF_IMPORT = 1
# The assignees are told by mail as usual, but nothing is sent while the clock runs.
LIKE_AN_IMPORT = {"import_file": True, "mail_notify_force_send": False}
UNTRACKED = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "mail_auto_subscribe_no_notify": True,
}


def run(env, size):
    """Generate a tenth of the base, some times; the peers take turns with it."""
    job = Generation(env, size // GROUPS)
    job.warm_up()
    for turn in range(ROUNDS if job.count <= LONG else ROUNDS_IF_LONG):
        job.play_round(with_import=turn < ROUNDS_OF_IMPORT)
    return job.lines()


class Generation:
    """The product, the floor under it, and Odoo's own ``create`` in two ways."""

    def __init__(self, env, count):
        self.env = env
        self.count = count
        self.product, self.floor = Runner(env), Runner(env)
        self.like_an_import, self.untracked = Runner(env), Runner(env)
        self.like_an_import_env = env(user=manager(env), context=LIKE_AN_IMPORT)
        self.untracked_env = env(context=UNTRACKED)
        self.memory = Memory()
        self.remarks = []
        self.playbook = make_playbook(env, "generation", CALL, E_MAIL, SMS)
        add_idle_rule(env, self.playbook)
        self.group = env["res.partner.industry"].search([], limit=1)

    def warm_up(self):
        """Have everything loaded and learnt that the first caller waits for."""
        campaign = self.make_campaign(entities(self.env, 0, WARM_UP))
        generate(campaign)
        self.create_leads(self.like_an_import_env, campaign, WARM_UP // 5)
        self.create_leads(self.untracked_env, campaign, WARM_UP // 5)
        settle(self.env)

    def play_round(self, with_import):
        """The product and each peer once, but for the slowest of all."""
        campaign = self.make_campaign(f"[('industry_id', '=', {self.group.id})]")
        rows = NewRows(self.env)
        with self.memory.watch(), self.product.round(self.count):
            generate(campaign)
        self.check_work(campaign)
        self.remark_sizes()
        self.play_floor(rows)
        self.play_untracked(campaign)
        if with_import:
            self.play_import(campaign)
        campaign.action_close()
        self.env.cr.commit()

    def play_floor(self, rows):
        """The rows that the product has just made, inserted bare."""
        rows.set_aside(self.count)
        with self.floor.round(self.count):
            rows.insert()
        rows.check_inserted()
        rows.remove()
        rows.forget()
        self.remarks.append(f"the floor inserts {rows}")

    def play_untracked(self, campaign):
        """A batch of the best the ORM does."""
        count = min(BATCH, self.count)
        with self.untracked.round(count):
            self.create_leads(self.untracked_env, campaign, count)

    def play_import(self, campaign):
        """A batch of what an import does that keeps the history."""
        count = min(BATCH, self.count)
        with self.like_an_import.round(count):
            self.create_leads(self.like_an_import_env, campaign, count)

    def create_leads(self, env, campaign, count):
        """Make the same opportunities by ``create``, in batches of a thousand."""
        rows = self.prepare_rows(campaign, count)
        env.invalidate_all()
        for batch in split_every(BATCH, rows, list):
            env["crm.lead"].create(batch)
            env.cr.commit()
        env.invalidate_all()

    def prepare_rows(self, campaign, count):
        """What a file to import would say of each."""
        users = people(self.env).ids
        partners = self.env["res.partner"].search(
            [("industry_id", "=", self.group.id)], limit=count, order="id"
        )
        return [
            {
                "name": f"{campaign.name} · {partner.name}",
                "type": "opportunity",
                "partner_id": partner.id,
                "user_id": users[place % len(users)],
                "team_id": campaign.team_id.id,
                "company_id": campaign.company_id.id,
                "campaign_id": campaign.utm_campaign_id.id,
            }
            for place, partner in enumerate(partners)
        ]

    def make_campaign(self, domain):
        """One campaign for each round."""
        return make_campaign(self.env, "generation", self.playbook, domain)

    def check_work(self, campaign):
        """Fail unless every entity of the group has all that it should."""
        check_count(
            self.env,
            self.count,
            """SELECT count(*)
                 FROM crm_lead lead
                 JOIN crm_action task ON task.lead_id = lead.id
                 JOIN crm_transition line ON line.lead_id = lead.id
                 JOIN res_partner entity ON entity.id = lead.partner_id
                WHERE lead.crm_campaign_id = %s AND task.crm_campaign_id = %s
                  AND entity.industry_id = %s AND line.trigger = 'started'
                  AND lead.user_id IS NOT NULL AND task.user_id = lead.user_id
                  AND lead.playbook_stage_id = task.playbook_stage_id
                  AND task.state = 'planned' AND lead.won_status = 'pending'""",
            *(campaign.id, campaign.id, self.group.id),
        )

    def remark_sizes(self):
        """What the rows take on the disk."""
        bare, whole = bytes_of_a_row(self.env, "crm_action")
        self.remarks = [
            f"an action row takes {bare:,.0f} bytes, {whole:,.0f} with its indexes"
        ]

    def lines(self):
        """Three lines of the table: the same product against three peers."""
        peers = {
            "generation_import": self.like_an_import,
            "generation_untracked": self.untracked,
            "generation_floor": self.floor,
        }
        return [
            line(
                *(name, self.count, self.product, peer),
                remarks=self.remarks,
                **self.memory.peak,
            )
            for name, peer in peers.items()
        ]

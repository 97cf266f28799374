"""Due steps without a message: idle rule, move, next task, status, points, ledger."""

from odoo.tools import split_every

from ..scene.base import GROUPS
from ..scene.database import check_count, settle
from ..scene.playbooks import (
    CALL,
    IDLE_HOURS,
    VISIT,
    add_idle_rule,
    entities,
    generate,
    make_campaign,
    make_playbook,
)
from ..stopwatch import Memory, Runner, line

ROUNDS = 4
WARM_UP = 100
SAMPLE = 500
PEER_BATCH = 500


def run(env, size):
    """Let the watch find a tenth of the base idle; Odoo moves a sample meanwhile."""
    return Idle(env, size // GROUPS).play()


class Idle:
    """The watch of idle opportunities against a tracked ``write`` of the stage."""

    def __init__(self, env, count):
        self.env = env
        self.chunk = count // ROUNDS
        self.sample = min(self.chunk, SAMPLE)
        self.product, self.peer = Runner(self.env), Runner(self.env)
        self.memory = Memory()

    def play(self):
        """Both sides in turns, each with opportunities of its own."""
        leads, plain = self.prepare()
        self.run_product(leads[:WARM_UP], Runner(self.env))
        self.run_peer(plain[:WARM_UP], Runner(self.env))
        settle(self.env)
        for turn in range(ROUNDS):
            self.run_product(self.share(leads, turn, self.chunk), self.product)
            self.run_peer(self.share(plain, turn, self.sample), self.peer)
        count = self.chunk * ROUNDS
        return [line("idle", count, self.product, self.peer, **self.memory.peak)]

    def share(self, leads, turn, count):
        """The opportunities of a round."""
        begin = WARM_UP + turn * count
        return leads[begin : begin + count]

    def prepare(self):
        """Opportunities in a stage with an idle rule, and others of Odoo's own."""
        playbook = make_playbook(self.env, "idle", CALL, VISIT)
        add_idle_rule(self.env, playbook)
        domain = entities(self.env, 0, WARM_UP + self.chunk * ROUNDS)
        campaign = make_campaign(self.env, "idle", playbook, domain)
        generate(campaign)
        leads = campaign.lead_ids.sorted("id")
        plain = self.make_plain(leads[: WARM_UP + self.sample * ROUNDS])
        return leads, plain

    def make_plain(self, leads):
        """As many opportunities without a playbook, followed by their salespeople.

        As Odoo's own ``create`` has them followed, and generation too.
        """
        return (
            leads.with_context(
                mail_create_nolog=True,
                mail_notrack=True,
                mail_auto_subscribe_no_notify=True,
            )
            .create(
                [
                    {
                        "name": lead.name,
                        "type": "opportunity",
                        "partner_id": lead.partner_id.id,
                        "user_id": lead.user_id.id,
                        "team_id": lead.team_id.id,
                    }
                    for lead in leads
                ]
            )
            .with_context(mail_notrack=False)
        )

    def run_product(self, leads, runner):
        """Have these been idle since long, and let the watch find them."""
        make_idle(self.env, leads)
        with self.memory.watch(), runner.round(len(leads)):
            self.env["crm.lead"]._cron_watch_idle()
            self.env.cr.commit()
        self.check_moved(leads)

    def run_peer(self, leads, runner):
        """Write the next stage of the pipeline, which Odoo tracks."""
        stage = leads.stage_id.sorted()[-1:]
        following = self.env["crm.stage"].search([("id", "!=", stage.id)], limit=1)
        with runner.round(len(leads)):
            for batch in split_every(PEER_BATCH, leads.ids, leads.browse):
                batch.write({"stage_id": following.id})
                self.env.flush_all()
                self.env.cr.commit()
        check_count(
            self.env,
            len(leads),
            """SELECT count(DISTINCT message.res_id)
                 FROM mail_tracking_value value
                 JOIN mail_message message ON message.id = value.mail_message_id
                WHERE message.model = 'crm.lead' AND message.res_id = ANY(%s)""",
            leads.ids,
        )

    def check_moved(self, leads):
        """Fail unless each is a stage on, with task, line, status and points."""
        check_count(
            self.env,
            len(leads),
            """SELECT count(*)
                 FROM crm_lead lead
                 JOIN crm_playbook_stage stage ON stage.id = lead.playbook_stage_id
                 JOIN crm_transition line ON line.lead_id = lead.id
                 JOIN crm_action task ON task.transition_id = line.id
                 JOIN crm_action former
                   ON former.lead_id = lead.id AND former.state = 'cancelled'
                WHERE lead.id = ANY(%s) AND lead.stage_visit = 2
                  AND stage.sequence = 1 AND line.trigger = 'idle'
                  AND line.to_stage_id = stage.id AND line.points = 1
                  AND line.status_after_id = lead.commercial_status_id
                  AND task.state = 'planned' AND task.playbook_stage_id = stage.id""",
            leads.ids,
        )


def make_idle(env, leads):
    """Have these opportunities been in their stage for twice as long as they may."""
    env.flush_all()
    env.cr.execute(
        """UPDATE crm_lead
              SET stage_entered_at = stage_entered_at - %s * interval '1 hour'
            WHERE id = ANY(%s)""",
        (2 * IDLE_HOURS, leads.ids),
    )
    env.cr.commit()
    env.invalidate_all()

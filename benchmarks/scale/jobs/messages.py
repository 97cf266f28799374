"""What due e-mails and due SMS have in common: who is written to, and in which turn."""

from odoo.tools import split_every

from ..scene.database import check_count, number, settle
from ..scene.playbooks import (
    AHEAD,
    CALL,
    entities,
    generate,
    make_campaign,
    make_playbook,
)
from ..stopwatch import Memory, Runner, line

# One message for so many entities of the base.
ENTITIES_FOR_A_MESSAGE = 50
ROUNDS = 4
WARM_UP = 100
PEER_BATCH = 500


class Messages:
    """The scheduler and its peer write the same message to equally many entities.

    A channel says how the peer does it, and which rows each message leaves.
    """

    channel = None
    name = None
    messages = None

    def __init__(self, env, size):
        self.env = env
        self.chunk = size // ENTITIES_FOR_A_MESSAGE // ROUNDS
        self.product, self.peer = Runner(self.env), Runner(self.env)
        self.memory = Memory()

    def play(self):
        """Both sides in turns, the one and then the other first.

        :return: the lines of the table
        """
        waiting = self.prepare()
        self.run_product(waiting[0][:WARM_UP], Runner(self.env))
        self.run_peer(waiting[1][:WARM_UP], Runner(self.env))
        settle(self.env)
        for turn in range(ROUNDS):
            begin = WARM_UP + turn * self.chunk
            ours, theirs = (leads[begin : begin + self.chunk] for leads in waiting)
            moves = [(self.run_product, ours, self.product)]
            moves.insert(turn % 2, (self.run_peer, theirs, self.peer))
            for move, leads, runner in moves:
                move(leads, runner)
        count = self.chunk * ROUNDS
        return [line(self.name, count, self.product, self.peer, **self.memory.peak)]

    def prepare(self):
        """Opportunities whose first task is the message, not due yet.

        :return: those for the product and those for the peer
        """
        playbook = make_playbook(self.env, self.name, self.channel, CALL, delay=AHEAD)
        count = 2 * (WARM_UP + self.chunk * ROUNDS)
        campaign = make_campaign(
            self.env, self.name, playbook, entities(self.env, 0, count)
        )
        generate(campaign)
        leads = campaign.lead_ids.sorted("id")
        return leads[::2], leads[1::2]

    def run_product(self, leads, runner):
        """Let the scheduler find these due."""
        before = number(self.env, self.messages)
        make_due(self.env, leads)
        with self.memory.watch(), runner.round(len(leads)):
            self.env["crm.action"]._cron_run_due()
            self.env.cr.commit()
        self.check_messages(before + len(leads))
        self.check_done(leads)

    def run_peer(self, leads, runner):
        """Let Odoo itself write the same to these."""
        self.env.invalidate_all()
        before = number(self.env, self.messages)
        with runner.round(len(leads)):
            for batch in split_every(PEER_BATCH, leads.ids, list):
                self.send_by_peer(batch)
                self.env.cr.commit()
        self.check_messages(before + len(leads))

    def send_by_peer(self, lead_ids):
        """What Odoo does to write to these opportunities."""
        raise NotImplementedError

    def check_messages(self, expected):
        """Fail unless there are so many messages now."""
        check_count(self.env, expected, self.messages)

    def check_done(self, leads):
        """Fail unless each task is done, with its trace and its line in the ledger."""
        check_count(
            self.env,
            len(leads),
            """SELECT count(*)
                 FROM crm_action task
                 JOIN mailing_trace trace ON trace.crm_action_id = task.id
                 JOIN crm_transition line ON line.action_id = task.id
                WHERE task.lead_id = ANY(%s) AND task.state = 'done'
                  AND line.trigger = 'outcome'""",
            leads.ids,
        )


def make_due(env, leads):
    """Have the time of the tasks of these opportunities come."""
    env.flush_all()
    env.cr.execute(
        """UPDATE crm_action
              SET date_start = now() AT TIME ZONE 'UTC' - interval '1 minute'
            WHERE lead_id = ANY(%s) AND state = 'planned'""",
        (leads.ids,),
    )
    env.cr.commit()
    env.invalidate_all()

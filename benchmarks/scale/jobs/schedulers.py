"""One of the schedulers that run at once; ``at_once.py`` starts them."""

import time
from dataclasses import dataclass
from pathlib import Path

from ..scene.database import settle
from ..scene.playbooks import (
    AHEAD,
    CALL,
    E_MAIL,
    entities,
    generate,
    make_campaign,
    make_playbook,
)

WARM_UP = 100
PATIENCE = 0.002


@dataclass
class Span:
    """From when to when a scheduler was at work, by the clock of the machine."""

    begin: float
    end: float


def prepare(env, _size, rounds, count):
    """Tasks for some rounds, none of them due yet; the table says which is for which.

    Round -1 is for warming up.
    """
    playbook = make_playbook(env, "schedulers", E_MAIL, CALL, delay=AHEAD)
    domain = entities(env, 0, rounds * (count + 2 * WARM_UP))
    generate(make_campaign(env, "schedulers", playbook, domain))
    env.cr.execute(
        """CREATE TABLE scale_task AS
           SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS round
             FROM crm_action
            WHERE playbook_stage_id = %s""",
        (count, playbook.stage_ids[0].id),
    )
    env.cr.execute("UPDATE scale_task SET round = -1 WHERE round >= %s", (rounds,))
    settle(env)


def run(env, _size, signal, name):
    """Warm up, say so, wait for the signal, and do what is due.

    :param signal: a folder: ``name`` appears in it when this scheduler is ready, and
        ``go`` when it may begin
    """
    make_warm_up_due(env)
    env["crm.action"]._cron_run_due()
    env.cr.commit()
    folder = Path(signal)
    (folder / name).touch()
    while not (folder / "go").exists():
        time.sleep(PATIENCE)
    begin = time.monotonic()
    env["crm.action"]._cron_run_due()
    env.cr.commit()
    return [Span(begin, time.monotonic())]


def make_warm_up_due(env):
    """The next tasks that are there for this."""
    env.cr.execute(
        """UPDATE crm_action
              SET date_start = now() AT TIME ZONE 'UTC' - interval '1 minute'
            WHERE id IN (SELECT id
                           FROM scale_task
                           JOIN crm_action USING (id)
                          WHERE round = -1 AND state = 'planned'
                          LIMIT %s)""",
        (WARM_UP,),
    )
    env.cr.commit()

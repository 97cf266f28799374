"""Workers are killed at random points, while others go on."""

import random
import time
from collections import Counter

CRONS = ["generate", "run_due", "watch_idle"]
WORKERS = 3
LONGEST_PAUSE = 0.25
# What a transaction that has written something has written to.
WRITING = """
    SELECT DISTINCT lock.relation::regclass
      FROM pg_stat_activity backend
      JOIN pg_locks lock USING (pid)
     WHERE backend.datname = current_database()
       AND backend.application_name = 'odoo-{process}'
       AND backend.backend_xid IS NOT NULL
       AND lock.mode IN ('RowExclusiveLock', 'RowShareLock')
       AND lock.relation >= 16384
"""
OTHERS = """
    SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'odoo-%'
"""
# What tells the kinds of work apart, in the order in which it does.
KINDS = {
    "mail_mail": "e-mails",
    "sms_sms": "SMS",
    "mail_followers": "generation",
    "crm_transition": "answers",
}


class KillStorm:
    """Three workers do all there is to do; again and again one of them is killed.

    :param workers: the :class:`Workers` of a database whose scene is set
    :param seed: what the random points in time, victims and orders follow from
    :param batch: how large batches are
    """

    def __init__(self, workers, seed, batch):
        self.workers = workers
        self.database = workers.database
        self.random = random.Random(seed)
        self.batch = batch
        # What those were at that were killed: a kind of work, or idle.
        self.victims = Counter()

    def rage(self, kills):
        """Kill one after the other, each followed by a new worker."""
        crowd = [self._start() for _worker in range(WORKERS)]
        for _kill in range(kills):
            time.sleep(self.random.uniform(0, LONGEST_PAUSE))
            place = self.random.randrange(WORKERS)
            self._kill(crowd[place])
            crowd[place] = self._start()
        for worker in crowd:
            worker.kill()
        wait_until_alone(self.database)

    @property
    def hits(self):
        """How many were killed in the midst of work."""
        return self.victims.total() - self.victims["idle"]

    def _start(self):
        crons = self.random.sample(CRONS, len(CRONS))
        return self.workers.start("rounds", crons=crons, batch=self.batch)

    def _kill(self, worker):
        worker.freeze()
        self.victims[self._work_of(worker)] += 1
        worker.kill()

    def _work_of(self, worker):
        rows = self.database.rows(WRITING.format(process=worker.process))
        tables = {table for (table,) in rows}
        if not tables:
            return "idle"
        return next((kind for mark, kind in KINDS.items() if mark in tables), "locks")


def wait_until_alone(database):
    """PostgreSQL may still be at the last statement of those that were killed."""
    while database.rows(OTHERS):
        time.sleep(0.05)

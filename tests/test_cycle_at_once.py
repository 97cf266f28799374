from pathlib import Path
from uuid import uuid4

from odoo.tests import BaseCase, tagged

from .server import Database
from .storm.kills import wait_until_alone
from .storm.workers import Workers

BATCH = 100
AT_ONCE = 200
CUSTOMERS = 700
ROUNDS = {"crons": ["carry_over"], "batch": BATCH}
CARRIED = "FROM crm_lead WHERE cycle_kind = 'repurchase'"


@tagged("post_install", "-at_install")
class TestCycleAtOnce(BaseCase):
    """Workers that carry customers over, and are killed at it."""

    def setUp(self):
        super().setUp()
        self.database = Database(f"cycle_{uuid4().hex[:8]}")
        self.database.make()
        self.addCleanup(self.database.drop)
        self.database.run(Path(__file__).with_name("cycle_set_up.py"))
        self.workers = self.enterContext(Workers(self.database))
        self.assertEqual(self._count(), AT_ONCE)

    def _count(self):
        [(count,)] = self.database.rows(f"SELECT count(*) {CARRIED}")
        return int(count)

    def test_worker_that_is_killed_leaves_nothing_half_done(self):
        with self.database.locked("crm_lead"):
            worker = self.workers.start("rounds", **ROUNDS, count=1)
            self.database.wait_until_held_up("crm_lead")
            self.assertTrue(worker.kill(), "it was still at its first batch")
        wait_until_alone(self.database)
        self.assertEqual(self._count(), AT_ONCE)
        self.assertEqual(self.workers.do("rounds", **ROUNDS, count=1), [])
        self._check_each_is_carried_over_once()

    def test_two_workers_make_nothing_twice(self):
        with self.database.locked("crm_lead"):
            workers = [
                self.workers.start("rounds", **ROUNDS, count=2) for _worker in range(2)
            ]
            self.database.wait_until_held_up("crm_lead")
        self.assertEqual([worker.result() for worker in workers], [[], []])
        self._check_each_is_carried_over_once()

    def _check_each_is_carried_over_once(self):
        once = [(str(CUSTOMERS), str(CUSTOMERS))]
        query = f"SELECT count(*), count(DISTINCT partner_id) {CARRIED}"
        self.assertEqual(self.database.rows(query), once)
        done = "SELECT is_carried_over FROM crm_cycle WHERE previous_id IS NOT NULL"
        self.assertEqual(self.database.rows(done), [("t",)])

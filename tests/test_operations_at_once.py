from pathlib import Path
from uuid import uuid4

from odoo.tests import BaseCase, tagged

from .server import Database
from .storm.kills import wait_until_alone
from .storm.workers import Workers

BATCH = 100
FOUND = 700
ROUNDS = {"crons": ["run_operations"], "batch": BATCH}
STATES = "SELECT state, count(*) FROM crm_operation_target GROUP BY 1 ORDER BY 1"


@tagged("post_install", "-at_install")
class TestOperationsAtOnce(BaseCase):
    """Workers that share a run of a stored operation, and are killed at it."""

    def setUp(self):
        super().setUp()
        self.database = Database(f"operations_{uuid4().hex[:8]}")
        self.database.make()
        self.addCleanup(self.database.drop)
        self.database.run(Path(__file__).with_name("operation_set_up.py"))
        self.workers = self.enterContext(Workers(self.database))

    def test_run_whose_worker_is_killed_goes_on_and_does_each_once(self):
        with self.database.locked("crm_action"):
            worker = self.workers.start("rounds", **ROUNDS, count=1)
            self.database.wait_until_held_up("crm_action")
            self.assertTrue(worker.kill(), "it was still at its first batch")
        wait_until_alone(self.database)
        self.assertEqual(self.database.rows(STATES), [("waiting", str(FOUND))])
        self.assertEqual(self.workers.do("rounds", **ROUNDS, count=1), [])
        self._check_each_is_done_once()

    def test_two_workers_share_a_run(self):
        with self.database.locked("crm_action"):
            workers = [
                self.workers.start("rounds", **ROUNDS, count=2) for _worker in range(2)
            ]
            self.database.wait_until_held_up("crm_action")
        self.assertEqual([worker.result() for worker in workers], [[], []])
        self._check_each_is_done_once()

    def _check_each_is_done_once(self):
        self.assertEqual(self.database.rows(STATES), [("done", str(FOUND))])
        self.assertEqual(
            self.database.rows("SELECT state FROM crm_operation_run"), [("done",)]
        )
        once = [(str(FOUND), str(FOUND))]
        for table, where in (
            ("crm_transition", "trigger = 'operation'"),
            ("crm_action", "planned_by = 'operation'"),
        ):
            query = f"SELECT count(*), count(DISTINCT partner_id) FROM {table}"
            self.assertEqual(self.database.rows(f"{query} WHERE {where}"), once, table)

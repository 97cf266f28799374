import time
from pathlib import Path
from threading import Thread
from uuid import uuid4

from odoo.tests import BaseCase, tagged

from .server import Database, ServerProblem

FOLDER = Path(__file__).parent
ENTITIES = 30
STAGES = 2


@tagged("post_install", "-at_install")
class TestSchedulersAtOnce(BaseCase):
    """Several schedulers, some of them killed, do each task exactly once."""

    def setUp(self):
        super().setUp()
        self.database = Database(f"schedulers_{uuid4().hex[:8]}")
        self.database.make()
        self.addCleanup(self.database.drop)
        self.database.run(FOLDER / "schedulers_set_up.py")
        self.broken_off = []

    def test_two_schedulers_share_the_first_mails_of_a_stage(self):
        self._run_at_once(2)
        self.assertFalse(self.broken_off)
        self._finish()
        self._check_exactly_once()

    def test_killed_scheduler_leaves_nothing_done_twice_and_nothing_lost(self):
        for kill in range(2):
            scheduler = Thread(target=self._run_scheduler)
            scheduler.start()
            self._wait_for_mails(1 + 15 * kill)
            self._kill_every_connection()
            scheduler.join()
        self.assertEqual(len(self.broken_off), 2, "both were really killed")
        self._finish()
        self._check_exactly_once()

    def _run_at_once(self, count):
        schedulers = [Thread(target=self._run_scheduler) for _scheduler in range(count)]
        for scheduler in schedulers:
            scheduler.start()
        for scheduler in schedulers:
            scheduler.join()

    def _run_scheduler(self):
        """One scheduler in a process of its own."""
        try:
            self.database.run(FOLDER / "run_scheduler.py")
        except ServerProblem as problem:
            self.broken_off.append(problem)

    def _finish(self):
        self.database.run(FOLDER / "run_scheduler.py")

    def _wait_for_mails(self, count):
        deadline = time.monotonic() + 60
        while self._number("SELECT count(*) FROM mailing_trace") < count:
            self.assertLess(time.monotonic(), deadline, "the scheduler does not begin")
            time.sleep(0.02)

    def _kill_every_connection(self):
        """What PostgreSQL sees of a worker killed by ``kill -9``: it is gone."""
        self.database.disconnect()

    def _check_exactly_once(self):
        tasks = ENTITIES * STAGES
        states = self.database.rows(
            "SELECT state, count(*) FROM crm_action GROUP BY state"
        )
        self.assertEqual(states, [("done", str(tasks))])
        mails = "SELECT count(*) FROM mail_mail WHERE mailing_id IS NOT NULL"
        self.assertEqual(self._number(mails), tasks)
        self.assertEqual(self._number("SELECT count(*) FROM mailing_trace"), tasks)
        twice = (
            "SELECT crm_action_id FROM mailing_trace GROUP BY crm_action_id "
            "HAVING count(*) > 1"
        )
        self.assertEqual(self.database.rows(twice), [])
        answered = "SELECT count(*) FROM crm_transition WHERE trigger = 'outcome'"
        self.assertEqual(self._number(answered), tasks)

    def _number(self, query):
        [(number,)] = self.database.rows(query)
        return int(number)

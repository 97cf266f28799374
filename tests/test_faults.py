import time
from uuid import uuid4

from odoo.tests import BaseCase, tagged

from .server import Database
from .storm import promises
from .storm.kills import CRONS, KillStorm
from .storm.workers import Workers

KILLS, SEED = 50, 20260302
ENTITIES, BATCH = 400, 10
PATIENCE = 30


class FaultsCase(BaseCase):
    """Worker processes on a database of their own."""

    def setUp(self):
        super().setUp()
        self.database = Database(f"faults_{uuid4().hex[:8]}")
        self.database.make()
        self.addCleanup(self.database.drop)
        self.workers = self.enterContext(Workers(self.database))

    def _set_scene(self, entities=ENTITIES):
        return self.workers.prepare("set_scene", entities=entities, batch=BATCH)

    def _finish(self, *crons):
        """What is left to do, done by one worker."""
        errors = self.workers.do("rounds", crons=crons or CRONS, batch=BATCH, count=1)
        self.assertEqual(errors, [])

    def _wait_until_it_holds(self, worker):
        """Until the worker has done its work, and waits instead of committing it."""
        deadline = time.monotonic() + PATIENCE
        mark = f"locktype = 'advisory' AND objid = {worker.process}"
        while not self.database.rows(f"SELECT pid FROM pg_locks WHERE {mark}"):
            self.assertLess(time.monotonic(), deadline, self.workers.log())
            time.sleep(0.05)

    def _check_promises(self):
        self.assertEqual(promises.broken(self.database), {})


@tagged("post_install", "-at_install")
class TestKillStorm(FaultsCase):
    """Whoever is killed, whenever: nothing is lost, and nothing is done twice."""

    def test_nothing_is_lost_or_twice_after_fifty_kills(self):
        self._set_scene()
        storm = KillStorm(self.workers, seed=SEED, batch=BATCH)
        storm.rage(KILLS)
        story = f"seed {SEED}, killed at {storm.victims}"
        self.assertGreater(storm.hits, KILLS / 2, story)
        self.assertEqual(self.workers.failures(), [], story)
        self._finish()
        self.assertEqual(promises.broken(self.database), {}, story)


@tagged("post_install", "-at_install")
class TestAtOnce(FaultsCase):
    """Several that do the same at once share it."""

    def test_two_schedulers_share_the_work(self):
        self._set_scene()
        self._finish("generate")
        schedulers = [self.workers.start("run_due", batch=BATCH) for _one in range(2)]
        done = [scheduler.result() for scheduler in schedulers]
        for count in done:
            self.assertGreater(count, ENTITIES / 5, f"each has its share of {done}")
        self._finish("run_due", "watch_idle")
        self._check_promises()

    def test_people_go_on_working_for_a_campaign_that_is_being_generated(self):
        campaign = self._set_scene()["messages"]
        generation = self.workers.start("hold", "crm.campaign", "generate", [campaign])
        self._wait_until_it_holds(generation)
        [(lead, stage)] = self.database.rows(
            "SELECT min(id), max(playbook_stage_id) FROM crm_lead"
            f" WHERE crm_campaign_id = {campaign}"
        )
        person = self.workers.start(
            "call", "crm.lead", "go_to_stage", [int(lead)], int(stage)
        )
        self.assertTrue(person.result(PATIENCE))
        self.assertTrue(generation.kill(), "it was still being generated")

import time
from uuid import uuid4

from odoo.tests import BaseCase, tagged

from .server import Database
from .storm import promises
from .storm.cluster import Cluster
from .storm.kills import CRONS, KillStorm
from .storm.workers import WorkerProblem, Workers

KILLS, SEED = 50, 20260302
ENTITIES, BATCH = 400, 10
CHANGES = 60
# Before which rows work stands still when the server goes down.
HELD_UP_AT = ("crm_transition", "crm_action", "mail_mail", "sms_sms")
OF_STAYS = (
    "each stay in a stage has its one task",
    "each stay was entered once",
    "each opportunity is followed by its salesperson, once",
)
PATIENCE = 30


class FaultsCase(BaseCase):
    """Worker processes on a database of their own."""

    maxDiff = None

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

    def test_two_generations_take_up_each_entity_once(self):
        campaign = self._set_scene()["messages"]
        first = self.workers.start("hold", "crm.campaign", "generate", [campaign])
        self._wait_until_it_holds(first)
        with self.assertRaisesRegex(WorkerProblem, "is being generated at this moment"):
            self.workers.do("call", "crm.campaign", "generate", [campaign])
        self._finish("generate")
        self.assertTrue(first.kill(), "nobody waited for it")
        generate = {"crons": ["generate"], "batch": BATCH, "count": 1}
        for generation in [self.workers.start("rounds", **generate) for _one in "12"]:
            self.assertEqual(generation.result(), [])
        self._finish()
        self._check_promises()

    def test_who_starts_what_is_being_generated_begins_anew(self):
        campaign = self._set_scene()["messages"]
        [(entity,)] = self.database.rows("SELECT max(partner_id) FROM crm_lead")
        generation = self.workers.start("hold", "crm.campaign", "generate", [campaign])
        self._wait_until_it_holds(generation)
        person = self.workers.start(
            "call", "crm.campaign", "start_for", [campaign], [int(entity)]
        )
        self.database.wait_until_held_up()
        generation.let_go()
        self.assertEqual(person.result(PATIENCE), [], "the entity was taken up")
        self._finish()
        self._check_promises()

    def test_entities_are_merged_archived_and_deleted_while_they_are_taken_up(self):
        campaign = self._set_scene()["messages"]
        generation = self.workers.start("rounds", crons=["generate"], batch=BATCH)
        people = self.workers.start("tidy_up", SEED, CHANGES)
        done, kept = people.result()
        self.assertTrue(generation.kill())
        self._finish("generate")
        story = f"seed {SEED}, {done}"
        self.assertLessEqual({"merge", "archive", "delete refused"}, done.keys(), story)
        self.assertEqual(self._taken_up_too_often(campaign, kept), [], story)
        self.assertEqual(self._forgotten(campaign), [], story)
        self.assertEqual(promises.broken(self.database, *OF_STAYS), {}, story)

    def _taken_up_too_often(self, campaign, kept):
        """Entities with more opportunities than they and those merged into them had."""
        counts = self.database.rows(
            "SELECT partner_id, count(*) FROM crm_lead"
            f" WHERE crm_campaign_id = {campaign} GROUP BY 1"
        )
        return [row for row in counts if int(row[1]) > 1 + kept.get(row[0], 0)]

    def _forgotten(self, campaign):
        return self.database.rows(
            "SELECT id FROM res_partner entity WHERE ref = 'entity' AND active"
            " AND NOT EXISTS (SELECT FROM crm_lead WHERE partner_id = entity.id"
            f" AND crm_campaign_id = {campaign})"
        )

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


@tagged("post_install", "-at_install")
class TestRestart(BaseCase):
    """PostgreSQL itself goes down in the midst of work, and comes up again."""

    def test_nothing_is_lost_or_twice_when_postgresql_is_restarted(self):
        database = Database(f"restart_{uuid4().hex[:8]}")
        database.make()
        self.addCleanup(database.drop)
        cluster = self.enterContext(Cluster(database))
        workers = self.enterContext(Workers(database))
        workers.prepare("set_scene", entities=ENTITIES, batch=BATCH)
        crowd = [workers.start("rounds", crons=CRONS, batch=BATCH) for _one in "12"]
        for table in HELD_UP_AT:
            with database.locked(table):
                database.wait_until_held_up(table)
                cluster.restart()
        for worker in crowd:
            self.assertTrue(worker.kill(), "it went on after each restart")
        errors = workers.do("rounds", crons=CRONS, batch=BATCH, count=1)
        self.assertEqual(errors, [], workers.log())
        self.assertEqual(promises.broken(database), {}, workers.log())

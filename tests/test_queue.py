import os
import signal
import time
import xmlrpc.client
from contextlib import closing, contextmanager
from uuid import uuid4

import psycopg2

from odoo.tests import BaseCase, tagged

from .server import Database, OdooServer
from .storm import promises
from .storm.workers import WorkerProblem, Workers

ADMINISTRATOR = (2, "admin")
CHANNEL = "root.crm_playbook"
BATCH = 200
PATIENCE = 90
MORE_TO_DO = "RetryableJobError: There is more to do"
REFUSE = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'Refused by a test' USING ERRCODE = '{error}'; END $$;
    CREATE TRIGGER refuse BEFORE {change} FOR EACH ROW EXECUTE FUNCTION refuse()"""


@tagged("post_install", "-at_install")
class TestQueue(BaseCase):
    """With queue_job installed: its job runner, and a server with two workers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = Database(f"queue_{uuid4().hex[:8]}")
        cls.addClassCleanup(cls.database.drop)
        cls.database.make()
        cls.database.install("queue_job")
        cls.server = cls._start_server()
        cls.workers = cls.enterClassContext(Workers(cls.database))
        scene = cls.workers.prepare("set_scene", entities=20, batch=10)
        cls.campaign = scene["messages"]
        cls.connection = cls.enterClassContext(closing(cls._connect()))
        cls.connection.autocommit = True

    @classmethod
    def _start_server(cls):
        server = cls.enterClassContext(
            OdooServer(
                cls.database,
                *("--load", "base,web,queue_job", "--workers", "2"),
                ODOO_QUEUE_JOB_CHANNELS=f"root:2,{CHANNEL}:2",
            )
        )
        # Told twice, it does not wait for its workers.
        cls.addClassCleanup(server.process.terminate)
        return server

    @classmethod
    def _connect(cls):
        return psycopg2.connect(dbname=cls.database.name)

    def setUp(self):
        super().setUp()
        self.latest = 0
        self._run_crons("generate", "run_due", "watch_idle")
        [(self.latest,)] = self._sql("SELECT max(id) FROM queue_job")

    # === EXACTLY ONCE === #

    def test_each_cron_hands_its_work_out(self):
        self.latest = 0
        self.assertLessEqual(
            {
                ("Playbook: generate Test messages", CHANNEL, "done"),
                ("Playbook: do due tasks", CHANNEL, "done"),
                ("Playbook: watch idle opportunities", CHANNEL, "done"),
            },
            set(self._jobs("name, channel, state")),
        )
        self._check_promises()

    def test_jobs_share_due_tasks_and_the_next_round_makes_no_more_of_them(self):
        self._make_due(2 * BATCH + 1)
        with self._nobody_can_send():
            self._run_cron("run_due")
            self._wait_for_jobs(2, "state = 'started'")
            self._run_cron("run_due")
            self.assertEqual(self._count_jobs("state = 'started'"), 2)
            self.assertEqual(self._count_jobs(), 3, "one a batch")
        self._wait_until_finished()
        self._check_promises()
        self.assertEqual(self._count_jobs("state = 'done'"), 3)
        self.assertGreaterEqual(self._count_jobs("result <> '0 tasks'"), 2)

    def test_job_of_a_killed_worker_is_started_again(self):
        tasks = self._make_due(3)
        with self._nobody_can_send():
            self._run_cron("run_due")
            self._wait_for_jobs(1, "state = 'started'")
            self.database.wait_until_held_up("mail_mail")
            [(process,)] = self._jobs("worker_pid")
            os.kill(process, signal.SIGKILL)
        self._wait_until_finished()
        self._check_promises()
        self.assertEqual(self._jobs("state, retry"), [("done", 2)])
        self.assertEqual(self._states(tasks), {"done": 3})

    def test_jobs_are_not_more_than_help(self):
        self._make_due(40)
        self._run_cron("run_due", batch=1)
        self.assertEqual(self._count_jobs(), 32)

    def test_skipped_messages_go_on_in_a_job(self):
        tasks = self._make_due(2)
        self._skip(tasks)
        self._run_crons("answer_skipped", "answer_skipped")
        self.assertEqual(
            self._jobs("name, state"),
            [("Playbook: go on after skipped messages", "done")],
        )
        self.assertEqual(self._count_skipped(), 0)

    def test_skipped_message_that_somebody_has_is_tried_again(self):
        tasks = self._make_due(2)
        self._skip(tasks)
        with self._somebody_has(f"crm_action WHERE {tasks} LIMIT 1"):
            self._run_cron("answer_skipped")
            self._wait_for_jobs(1, "state = 'pending' AND retry = 1")
            self.assertEqual(self._count_skipped(), 1)
        self._do_at_once()
        self.assertEqual(self._count_skipped(), 0)

    def test_run_of_a_stored_operation_goes_on_in_a_job(self):
        names = [{"name": f"Of an operation {number}"} for number in range(301)]
        entities = self._as_manager("res.partner", "create", names)
        operation = {
            "name": "Large",
            "domain": str([("id", "in", entities)]),
            "description": "More than are done at once",
            "add_to_segment_id": self._as_manager(
                "crm.segment", "create", {"name": "List", "is_static": True}
            ),
        }
        operation = self._as_manager("crm.operation", "create", operation)
        run = self._as_manager("crm.operation", "run", [operation])
        self._run_crons("run_operations")
        self.assertEqual(
            self._jobs("name, channel, state"),
            [("Playbook: run operation Large", CHANNEL, "done")],
        )
        told = self._as_manager(
            "crm.operation.run", "read", [run], ["state", "done_count"]
        )
        self.assertEqual(
            [(one["state"], one["done_count"]) for one in told], [("done", 301)]
        )

    # === WHAT GOES WRONG === #

    def test_failed_batch_is_a_job_that_a_person_starts_again(self):
        tasks = self._make_due(3)
        with self._refused("UPDATE OF state ON crm_action", "raise_exception"):
            self._run_crons("run_due")
        [(job, state, error)] = self._jobs("id, state, exc_message")
        self.assertEqual(state, "failed")
        self.assertIn("Refused by a test", error)
        self.assertEqual(self._states(tasks), {"planned": 3})
        self.assertIn(ADMINISTRATOR[0], self._users_told_of(job))
        self._as_administrator("queue.job", "requeue", [job])
        self._wait_until_finished()
        self.assertEqual(self._states(tasks), {"done": 3})

    def test_batch_that_somebody_is_in_the_way_of_is_tried_again(self):
        tasks = self._make_due(3)
        with self._refused("UPDATE OF state ON crm_action", "serialization_failure"):
            self._run_cron("run_due")
            self._wait_for_jobs(1, "state = 'pending' AND retry = 1")
        [(result,)] = self._jobs("result")
        self.assertIn("Somebody else works on the same", result)
        self.assertEqual(self._states(tasks), {"planned": 3})
        self._do_at_once()
        self.assertEqual(self._states(tasks), {"done": 3})
        self.assertEqual(self._jobs("state"), [("done",)])

    def test_generation_that_fails_is_told_to_all_concerned(self):
        self._want_generation()
        with self._refused("UPDATE ON crm_campaign", "raise_exception"):
            self._run_crons("generate")
        self.assertEqual(self._jobs("state"), [("failed",)])
        told = self._sql(
            "SELECT id FROM mail_message WHERE body LIKE '%Refused by a test%'"
            f" AND model = 'crm.campaign' AND res_id = {self.campaign}"
        )
        self.assertEqual(len(told), 1)

    def test_campaign_that_somebody_has_is_generated_later(self):
        self._want_generation()
        with self._somebody_has(f"crm_campaign WHERE id = {self.campaign}"):
            self._run_cron("generate")
            self._wait_for_jobs(1, "state = 'pending' AND retry = 1")
        self._do_at_once()
        self.assertEqual(self._jobs("state"), [("done",)])
        self.assertTrue(self._is_generated())

    def test_campaign_paused_while_its_job_waits_is_not_generated(self):
        self._want_generation()
        self._as_manager("crm.campaign", "action_pause", [self.campaign])
        self._take_turn("crm.campaign", "_job_generate", ids=[self.campaign])
        self._as_manager("crm.campaign", "action_resume", [self.campaign])
        self.assertFalse(self._is_generated())

    def test_job_stops_when_its_turn_is_over_and_goes_on_in_another(self):
        tasks = self._make_due(3)
        with self.assertRaisesRegex(WorkerProblem, MORE_TO_DO):
            self._take_turn("crm.action", "_job_run_due", seconds=0, batch=2)
        self.assertEqual(self._states(tasks), {"done": 2, "planned": 1})

    # === THE CHANNEL === #

    def test_channel_that_is_there_is_taken(self):
        before = self._functions()
        self._forget("queue_job_channel", "queue_job_function_job_watch_idle")
        self._run_crons("watch_idle")
        self.assertEqual(self._functions(), before)

    def test_two_hosts_may_make_the_channel_at_once(self):
        [channel] = self._forget("queue_job_channel")
        functions = self._sql(
            "SELECT id FROM queue_job_function WHERE method = '_job_watch_idle'"
        )
        self._as_administrator("queue.job.function", "unlink", *functions)
        with closing(self._connect()) as other_host, other_host.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ir_model_data (module, name, model, res_id, noupdate)"
                " VALUES (%s, %s, %s, %s, true)",
                channel,
            )
            cron = self.workers.start(
                "rounds", crons=["watch_idle"], batch=BATCH, count=1
            )
            self.database.wait_until_held_up()
            other_host.commit()
        self.assertEqual(cron.result(), [])
        self._wait_until_finished()
        self.assertEqual(self._jobs("channel, state"), [(CHANNEL, "done")])

    # === HELPERS === #

    def _make_due(self, count):
        """Opportunities whose first e-mail is due.

        :return: what tells these tasks from others, in SQL
        """
        entities = [
            {
                "name": f"Newcomer {number}",
                "email": f"newcomer{number}@test.example",
                "phone": f"+34 7{number:08}",
            }
            for number in range(count)
        ]
        partners = self._as_manager("res.partner", "create", entities)
        leads = self._as_manager("crm.campaign", "start_for", [self.campaign], partners)
        return f"lead_id >= {min(leads)} AND stage_visit = 1"

    def _as_manager(self, model, method, *arguments):
        return self.workers.do("call", model, method, *arguments)

    def _as_administrator(self, model, method, *arguments):
        objects = xmlrpc.client.ServerProxy(f"{self.server.url}/xmlrpc/2/object")
        login = (self.database.name, *ADMINISTRATOR)
        objects.execute_kw(*login, model, method, arguments)

    def _run_crons(self, *names):
        """Run scheduled actions, and wait for the jobs of each."""
        for name in names:
            self._run_cron(name)
            self._wait_until_finished()

    def _run_cron(self, name, batch=BATCH):
        """Run a scheduled action as a cron process of another host does."""
        errors = self.workers.do("rounds", crons=[name], batch=batch, count=1)
        self.assertEqual(errors, [])

    def _take_turn(self, model, method, seconds=60, batch=BATCH, **options):
        """Do in a process of its own what a job does."""
        options |= {"seconds": seconds, "batch": batch}
        self.workers.do("take_turn", model, method, **options)

    @contextmanager
    def _nobody_can_send(self):
        """Whoever is about to write an e-mail waits until the end of the block."""
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute("LOCK TABLE mail_mail IN SHARE MODE")
            yield

    @contextmanager
    def _refused(self, change, error):
        """PostgreSQL refuses to do something until the end of the block."""
        self._sql(REFUSE.format(change=change, error=error))
        try:
            yield
        finally:
            self._sql("DROP FUNCTION refuse CASCADE")

    @contextmanager
    def _somebody_has(self, rows):
        """Somebody else is at some rows until the end of the block."""
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT FROM {rows} FOR NO KEY UPDATE")
            yield

    def _want_generation(self):
        """Have the campaign, and no other, look again who is missing."""
        self._sql(f"UPDATE crm_campaign SET is_generated = id <> {self.campaign}")

    def _is_generated(self):
        [(is_generated,)] = self._sql(
            f"SELECT is_generated FROM crm_campaign WHERE id = {self.campaign}"
        )
        return is_generated

    def _skip(self, tasks):
        """Skip messages, as is done by thousands after a pause."""
        self._sql(
            "UPDATE crm_action SET state = 'cancelled', skip_pending_since = now()"
            f" WHERE {tasks}"
        )

    def _count_skipped(self):
        """Of how many skipped messages the opportunities have not gone on."""
        [(count,)] = self._sql("SELECT count(skip_pending_since) FROM crm_action")
        return count

    def _do_at_once(self):
        """Do the jobs that wait for their time."""
        self._sql("UPDATE queue_job SET eta = NULL")
        self._wait_until_finished()

    def _wait_until_finished(self):
        self._wait_for_jobs(0, "state NOT IN ('done', 'failed')")

    def _wait_for_jobs(self, count, condition):
        """Until so many jobs are so."""
        self._wait(lambda: self._count_jobs(condition) == count)

    def _wait(self, is_so):
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            self.assertLess(time.monotonic(), deadline, self.server.log_lines()[-40:])
            time.sleep(0.1)
            # The runner looks for dead jobs when there is news, or once a minute.
            self._sql("NOTIFY queue_job, 'news'")

    def _check_promises(self):
        self.assertEqual(promises.broken(self.database), {})

    def _jobs(self, columns, condition="true"):
        """What is known of the jobs that this test had made."""
        return self._sql(
            f"SELECT {columns} FROM queue_job WHERE id > {self.latest} AND {condition}"
        )

    def _count_jobs(self, condition="true"):
        [(count,)] = self._jobs("count(*)", condition)
        return count

    def _states(self, tasks):
        """How many tasks are in each state."""
        return dict(
            self._sql(
                f"SELECT state, count(*) FROM crm_action WHERE {tasks} GROUP BY state"
            )
        )

    def _forget(self, *names):
        """Have Odoo forget that the add-on made records of queue_job.

        :return: what it knew of them
        """
        known = self._sql(
            "SELECT id, module, name, model, res_id FROM ir_model_data"
            " WHERE module = 'crm_playbook' AND name = ANY(%s)",
            list(names),
        )
        self._as_administrator("ir.model.data", "unlink", [row[0] for row in known])
        return [row[1:] for row in known]

    def _functions(self):
        """What queue_job knows of, with the channel of each."""
        return self._sql("SELECT id, name, channel FROM queue_job_function ORDER BY id")

    def _users_told_of(self, job):
        """Who has been told that a job failed."""
        told = self._sql(
            "SELECT users.id FROM mail_notification notification"
            " JOIN mail_message message ON message.id = notification.mail_message_id"
            " JOIN res_users users ON users.partner_id = notification.res_partner_id"
            f" WHERE message.model = 'queue.job' AND message.res_id = {job}"
        )
        return [user for (user,) in told]

    def _sql(self, statement, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

import importlib.util
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from odoo.tests import BaseCase, tagged

from .server import Database, OdooServer

EXAMPLES = Path(__file__).resolve().parents[1] / "docs" / "examples"
PROTOCOLS = {"xmlrpc": "password", "json2": "key"}
READABLE = (
    *("crm.playbook", "crm.playbook.stage", "crm.playbook.rule", "crm.action.type"),
    *("crm.segment", "crm.campaign", "crm.lead", "crm.action", "crm.transition"),
    *("crm.entity.kind", "crm.operation", "crm.operation.run"),
)
HISTORY = (
    *("entity_kind_id", "entity_properties", "missing_fields", "is_incomplete"),
    *("commercial_status_id", "commercial_status_date", "days_with_status"),
    *("ordered_amount", "ordered_count", "buyer_rank", "bought_product_ids"),
    *("first_order_date", "last_order_date", "days_since_last_order"),
    *("bought_category_ids", "overdue_amount", "overdue_days"),
    *("returned_payment_count", "done_action_count", "last_action_id"),
    *("last_action_ids", "done_action_type_ids", "had_outcome_ids"),
    *("passed_campaign_ids", "satisfaction_score", "source_id", "crm_segment_ids"),
)


@tagged("post_install", "-at_install")
class TestContractRpc(BaseCase):
    """Integrators at work: a real server, real users, nothing but public methods."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = Database(f"crm_playbook_tests_rpc_{os.getpid()}")
        cls.addClassCleanup(cls.database.drop)
        cls.database.make()
        set_up = Path(__file__).with_name("rpc_set_up.py")
        cls.account = json.loads(cls.database.run(set_up))
        cls.server = cls.enterClassContext(OdooServer(cls.database))
        cls.connection = _load("odoo_connection")
        cls.connections = {}
        cls.examples = {}

    # === THE MAIN JOB === #

    def test_main_job_is_done_from_outside(self):
        for protocol in PROTOCOLS:
            with self.subTest(protocol=protocol):
                self._check_main_job(self._do_the_main_job(protocol))

    def _do_the_main_job(self, protocol):
        return json.loads(
            subprocess.run(
                [
                    *(sys.executable, EXAMPLES / "main_job.py"),
                    *("--protocol", protocol, "--url", self.server.url),
                    *("--database", self.database.name, "--label", protocol),
                    *("--manager", "rpc_manager", "--salesperson", "rpc_salesperson"),
                    *("--product", self.account["product"]),
                ],
                env={
                    **os.environ,
                    "MANAGER_SECRET": self._secret(protocol, "rpc_manager"),
                    "SALESPERSON_SECRET": self._secret(protocol, "rpc_salesperson"),
                },
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout
        )

    def _check_main_job(self, job):
        self.assertEqual(job["generated"], 1)
        self.assertEqual(
            job["figures"],
            {
                "id": job["campaign"],
                "opportunity_count": 5,
                "won_count": 1,
                "cost": 135.0,  # 100 fixed, two calls at 2.50, a visit at 30
                "revenue": 1000.0,
                "roi": round((1000 - 135) / 135, 4),
            },
        )
        self.assertEqual(
            job["ledger"], ["started", "outcome", "outcome", "order_confirmed"]
        )
        self.assertEqual(
            self._states("crm_lead", "won_status", job, "sold", "lost"), ["won", "lost"]
        )
        self.assertEqual(
            self._states(
                "crm_action",
                "state",
                job,
                *("visit", "registered", "postponed", "handed_over", "dropped"),
                *("information", "starter"),
            ),
            ["done", "done", "planned", "planned", "cancelled", "done", "done"],
        )
        self.assertEqual(
            self._states("crm_action", "user_id", job, "postponed", "handed_over"),
            [str(self._id("rpc_salesperson")), str(self._id("rpc_manager"))],
        )
        self.assertEqual(self._states("sale_order", "state", job, "order"), ["sale"])
        self.assertEqual(self._leads_started_by(job["starter"]), [str(job["summer"])])

    def _states(self, table, column, job, *names):
        """A column of the records that the script named, as the database has it."""
        return [
            self._value(f"SELECT {column} FROM {table} WHERE id = {job[name]}")
            for name in names
        ]

    def _leads_started_by(self, action):
        """The campaigns of the opportunities that an action started."""
        query = (
            f"SELECT crm_campaign_id FROM crm_lead WHERE origin_action_id = {action}"
        )
        return [campaign for (campaign,) in self.database.rows(query)]

    def test_ordinary_opportunity_follows_a_playbook_from_outside(self):
        lead, stage = self._start_playbook()
        manager = self._connect("json2", "rpc_manager")
        manager.call("crm.lead", "go_to_stage", ids=[lead], stage_id=stage)
        self.assertEqual(
            self.database.rows(
                f"SELECT state, stage_visit FROM crm_action WHERE lead_id = {lead}"
                " ORDER BY id"
            ),
            [("cancelled", "1"), ("planned", "2")],
        )

    def test_operation_is_previewed_and_run_from_outside(self):
        status = self._create("crm.commercial.status", name="By operation")
        for protocol in PROTOCOLS:
            with self.subTest(protocol=protocol):
                call = self._connect(protocol, "rpc_manager").call
                name = f"Found by {protocol}"
                entity = self._create("res.partner", name=name)
                (operation,) = self._create_operation(call, name, status)
                told = call("crm.operation", "preview", ids=[operation])
                self.assertEqual((told["found"], told["done"]), (1, 1))
                self.assertEqual(told["examples"][0]["id"], entity)
                run = call("crm.operation", "run", ids=[operation])
                fields = ["state", "found_count", "done_count", "failed_count"]
                (told,) = call("crm.operation.run", "read", ids=[run], fields=fields)
                self.assertEqual([told[name] for name in fields], ["done", 1, 1, 0])
                given = (
                    f"SELECT commercial_status_id FROM res_partner WHERE id={entity}"
                )
                self.assertEqual(self._value(given), str(status))

    def _create_operation(self, call, name, status):
        values = {
            "name": name,
            "domain": f"[('name', '=', '{name}')]",
            "commercial_status_id": status,
        }
        return call("crm.operation", "create", vals_list=[values])

    def test_salesperson_does_not_run_an_operation(self):
        status = self._create("crm.commercial.status", name="Not by salespeople")
        call = self._connect("json2", "rpc_manager").call
        (operation,) = self._create_operation(call, "Nobody", status)
        for method in ("preview", "run"):
            self._assert_refused(
                "access",
                *("rpc_salesperson", "crm.operation", method),
                ids=[operation],
            )

    def test_records_are_read_whole_from_outside(self):
        """XML-RPC has no word for nothing: no field may hold it."""
        self._start_playbook()
        self._create_campaign()
        for model in READABLE:
            for protocol in PROTOCOLS:
                with self.subTest(protocol=protocol, model=model):
                    call = self._connect(protocol, "rpc_manager").call
                    self.assertTrue(call(model, "search_read", domain=[], limit=5))

    def test_history_is_read_and_a_segment_frozen_from_outside(self):
        for protocol in PROTOCOLS:
            with self.subTest(protocol=protocol):
                call = self._connect(protocol, "rpc_manager").call
                partners = call(
                    "res.partner", "search_read", domain=[], fields=HISTORY, limit=5
                )
                self.assertEqual(set(partners[0]), {"id", *HISTORY})
                domain = str([("id", "in", [partner["id"] for partner in partners])])
                (segment,) = call(
                    "crm.segment",
                    "create",
                    vals_list=[{"name": f"Five by {protocol}", "domain": domain}],
                )
                (copy,) = call(
                    "crm.segment",
                    "read",
                    ids=[call("crm.segment", "freeze", ids=[segment])],
                    fields=["partner_count", "is_static"],
                )
                self.assertEqual((copy["partner_count"], copy["is_static"]), (5, True))

    def test_action_is_planned_at_an_hour_and_freed_from_outside(self):
        for protocol in PROTOCOLS:
            with self.subTest(protocol=protocol):
                call = self._connect(protocol, "rpc_salesperson").call
                action = self._plan("rpc_salesperson")
                hour = "2030-01-02 10:00:00"
                call("crm.action", "plan", ids=[action], date=hour, hours=2)
                self.assertEqual(
                    self._dates(action), ("planned", hour, "2030-01-02 12:00:00")
                )
                call("crm.action", "free", ids=[action], date="2030-01-03 00:00:00")
                self.assertEqual(
                    self._dates(action), ("free", "2030-01-03 00:00:00", "")
                )

    def test_agenda_is_read_from_outside(self):
        span = {"start": "2030-02-02 00:00:00", "end": "2030-02-03 00:00:00"}
        for protocol in PROTOCOLS:
            with self.subTest(protocol=protocol):
                call = self._connect(protocol, "rpc_salesperson").call
                action = self._plan("rpc_salesperson")
                hour = "2030-02-02 10:00:00"
                call("crm.action", "plan", ids=[action], date=hour)
                agenda = call("crm.agenda", "get_agenda", **span)
                self.assertIn(action, [task["id"] for task in agenda["planned"]])

    def test_task_is_handed_over_and_counted_from_outside(self):
        other = self._id("rpc_colleague")
        for protocol in PROTOCOLS:
            with self.subTest(protocol=protocol):
                call = self._connect(protocol, "rpc_manager").call
                action = self._plan("rpc_salesperson")
                handed = {"user_id": other, "day": "2030-03-04"}
                call("crm.action", "hand_over", ids=[action], **handed)
                load = call("crm.agenda", "get_team_load", first_day="2030-03-04")
                (row,) = (one for one in load["people"] if one["id"] == other)
                self.assertGreaterEqual(row["days"][0]["count"], 1)
                tasks = call("crm.agenda", "get_team_tasks", **handed)["tasks"]
                self.assertIn(action, [task["id"] for task in tasks])

    def test_salesperson_does_not_see_the_load_of_others(self):
        self._assert_refused(
            "access",
            *("rpc_salesperson", "crm.agenda", "get_team_load"),
            first_day="2030-03-04",
        )

    def test_agenda_of_a_colleague_is_refused(self):
        self._assert_refused(
            "access",
            *("rpc_salesperson", "crm.agenda", "get_agenda"),
            start="2030-02-02 00:00:00",
            end="2030-02-03 00:00:00",
            filters={"user_id": self._id("rpc_colleague")},
        )

    # === WHAT IS REFUSED === #

    def test_register_refuses_an_unknown_field(self):
        self._assert_register_refused("user", colour="blue")

    def test_register_refuses_what_is_still_to_come(self):
        tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
        self._assert_register_refused("user", done_at=f"{tomorrow:%Y-%m-%d %H:%M:%S}")

    def test_register_refuses_the_outcome_of_another_type(self):
        other = self._create("crm.outcome", name="Of no type")
        self._assert_register_refused("user", outcome_id=other)

    def test_register_refuses_the_entity_of_another_company(self):
        self._assert_register_refused(
            "access", partner_id=self.account["foreign_partner"]
        )

    def test_register_refuses_an_entity_that_is_not_there(self):
        self._assert_register_refused("user", partner_id=2**31 - 1)

    def test_state_is_not_written_from_outside(self):
        action = self._plan("rpc_salesperson")
        for login in ("rpc_salesperson", "rpc_manager"):
            self._assert_refused(
                "user",
                *(login, "crm.action", "write"),
                ids=[action],
                vals={"state": "done"},
            )
        self.assertEqual(self._state(action), "planned")

    def test_forged_context_opens_no_door(self):
        action = self._plan("rpc_salesperson")
        self._assert_refused(
            "user",
            *("rpc_manager", "crm.action", "write"),
            ids=[action],
            vals={"state": "done"},
            context={"crm_playbook_engine": True},
        )
        self.assertEqual(self._state(action), "planned")

    def test_private_methods_are_out_of_reach(self):
        action = self._plan("rpc_salesperson")
        self._assert_refused(
            "access",
            *("rpc_manager", "crm.action", "_move_to"),
            ids=[action],
            state="cancelled",
        )
        self.assertEqual(self._state(action), "planned")

    def test_salesperson_does_not_launch_a_campaign(self):
        campaign = self._create_campaign()
        self._assert_refused(
            "access",
            *("rpc_salesperson", "crm.campaign", "action_launch"),
            ids=[campaign],
        )
        state = self._value(f"SELECT state FROM crm_campaign WHERE id = {campaign}")
        self.assertEqual(state, "draft")

    def test_salesperson_does_not_do_the_action_of_a_colleague(self):
        action = self._plan("rpc_colleague")
        self._assert_refused(
            "access",
            *("rpc_salesperson", "crm.action", "done"),
            ids=[action],
            outcome_id=self._example()["outcome_id"],
        )
        self.assertEqual(self._state(action), "planned")

    def test_salesperson_does_not_see_the_money(self):
        self._assert_refused(
            "access",
            *("rpc_salesperson", "crm.campaign", "search_read"),
            domain=[],
            fields=["revenue"],
        )

    # === HELPERS === #

    def _assert_register_refused(self, kind, **values):
        before = self._value("SELECT count(*) FROM crm_action")
        self._assert_refused(
            kind,
            *("rpc_salesperson", "crm.action", "register"),
            vals={**self._example(), **values},
        )
        self.assertEqual(self._value("SELECT count(*) FROM crm_action"), before)

    def _assert_refused(self, kind, login, model, method, **named):
        """Both protocols refuse a call, for the same kind of reason, in words."""
        for protocol in PROTOCOLS:
            connection = self._connect(protocol, login)
            with self.subTest(protocol=protocol, method=method):
                with self.assertRaises(self.connection.Refused) as refusal:
                    connection.call(model, method, **named)
                self.assertEqual(refusal.exception.kind, kind)
                self.assertTrue(refusal.exception.reason)

    def _example(self):
        """Values that ``register`` accepts."""
        outcome = self._create_once("crm.outcome", name="Example")
        return {
            "partner_id": self._create_once("res.partner", name="Example"),
            "action_type_id": self._create_once(
                "crm.action.type", name="Example", outcome_ids=[[6, 0, [outcome]]]
            ),
            "outcome_id": outcome,
        }

    def _playbook(self):
        stage = {"name": "Example", "task_type_id": self._example()["action_type_id"]}
        rule = {"outcome_id": self._example()["outcome_id"], "move": "won"}
        return self._create_once(
            "crm.playbook",
            name="Example",
            stage_ids=[[0, 0, stage]],
            rule_ids=[[0, 0, rule]],
        )

    def _create_campaign(self):
        segment = self._create_once("crm.segment", name="Example", domain="[]")
        return self._create(
            "crm.campaign",
            name="Example",
            playbook_id=self._playbook(),
            segment_id=segment,
        )

    def _start_playbook(self):
        """An opportunity in the one stage of the playbook, and that stage."""
        manager = self._connect("json2", "rpc_manager")
        playbook = self._playbook()
        lead = self._create(
            "crm.lead", name="Example", partner_id=self._example()["partner_id"]
        )
        manager.call("crm.lead", "start_playbook", ids=[lead], playbook_id=playbook)
        (stage,) = manager.call(
            "crm.playbook.stage", "search", domain=[["playbook_id", "=", playbook]]
        )
        return lead, stage

    def _plan(self, login):
        """A planned action of that user."""
        example = self._example()
        del example["outcome_id"]
        return self._create("crm.action", user_id=self._id(login), **example)

    def _create_once(self, model, **values):
        if model not in self.examples:
            self.examples[model] = self._create(model, **values)
        return self.examples[model]

    def _create(self, model, **values):
        manager = self._connect("json2", "rpc_manager")
        return manager.call(model, "create", vals_list=[values])[0]

    def _connect(self, protocol, login):
        if (protocol, login) not in self.connections:
            self.connections[protocol, login] = self.connection.connect(
                *(protocol, self.server.url, self.database.name, login),
                self._secret(protocol, login),
            )
        return self.connections[protocol, login]

    def _secret(self, protocol, login):
        return self.account[login][PROTOCOLS[protocol]]

    def _id(self, login):
        return self.account[login]["id"]

    def _dates(self, action):
        (dates,) = self.database.rows(
            f"SELECT mode, date_start, date_end FROM crm_action WHERE id = {action}"
        )
        return dates

    def _state(self, action):
        return self._value(f"SELECT state FROM crm_action WHERE id = {action}")

    def _value(self, query):
        return self.database.rows(query)[0][0]


def _load(name):
    """Import an example by its path: examples are no part of the add-on."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

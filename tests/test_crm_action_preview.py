from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.mail.models.mail_thread import MailThread

from ..models.crm_action_preview import MOST
from .common import MONDAY, PlaybookCase
from .test_engine_properties import rule_sketches, stories

NINE = "9:00\N{NARROW NO-BREAK SPACE}AM"


@tagged("post_install", "-at_install")
class TestCrmActionPreview(PlaybookCase):
    """What would follow is told by the engine itself, which then undoes it."""

    # === EACH EFFECT === #

    def test_task_is_told_with_day_hour_and_person(self):
        self._create_rule(
            self.interested,
            task_type_id=self.visit.id,
            task_mode="planned",
            task_delay_days=2,
        )
        with self._at(MONDAY):
            self.assertEqual(
                self._preview(self.interested),
                {"task": [f"Plans Test visit on Wed, Mar 4 at {NINE} for {self._me}"]},
            )

    def test_hours_are_those_of_who_looks(self):
        self._create_rule(
            self.interested,
            task_type_id=self.visit.id,
            task_mode="planned",
            assignee="fixed_user",
            assignee_user_id=self.other_seller.id,
        )
        self.seller.tz = "Asia/Tokyo"
        with self._at(MONDAY):
            (task,) = self._preview(self.interested)["task"]
        # Planned at nine in London, which is six in the evening in Tokyo.
        self.assertIn(f"today at {NINE.replace('9', '6').replace('AM', 'PM')}", task)

    def test_free_task_has_a_day(self):
        self._create_rule(self.interested, task_type_id=self.call.id, assignee="team")
        with self._at(MONDAY):
            self.assertEqual(
                self._preview(self.interested),
                {"task": ["Plans Test call today for everyone of the team"]},
            )

    def test_status_and_points(self):
        self._create_rule(
            self.interested, commercial_status_id=self.status.id, points=3
        )
        self.assertEqual(
            self._preview(self.interested),
            {
                "status": ["Status becomes Test planned"],
                "points": [f"Points for {self._me}: 3"],
            },
        )

    def test_stage_with_its_task_and_what_it_cancels(self):
        self._create_rule(self.interested, move="next")
        lead = self._start()
        with self._at(MONDAY):
            self.env["crm.action"].with_user(self.seller).create(
                {"lead_id": lead.id, "action_type_id": self.visit.id}
            )
        call = self._planned(lead).filtered(
            lambda action: action.action_type_id == self.call
        )
        told = self._by_kind(call.with_user(self.seller).preview(self.interested.id))
        self.assertEqual(told["stage"], ["Moves to stage Second"])
        self.assertIn("Test call", told["task"][0])
        self.assertIn("Test visit", told["cancelled"][0])

    def test_won_and_lost(self):
        reason = self.env["crm.lost.reason"].create({"name": "Too dear"})
        self._create_rule(self.interested, move="won")
        self._create_rule(self.declined, move="lost", lost_reason_id=reason.id)
        self.assertEqual(
            self._preview(self.interested), {"won": ["Wins the opportunity"]}
        )
        self.assertEqual(
            self._preview(self.declined), {"lost": ["Loses the opportunity: Too dear"]}
        )

    def test_campaign_that_is_started(self):
        campaign = self._create_campaign(self.env["res.partner"], name="Next")
        campaign.action_launch()
        self._create_rule(self.interested, spawn_campaign_id=campaign.id)
        told = self._preview(self.interested)
        self.assertEqual(told["campaign"], ["Starts campaign Next"])
        self.assertIn("Test call", told["task"][0])

    def test_what_does_not_come_about_is_said_too(self):
        self._create_rule(
            self.interested,
            move="next",
            points=1,
            spawn_campaign_id=self._create_campaign(self.partner, name="Idle").id,
        )
        lead = self._start()
        lead.go_to_stage(self.third.id)
        told = self._by_kind(
            self._planned(lead).with_user(self.seller).preview(self.interested.id)
        )
        self.assertEqual(
            told["remark"],
            [
                "There is no next stage: it stays.",
                "Campaign Idle does not run: nothing was started.",
            ],
        )

    def test_without_rule_nothing_follows(self):
        self.assertEqual(
            self._preview(self.no_answer),
            {"nothing": ["No rule answers: nothing else follows"]},
        )

    # === OTHER WAYS TO RECORD === #

    def test_what_was_not_planned(self):
        self._create_rule(
            self.interested, playbook_id=False, commercial_status_id=self.status.id
        )
        values = {
            "partner_id": self.partner.id,
            "action_type_id": self.call.id,
            "outcome_id": self.interested.id,
        }
        actions = self.env["crm.action"].with_user(self.seller)
        self.assertEqual(
            self._by_kind(actions.preview_register([values])),
            {"status": ["Status becomes Test planned"]},
        )
        self.assertFalse(self.partner.crm_action_ids)

    def test_correction_takes_back_first(self):
        self._create_rule(self.interested, move="won")
        action = self._done(self.interested)
        told = self._by_kind(action.preview_correct(self.no_answer.id))
        self.assertEqual(told["reopened"], ["Opens the opportunity again"])
        self.assertEqual(action.lead_id.won_status, "won")

    def test_many_are_told_together(self):
        self._create_rule(self.interested, points=2)
        leads = self.env["crm.lead"].concat(
            *(self._start() for _number in range(MOST + 3))
        )
        actions = self._planned_of(leads).with_user(self.seller)
        points, more = actions.preview(self.interested.id)
        self.assertEqual((points["kind"], points["count"]), ("points", MOST))
        self.assertEqual((more["kind"], more["count"]), ("more", 3))

    # === ERRORS === #

    def test_error_of_a_rule_is_told(self):
        self._create_rule(
            self.interested, spawn_campaign_id=self._create_broken_campaign().id
        )
        (told,) = self._preview(self.interested)["error"]
        self.assertTrue(told)

    def test_any_other_fault_is_told(self):
        self._create_rule(self.interested, points=1)
        rules = self.env.registry["crm.playbook.rule"]
        with (
            patch.object(rules, "_apply_points", side_effect=ValueError("Broken")),
            self.assertLogs("odoo.addons.crm_playbook.models.crm_action_preview"),
        ):
            self.assertEqual(self._preview(self.interested), {"error": ["Broken"]})

    def test_what_is_done_already_is_told(self):
        action = self._done(self.interested)
        with self.assertNoLogs("odoo.addons.crm_playbook.models.crm_action_preview"):
            (told,) = self._by_kind(action.preview(self.interested.id))["error"]
        self.assertIn("done", told)

    def test_seller_does_not_preview_the_task_of_a_colleague(self):
        lead = self._create_lead(user_id=self.other_seller.id)
        lead.with_user(self.other_seller).start_playbook(self.playbook.id)
        with self.assertRaises(AccessError):
            self._planned(lead).with_user(self.seller).preview(self.interested.id)

    # === NO TRACE === #

    def test_preview_leaves_no_trace(self):
        """Not a row of any table is another, and nothing waits for the commit."""
        campaign = self._create_campaign(self.env["res.partner"])
        campaign.action_launch()
        self._create_rule(
            self.interested,
            move="next",
            points=1,
            commercial_status_id=self.status.id,
            task_type_id=self.visit.id,
            spawn_campaign_id=campaign.id,
        )
        self._create_rule(self.declined, move="lost")
        self.second.task_type_id = self._create_message_type()
        lead = self._start()
        lead.message_subscribe([self.manager.partner_id.id])
        action = self._planned(lead).with_user(self.seller)
        self.env.cr.flush()
        waiting = self._waiting()
        before = self._all_rows()
        for outcome in (self.interested, self.declined):
            self.assertTrue(action.preview(outcome.id))
            self.env.cr.flush()
            self.assertEqual(self._all_rows(), before)
            self.assertEqual(self._waiting(), waiting)
        self.assertEqual(action.state, "planned")
        # The comparison would see it: doing it does leave traces.
        action.done(self.interested.id)
        self.env.cr.flush()
        changed = {
            table for table, rows in self._all_rows().items() if rows != before[table]
        }
        self.assertLessEqual(
            {"crm_action", "crm_lead", "crm_transition", "ir_cron_trigger"}, changed
        )
        self.assertNotEqual(self._waiting(), waiting)

    def test_no_device_is_told_of_what_is_only_tried(self):
        self.second.write(
            {
                "task_type_id": self.visit.id,
                "task_mode": "planned",
                "guest_user_ids": [(6, 0, self.manager.ids)],
            }
        )
        self._create_rule(self.interested, move="next")
        action = self._planned(self._start()).with_user(self.seller)
        with patch.object(MailThread, "_notify_thread_by_web_push") as pushed:
            action.preview(self.interested.id)
            pushed.assert_not_called()
            action.done(self.interested.id)
            pushed.assert_called()

    def test_what_waited_for_the_commit_still_waits(self):
        action = self._planned(self._start()).with_user(self.seller)
        self.env.cr.postcommit.add(self._do_later)
        self.env.cr.postcommit.data["test"] = "kept"
        action.preview(self.interested.id)
        self.assertEqual(self.env.cr.postcommit.data.pop("test"), "kept")
        self.assertIn(self._do_later, self.env.cr.postcommit._funcs)
        self.env.cr.postcommit.clear()

    # === WHATEVER THE RULES === #

    @stories(12)
    @given(
        sketches=st.lists(rule_sketches, max_size=5),
        outcome=st.integers(0, 1),
        moves=st.integers(0, 2),
    )
    def test_preview_is_what_then_happens(self, sketches, outcome, moves):
        with self.env.cr.savepoint() as savepoint, self._at(MONDAY):
            for sketch in sketches:
                self._create_sketched(sketch)
            lead = self._start()
            for stage in (self.second, self.third)[:moves]:
                lead.go_to_stage(stage.id)
            action = self._planned(lead).with_user(self.seller)
            chosen = (self.interested, self.declined)[outcome]
            before = lead._planned_actions()
            told = action.preview(chosen.id)
            action.done(chosen.id)
            self.env.flush_all()
            self.assertEqual(told, action._told(before))
            self._check_told_is_true(told, action)
            savepoint.rollback()
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def _check_told_is_true(self, told, action):
        """Not only by the reader of the ledger: the records themselves say so."""
        lead, by_kind = action.lead_id, self._by_kind(told)
        self.assertEqual("won" in by_kind, lead.won_status == "won")
        self.assertEqual("lost" in by_kind, lead.won_status == "lost")
        self.assertEqual("points" in by_kind, bool(action.points))
        tasks = action.answer_ids.planned_action_ids
        count = sum(item["count"] for item in told if item["kind"] == "task")
        self.assertEqual(count, len(tasks))
        if "stage" in by_kind:
            self.assertEqual(
                by_kind["stage"], [f"Moves to stage {lead.playbook_stage_id.name}"]
            )
        if "status" in by_kind:
            self.assertEqual(
                by_kind["status"], [f"Status becomes {lead.commercial_status_id.name}"]
            )

    def _create_sketched(self, sketch):
        counted = sketch.trigger == "attempts"
        return self._create_rule(
            (self.interested, self.declined)[sketch.outcome],
            trigger="attempts" if counted else "outcome",
            attempts=sketch.attempts,
            sequence=sketch.sequence,
            move="next" if sketch.move == "stage" else sketch.move,
            commercial_status_id=self.status.id if sketch.status is not None else False,
            task_type_id=self.visit.id if sketch.plans else False,
            points=sketch.points,
        )

    # === HELPERS === #

    @property
    def _me(self):
        return self.seller.name

    def _preview(self, outcome):
        """What is told of the first call of a new opportunity, {kind: texts}."""
        action = self._planned(self._start()).with_user(self.seller)
        return self._by_kind(action.preview(outcome.id))

    def _by_kind(self, items):
        by_kind = {}
        for item in items:
            by_kind.setdefault(item["kind"], []).append(item["text"])
        return by_kind

    def _done(self, outcome):
        action = self._planned(self._start()).with_user(self.seller)
        action.done(outcome.id)
        return action

    def _planned_of(self, leads):
        return self.env["crm.action"].search(
            [("lead_id", "in", leads.ids), ("state", "=", "planned")]
        )

    def _do_later(self):
        raise AssertionError("It is never done in a test")

    def _waiting(self):
        """What is to be done after the commit."""
        return list(self.env.cr.postcommit._funcs), dict(self.env.cr.postcommit.data)

    def _all_rows(self):
        """A fingerprint of each table: which rows, written by which transaction."""
        tables = self.env.execute_query(
            SQL("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        return {
            table: self.env.execute_query(
                SQL(
                    "SELECT count(*), sum(hashtext(xmin::text || ctid::text)) FROM %s",
                    SQL.identifier(table),
                )
            )
            for (table,) in tables
        }

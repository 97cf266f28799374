from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models import ir_cron
from odoo.addons.crm_playbook.models import event_idle

from .common import MONDAY, PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmPlaybookRule(PlaybookCase):
    # === CHOOSING === #

    def test_stage_rule_wins_over_playbook_rule_and_that_over_everywhere(self):
        everywhere = self._create_rule(self.interested, playbook_id=False, points=1)
        playbook = self._create_rule(self.interested, points=2)
        stage = self._create_rule(self.interested, stage_id=self.first.id, points=3)
        for expected in (stage, playbook, everywhere):
            lead = self._start()
            self._do(lead, self.interested)
            self.assertEqual(self._answering_rule(lead), expected)
            expected.active = False

    def test_within_a_scope_the_lower_sequence_wins(self):
        self._create_rule(self.interested, sequence=5, points=1)
        first = self._create_rule(self.interested, sequence=1, points=2)
        lead = self._start()
        self._do(lead, self.interested)
        self.assertEqual(self._answering_rule(lead), first)

    def test_event_without_rule_leaves_a_line_and_nothing_else(self):
        lead = self._start()
        self._do(lead, self.declined)
        line = lead.transition_ids[:1]
        self.assertFalse(line.rule_id)
        self.assertFalse(line.effects)
        self.assertEqual(lead.playbook_stage_id, self.first)
        self.assertFalse(self._planned(lead))

    def test_rule_of_another_playbook_does_not_answer(self):
        other = self.env["crm.playbook"].create({"name": "Other"})
        self._create_rule(self.interested, playbook_id=other.id, points=9)
        lead = self._start()
        self._do(lead, self.interested)
        self.assertFalse(self._answering_rule(lead))

    def test_attempts_rule_answers_the_nth_time_only(self):
        self._create_rule(
            self.no_answer, task_type_id=self.call.id, action_type_id=self.call.id
        )
        self._create_rule(self.no_answer, trigger="attempts", attempts=3, move="lost")
        lead = self._start()
        for _attempt in range(2):
            self._do(lead, self.no_answer)
            self.assertTrue(lead._is_open())
        self._do(lead, self.no_answer)
        self.assertEqual(lead.won_status, "lost")

    def test_attempts_begin_anew_in_each_stay(self):
        self._create_rule(self.no_answer, task_type_id=self.call.id)
        self._create_rule(self.no_answer, trigger="attempts", attempts=2, move="lost")
        lead = self._start()
        self._do(lead, self.no_answer)
        lead.go_to_stage(self.second.id)
        self._do(lead, self.no_answer)
        self.assertEqual(lead.won_status, "pending")

    def test_archived_rule_answers_nobody_whatever_the_callers_context(self):
        archived = self._create_rule(self.interested, move="lost")
        archived.active = False
        lead = self._start()
        self._planned(lead).with_user(self.seller).with_context(active_test=False).done(
            self.interested.id
        )
        self.assertEqual(lead.won_status, "pending")

    def test_conditions_left_over_from_another_trigger_do_not_count(self):
        rule = self._create_rule(self.interested, action_type_id=self.call.id)
        rule.write({"trigger": "order_confirmed", "move": "won"})
        lead = self._start()
        self.env["sale.order"].create(
            {"partner_id": self.partner.id, "opportunity_id": lead.id}
        )._action_confirm()
        self.assertEqual(lead.won_status, "won")

    # === EFFECTS === #

    @mute_logger("odoo.tests")
    def test_interested_plans_visit_in_two_days_for_salesperson_with_status_and_point(
        self,
    ):
        self._create_rule(
            self.interested,
            task_type_id=self.visit.id,
            task_mode="planned",
            task_delay_days=2,
            commercial_status_id=self.status.id,
            points=1,
        )
        with self._at(MONDAY):
            lead = self._start()
            self._do(lead, self.interested)
        visit = self._planned(lead)
        self.assertEqual(visit.action_type_id, self.visit)
        self.assertEqual(visit.user_id, self.seller)
        self.assertEqual(visit.date_start, MONDAY + timedelta(days=2))
        self.assertEqual(visit.date_end - visit.date_start, timedelta(hours=1))
        self.assertEqual(lead.commercial_status_id, self.status)
        self.assertEqual(lead.commercial_status_date, MONDAY)
        self.assertEqual(self.partner.commercial_status_id, self.status)
        done = lead.action_ids.filtered(lambda action: action.state == "done")
        self.assertEqual(done.points, 1)

    def test_next_moves_on_and_plans_the_stage_task(self):
        self._create_rule(self.interested, move="next")
        lead = self._start()
        self._do(lead, self.interested)
        self.assertEqual(lead.playbook_stage_id, self.second)
        self.assertEqual(self._planned(lead).playbook_stage_id, self.second)

    def test_next_after_the_last_stage_stays_and_says_so(self):
        self._create_rule(self.interested, move="next")
        lead = self._start()
        lead.go_to_stage(self.third.id)
        self._do(lead, self.interested)
        self.assertEqual(lead.playbook_stage_id, self.third)
        self.assertIn("no next stage", lead.transition_ids[0].effects)

    def test_won_closes_and_cancels_what_was_planned(self):
        self._create_rule(self.interested, move="won")
        lead = self._start()
        other = self.env["crm.action"].create(
            {
                "lead_id": lead.id,
                "partner_id": self.partner.id,
                "action_type_id": self.visit.id,
            }
        )
        self._planned(lead).filtered(
            lambda action: action.action_type_id == self.call
        ).with_user(self.seller).done(self.interested.id)
        self.assertEqual(lead.won_status, "won")
        self.assertEqual(other.state, "cancelled")
        self.assertEqual(lead.transition_ids[0].result, "won")

    def test_lost_takes_the_reason(self):
        reason = self.env["crm.lost.reason"].create({"name": "Too dear"})
        self._create_rule(self.declined, move="lost", lost_reason_id=reason.id)
        lead = self._start()
        self._do(lead, self.declined)
        self.assertEqual(lead.won_status, "lost")
        self.assertEqual(lead.lost_reason_id, reason)

    def test_task_planned_by_a_closing_rule_belongs_to_the_entity(self):
        self._create_rule(self.interested, move="won", task_type_id=self.visit.id)
        lead = self._start()
        self._do(lead, self.interested)
        self.assertFalse(self._planned(lead))
        self.assertEqual(self._planned(self.partner).action_type_id, self.visit)

    def test_rule_starts_another_campaign_once(self):
        campaign = self._create_campaign(self.env["res.partner"])
        campaign.action_launch()
        self._create_rule(self.interested, spawn_campaign_id=campaign.id)
        lead = self._start()
        self._do(lead, self.interested)
        spawned = campaign.lead_ids
        self.assertEqual(spawned.partner_id, self.partner)
        self.assertEqual(spawned.origin_action_id.lead_id, lead)
        self.assertTrue(self._planned(spawned))

    def test_campaign_does_not_start_itself_again(self):
        campaign = self._create_campaign(self.partner, reentry="delay", reentry_days=0)
        self._create_rule(self.interested, move="won", spawn_campaign_id=campaign.id)
        campaign.action_launch()
        lead = campaign.lead_ids
        self._do(lead, self.interested)
        self.assertEqual(campaign.lead_ids, lead)
        self.assertIn("Loop cut", lead.transition_ids[0].effects)

    # === LOOPS === #

    def test_stage_loop_is_cut_with_a_message(self):
        self.playbook.max_visits = 3
        self._create_rule(self.no_answer, move="stage", target_stage_id=self.first.id)
        lead = self._start()
        for _turn in range(3):
            self._do(lead, self.no_answer)
        self.assertIn("Loop cut", lead.transition_ids[0].effects)
        self.assertFalse(self._planned(lead))
        self.assertIn("Loop cut", lead.message_ids[0].body)

    # === CHECKS === #

    def test_target_stage_of_another_playbook_is_refused(self):
        other = self.env["crm.playbook"].create({"name": "Other"})
        foreign = self._create_stage("Foreign", playbook=other)
        with self.assertRaises(ValidationError):
            self._create_rule(self.interested, move="stage", target_stage_id=foreign.id)

    def test_outcome_that_the_type_does_not_have_is_refused(self):
        with self.assertRaises(ValidationError):
            self._create_rule(self.sent, action_type_id=self.call.id)

    def test_call_cannot_be_automatic(self):
        with self.assertRaises(ValidationError):
            self.first.task_mode = "automatic"

    # === SENTENCES === #

    def test_rule_reads_as_a_sentence(self):
        rule = self._create_rule(
            self.interested,
            action_type_id=self.call.id,
            task_type_id=self.visit.id,
            task_delay_days=2,
            commercial_status_id=self.status.id,
            points=1,
        )
        self.assertEqual(
            rule.sentence,
            "When Test call ends with Test interested → plan Test visit in 2 days for "
            "the salesperson, status Test planned, 1 point",
        )

    def test_copied_playbook_has_its_own_rules_and_stages(self):
        self._create_rule(self.interested, move="stage", target_stage_id=self.third.id)
        copy = self.playbook.copy()
        self.assertEqual(copy.rule_ids.target_stage_id, copy.stage_ids[2])
        self.assertEqual(len(self.playbook.rule_ids), 1)

    # === IDLE === #

    def test_idle_rule_answers_once_for_each_stay(self):
        self._create_rule(trigger="idle", idle_hours=24, task_type_id=self.visit.id)
        with self._at(MONDAY):
            lead = self._start()
        with self._at(MONDAY + timedelta(hours=23)):
            self._run_cron("ir_cron_watch_idle")
            self.assertFalse(lead.transition_ids.filtered("rule_id"))
        with self._at(MONDAY + timedelta(hours=25)):
            self._run_cron("ir_cron_watch_idle")
            self._run_cron("ir_cron_watch_idle")
        idle = lead.transition_ids.filtered(lambda line: line.trigger == "idle")
        self.assertEqual(len(idle), 1)
        self.assertIn(self.visit, self._planned(lead).action_type_id)

    def test_idle_ones_that_there_was_no_time_for_follow_in_the_next_turn(self):
        self._create_rule(trigger="idle", idle_hours=24, points=1)
        with self._at(MONDAY):
            leads = self.env["crm.lead"].concat(*(self._start() for _lead in range(3)))
        with (
            self._at(MONDAY + timedelta(hours=25)),
            patch.object(ir_cron, "MIN_TIME_PER_JOB", 0),
            patch.object(event_idle, "BATCH", 1),
        ):
            self._run_cron("ir_cron_watch_idle")
        idle = leads.transition_ids.filtered(lambda line: line.trigger == "idle")
        self.assertEqual(idle.lead_id, leads)

    # === LEDGER === #

    def test_ledger_tells_event_rule_effects_when_and_by_whom(self):
        rule = self._create_rule(self.interested, move="next", points=5)
        lead = self._start()
        self._do(lead, self.interested)
        line = lead.transition_ids[0]
        self.assertEqual(line.trigger, "outcome")
        self.assertEqual(line.rule_id, rule)
        self.assertEqual(line.user_id, self.seller)
        self.assertEqual(
            (line.from_stage_id, line.to_stage_id), (self.first, self.second)
        )
        self.assertEqual(line.points, 5)
        self.assertIn("Stage: Second", line.effects)
        self.assertLessEqual(line.date, fields.Datetime.now())

    def test_ledger_is_not_written_by_hand(self):
        lead = self._start()
        with self.assertRaises(UserError):
            lead.sudo().transition_ids.write({"points": 1000})
        with self.assertRaises(UserError):
            lead.sudo().transition_ids.unlink()

    def _answering_rule(self, lead):
        lead.invalidate_recordset()
        return lead.transition_ids.filtered(lambda line: line.trigger == "outcome")[
            :1
        ].rule_id

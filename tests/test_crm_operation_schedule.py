from datetime import datetime
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .test_crm_operation import RUNS, OperationCase


@tagged("post_install", "-at_install")
class TestCrmOperationSchedule(OperationCase):
    """Operations run by themselves, on the clock of their company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.partner_id.tz = "Europe/Madrid"

    def _schedule(self, **values):
        return self._create_operation(commercial_status_id=self.status.id, **values)

    def _next_moments(self, moment, count, **values):
        """So many moments of a schedule, one after the other."""
        operation, moments = self._schedule(**values), []
        for _number in range(count):
            moment = operation._moment_after(moment)
            moments.append(moment and str(moment))
        return moments

    # === WHEN === #

    def test_daily_at_the_hour_of_the_company(self):
        self.assertEqual(
            self._next_moments(
                datetime(2026, 3, 2, 6, 30), 2, schedule="daily", schedule_hour=7.5
            ),
            ["2026-03-03 06:30:00", "2026-03-04 06:30:00"],
        )

    def test_hour_stays_when_the_clocks_change(self):
        self.assertEqual(
            self._next_moments(
                datetime(2026, 3, 27, 12), 3, schedule="daily", schedule_hour=8
            ),
            ["2026-03-28 07:00:00", "2026-03-29 06:00:00", "2026-03-30 06:00:00"],
        )

    def test_hour_that_the_clocks_skip_is_the_one_after(self):
        self.assertEqual(
            self._next_moments(
                datetime(2026, 3, 28, 12), 2, schedule="daily", schedule_hour=2.5
            ),
            ["2026-03-29 01:30:00", "2026-03-30 00:30:00"],
        )

    def test_hour_that_the_clocks_show_twice_is_met_once(self):
        self.assertEqual(
            self._next_moments(
                datetime(2026, 10, 24, 12), 2, schedule="daily", schedule_hour=2.5
            ),
            ["2026-10-25 00:30:00", "2026-10-26 01:30:00"],
        )

    def test_weekly_on_its_days(self):
        self.assertEqual(
            self._next_moments(
                datetime(2026, 3, 2, 12), 3, schedule="weekly", mon=True, thu=True
            ),
            ["2026-03-05 07:00:00", "2026-03-09 07:00:00", "2026-03-12 07:00:00"],
        )

    def test_weekly_needs_a_day(self):
        with self.assertRaises(ValidationError):
            self._schedule(schedule="weekly")

    def test_monthly_on_the_last_day_of_shorter_months(self):
        self.assertEqual(
            self._next_moments(
                datetime(2026, 1, 31, 12), 3, schedule="monthly", month_day=31
            ),
            ["2026-02-28 07:00:00", "2026-03-31 06:00:00", "2026-04-30 06:00:00"],
        )

    def test_once_and_never_again(self):
        self.assertEqual(
            self._next_moments(
                datetime(2026, 3, 2), 2, schedule="once", schedule_date="2026-03-05"
            )[:1],
            ["2026-03-05 07:00:00"],
        )
        operation = self._schedule(schedule="once", schedule_date="2026-03-05")
        self.assertFalse(operation._moment_after(datetime(2026, 3, 5, 7)))

    # === RUNNING BY ITSELF === #

    def test_scheduler_is_woken_at_the_next_moment(self):
        with self._at("2026-03-02 12:00:00"):
            cron = self.env.ref("crm_playbook.ir_cron_run_operations")
            self._schedule(schedule="daily")
            triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
            self.assertIn(datetime(2026, 3, 3, 7), triggers.mapped("call_at"))

    def test_due_operation_runs_for_its_owner(self):
        with self._at("2026-03-02 12:00:00"):
            operation = self._schedule(schedule="daily")
            self._run_cron()
            self.assertFalse(operation.run_ids)
        with self._at("2026-03-03 07:00:01"):
            self._run_cron()
        run = operation.run_ids
        self.assertEqual((run.state, run.user_id), ("done", self.manager))
        self.assertEqual(str(run.scheduled_for), "2026-03-03 07:00:00")
        self.assertEqual(str(operation.next_run_at), "2026-03-04 07:00:00")

    def test_missed_runs_are_made_up_for_by_one(self):
        with self._at("2026-03-02 12:00:00"):
            operation = self._schedule(schedule="daily")
        with self._at("2026-03-09 12:00:00"):
            self._run_cron()
            self._run_cron()
        self.assertEqual(len(operation.run_ids), 1)
        self.assertEqual(str(operation.next_run_at), "2026-03-10 07:00:00")

    def test_paused_operation_does_not_run_nor_make_up_for_it(self):
        with self._at("2026-03-02 12:00:00"):
            operation = self._schedule(schedule="daily")
            operation.is_paused = True
        with self._at("2026-03-09 12:00:00"):
            self._run_cron()
            self.assertFalse(operation.run_ids, "it is paused")
            operation.is_paused = False
            self._run_cron()
            self.assertFalse(operation.run_ids, "what it missed is over")
            self.assertEqual(str(operation.next_run_at), "2026-03-10 07:00:00")

    def test_operation_that_still_runs_is_not_begun_again(self):
        with self._at("2026-03-02 12:00:00"):
            operation = self._schedule(schedule="daily")
            with patch(f"{RUNS}.AT_ONCE", 0):
                run = self._run(operation)
        with self._at("2026-03-03 12:00:00"):
            self.env["crm.operation"]._start_due()
            self.assertEqual(operation.run_ids, run)

    def test_failing_operation_is_told_to_its_owner_and_does_not_stop_others(self):
        with self._at("2026-03-02 12:00:00"):
            campaign = self._create_campaign(self.people[:0])
            failing = self._schedule(schedule="daily", spawn_campaign_id=campaign.id)
            healthy = self._schedule(schedule="daily", name="Healthy")
        with self._at("2026-03-03 12:00:00"), self.assertLogs(RUNS, "WARNING"):
            self._run_cron()
        self.assertEqual(failing.run_ids.state, "failed")
        self.assertIn("does not run", failing.run_ids.failure)
        self.assertEqual(healthy.run_ids.state, "done")
        message = failing.message_ids[0]
        self.assertIn("could not run", message.body)
        self.assertIn(self.manager.partner_id, message.notified_partner_ids)
        self.assertEqual(str(failing.next_run_at), "2026-03-04 07:00:00")

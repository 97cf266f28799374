from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from unittest.mock import patch
from uuid import uuid4

from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, Form, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_playbook.models import crm_campaign_pause

from ..models.engine import as_engine
from .common import MONDAY, MessageCase
from .server import Database
from .storm.workers import Workers

FOLDER = Path(__file__).parent
PAUSED = MONDAY + timedelta(hours=1)
RESUMED = MONDAY + timedelta(days=10)


class PauseCase(MessageCase):
    """A campaign of eleven e-mails that fall due while it is paused, hour by hour."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first.task_delay_days = 2
        cls.partners = cls.env["res.partner"].concat(
            *(cls._create_partner(f"Member {number}") for number in range(11))
        )
        cls.company = cls.env.company
        cls.company.partner_id.tz = "Europe/Madrid"

    def _pause(self, partners=None, **values):
        """A paused campaign, whose tasks fall due one hour after the other."""
        campaign = self._create_campaign(
            partners or self.partners, date_start=MONDAY, **values
        )
        with self._at(MONDAY):
            campaign.action_launch()
            for hours, action in enumerate(campaign.action_ids.sorted("id")):
                action.reschedule(action.date_start + timedelta(hours=hours))
        with self._at(PAUSED):
            campaign.with_user(self.manager).action_pause()
        return campaign.with_user(self.manager)

    def _resume(self, campaign, choice=None, days=None, moment=RESUMED):
        if choice:
            campaign.on_resume = choice
        if days:
            campaign.spread_days = days
        with self._at(moment):
            campaign.action_resume()

    def _ask(self, campaign):
        """The wizard as the manager's screen opens it."""
        action = campaign.action_review_resume()
        self.assertEqual(action["res_model"], "crm.campaign.resume")
        wizard = self.env["crm.campaign.resume"].with_user(self.manager)
        return Form(wizard.with_context(active_id=campaign.id))

    def _scheduler(self, moment):
        with self._at(moment):
            self._run_cron("ir_cron_run_due_actions")


@tagged("post_install", "-at_install")
class TestCrmCampaignPause(PauseCase):
    # === THE CHOICE === #

    def test_messages_are_spread_unless_somebody_chooses_otherwise(self):
        campaign = self._create_campaign(self.partner)
        self.assertEqual((campaign.on_resume, campaign.spread_days), ("spread", 5))

    def test_nobody_spreads_over_no_days_or_years(self):
        campaign = self._create_campaign(self.partner)
        for days in (0, -1, 366):
            with self.subTest(days=days), mute_logger("odoo.sql_db"):
                with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
                    campaign.spread_days = days
                    campaign.flush_recordset()
                self.assertEqual(caught.exception.pgcode, "23514")

    def test_pause_is_dated_and_resumed_once(self):
        campaign = self._pause()
        self.assertEqual(campaign.paused_at, PAUSED)
        self._resume(campaign)
        with self.assertRaises(UserError):
            campaign.action_resume()

    def test_nobody_writes_what_a_resume_leaves_behind(self):
        campaign = self._pause()
        for name in ("paused_at", "idle_from"):
            with self.subTest(name=name), self.assertRaises(UserError):
                campaign.write({name: MONDAY})
        with self.assertRaises(UserError):
            campaign.idle_spread_days = 3
        with self.assertRaises(UserError):
            campaign.action_ids[0].skip_pending_since = MONDAY

    # === RUN === #

    def test_run_sends_all_at_once(self):
        campaign = self._pause()
        self._resume(campaign, "run")
        self._scheduler(RESUMED)
        self.assertEqual(set(campaign.action_ids.mapped("state")), {"done"})

    # === SPREAD === #

    def test_spread_shares_out_evenly_and_keeps_the_order(self):
        campaign = self._pause()
        in_order = campaign.action_ids.sorted("date_start")
        self._resume(campaign, "spread", days=3)
        days = [(action.date_start - RESUMED).days for action in in_order]
        self.assertEqual(days, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2])

    def test_spread_keeps_the_hour_of_the_company_when_the_clocks_change(self):
        campaign = self._pause()
        friday = datetime(2026, 3, 27, 9, 0)  # 10:00 in Madrid, as on Monday at 8:00
        self._resume(campaign, "spread", days=5, moment=friday)
        self.assertEqual(
            sorted(set(campaign.action_ids.mapped("date_start"))),
            [
                datetime(2026, 3, 27, 9, 0),
                datetime(2026, 3, 28, 9, 0),
                datetime(2026, 3, 29, 8, 0),
                datetime(2026, 3, 30, 8, 0),
                datetime(2026, 3, 31, 8, 0),
            ],
        )

    def test_spread_leaves_alone_what_is_not_due_or_not_a_message(self):
        campaign = self._pause()
        later, by_hand, *_rest = campaign.action_ids
        later.reschedule(RESUMED + timedelta(hours=1))
        by_hand.sudo().mode = "free"
        before = by_hand.date_start
        self._resume(campaign, "spread")
        self.assertEqual(later.date_start, RESUMED + timedelta(hours=1))
        self.assertEqual(by_hand.date_start, before)

    def test_spread_and_skip_take_as_many_statements_however_much_is_due(self):
        for spread_or_skip in ("_spread_due", "_skip_due"):
            queries = []
            for count in (1, 2, 11):
                campaign = self._pause(self.partners[:count])
                before = self.env.cr.sql_log_count
                getattr(campaign, spread_or_skip)(RESUMED)
                queries.append(self.env.cr.sql_log_count - before)
            with self.subTest(spread_or_skip):
                self.assertEqual(queries[1], queries[2])

    def test_a_task_that_ends_keeps_its_length(self):
        campaign = self._pause(self.partners[0])
        action = campaign.action_ids
        action.sudo().date_end = action.date_start + timedelta(minutes=30)
        self._resume(campaign, "spread")
        self.assertEqual(action.date_end, RESUMED + timedelta(minutes=30))

    # === SKIP === #

    def test_skip_sends_nothing_and_says_why(self):
        campaign = self._pause()
        messages = campaign.action_ids
        self._resume(campaign, "skip")
        self._scheduler(RESUMED)
        self.assertEqual(set(messages.mapped("state")), {"cancelled"})
        self.assertEqual(
            set(messages.mapped("cancel_reason")),
            {"Was due while the campaign was paused."},
        )
        self.assertFalse(messages.sudo().mailing_trace_ids)

    def test_skipped_message_moves_on_as_though_it_had_been_sent(self):
        rule = self._create_rule(
            self.sent,
            move="next",
            points=7,
            commercial_status_id=self.status.id,
            task_type_id=self.visit.id,
        )
        campaign = self._pause()
        messages = campaign.action_ids
        self._resume(campaign, "skip")
        leads = campaign.lead_ids
        self.assertEqual(leads.playbook_stage_id, self.second)
        for lead in leads:
            types = self._planned(lead).mapped("action_type_id.id")
            self.assertEqual(sorted(types), sorted((self.call | self.visit).ids))
        lines = messages.sudo().answer_ids
        self.assertEqual(lines.mapped("trigger"), ["skipped"] * 11)
        self.assertEqual(lines.rule_id, rule)
        self.assertEqual(sum(lines.mapped("points")), 0)
        self.assertFalse(lines.status_after_id)
        self.assertFalse(any(messages.mapped("points")))
        self.assertNotIn(self.status, leads.commercial_status_id)

    def test_skipped_message_is_answered_once(self):
        self._create_rule(self.sent, move="next")
        campaign = self._pause()
        messages = campaign.action_ids
        self._resume(campaign, "skip")
        with self._at(RESUMED):
            self._run_cron("ir_cron_answer_skipped")
            as_engine(messages).write({"skip_pending_since": RESUMED})
            self._run_cron("ir_cron_answer_skipped")
        self.assertEqual(len(messages.sudo().answer_ids), 11)
        self.assertEqual(campaign.lead_ids.playbook_stage_id, self.second)

    def test_skipped_message_without_a_rule_leaves_a_line_and_stays(self):
        campaign = self._pause(self.partners[0])
        message = campaign.action_ids
        self._resume(campaign, "skip")
        self.assertEqual(campaign.lead_ids.playbook_stage_id, self.first)
        self.assertEqual(message.sudo().answer_ids.trigger, "skipped")
        self.assertFalse(message.sudo().answer_ids.rule_id)

    def test_skipped_message_counts_among_the_attempts(self):
        self._create_rule(
            trigger="attempts",
            attempts=1,
            move="stage",
            target_stage_id=self.third.id,
            action_type_id=self.email.id,
        )
        campaign = self._pause(self.partners[0])
        self._resume(campaign, "skip")
        self.assertEqual(campaign.lead_ids.playbook_stage_id, self.third)

    def test_last_message_that_is_skipped_closes_its_opportunity(self):
        self._create_rule(self.sent, move="lost")
        campaign = self._pause(self.partners[0])
        self._resume(campaign, "skip")
        lead = campaign.with_context(active_test=False).lead_ids
        self.assertEqual(lead.won_status, "lost")
        self.assertEqual(lead.sudo().transition_ids[0].result, "lost")

    def test_skipping_does_not_go_round_for_ever(self):
        self.playbook.max_visits = 1
        self._create_rule(self.sent, move="stage", target_stage_id=self.first.id)
        campaign = self._pause(self.partners[0])
        self._resume(campaign, "skip")
        self.assertEqual(campaign.lead_ids.stage_visit, 1)
        self.assertIn("Loop cut", campaign.lead_ids.sudo().transition_ids[0].effects)

    def test_what_falls_due_after_a_skip_is_sent(self):
        campaign = self._pause()
        later = campaign.action_ids[0]
        later.reschedule(RESUMED + timedelta(hours=1))
        self._resume(campaign, "skip")
        self._scheduler(RESUMED + timedelta(hours=2))
        self.assertEqual(later.state, "done")

    @mute_logger("odoo.addons.crm_playbook.models.crm_playbook_rule")
    def test_rule_that_raises_stops_no_other_opportunity(self):
        self._create_rule(self.sent, move="next")
        campaign = self._pause()
        broken = campaign.action_ids[0]
        move = type(self.env["crm.lead"])._move_by_rule

        def raise_for_one(leads, stage, lines):
            if broken.lead_id in leads:
                raise ValueError("No way")
            return move(leads, stage, lines)

        with patch.object(type(self.env["crm.lead"]), "_move_by_rule", raise_for_one):
            self._resume(campaign, "skip")
        stages = Counter(lead.playbook_stage_id for lead in campaign.lead_ids)
        self.assertEqual(stages, {self.second: 10, self.first: 1})
        self.assertIn("No way", broken.sudo().answer_ids.effects)

    # === SKIPPING THOUSANDS === #

    def _skip_with_the_rest_left(self):
        """Eleven are skipped; four opportunities have gone on, the rest waits."""
        self._create_rule(self.sent, move="next")
        campaign = self._pause()
        with patch.object(crm_campaign_pause, "FIRST_BATCH", 4):
            self._resume(campaign, "skip")
        return campaign

    def test_the_scheduler_goes_on_where_the_button_left_off(self):
        campaign = self._skip_with_the_rest_left()
        self.assertEqual(campaign.skip_pending_count, 7)
        self.assertNotIn(
            "planned",
            campaign.lead_ids.action_ids.filtered(
                lambda action: action.action_type_id == self.email
            ).mapped("state"),
        )
        self._run_cron("ir_cron_answer_skipped")
        self.assertEqual(campaign.skip_pending_count, 0)
        self.assertEqual(campaign.lead_ids.playbook_stage_id, self.second)

    def test_message_planned_again_meanwhile_is_sent_and_answered_once(self):
        campaign = self._skip_with_the_rest_left()
        message = campaign.action_ids.filtered("skip_pending_since")[0]
        message.reschedule(RESUMED)
        self._run_cron("ir_cron_answer_skipped")
        self.assertFalse(message.sudo().answer_ids)
        self._scheduler(RESUMED)
        self.assertEqual(message.sudo().answer_ids.trigger, "outcome")

    def test_opportunity_moved_by_hand_meanwhile_stays_where_it_was_put(self):
        campaign = self._skip_with_the_rest_left()
        message = campaign.action_ids.filtered("skip_pending_since")[0]
        lead = message.lead_id
        lead.with_user(self.seller).go_to_stage(self.second.id)
        self._run_cron("ir_cron_answer_skipped")
        self.assertEqual(lead.playbook_stage_id, self.second)
        self.assertEqual(lead.stage_visit, 2)
        self.assertFalse(message.sudo().answer_ids.rule_id)

    # === IDLE === #

    def _pause_idle(self):
        """Opportunities that become idle two days into the pause."""
        self._create_rule(
            trigger="idle", idle_hours=48, move="next", stage_id=self.first.id
        )
        return self._pause()

    def _told(self, campaign, moment):
        with self._at(moment):
            self._run_cron("ir_cron_watch_idle")
        lines = campaign.lead_ids.sudo().transition_ids
        return lines.filtered(lambda line: line.trigger == "idle").lead_id

    def test_run_tells_of_the_idle_at_once(self):
        campaign = self._pause_idle()
        self.assertFalse(self._told(campaign, RESUMED))
        self._resume(campaign, "run")
        self.assertEqual(self._told(campaign, RESUMED), campaign.lead_ids)

    def test_skip_counts_idle_time_anew(self):
        campaign = self._pause_idle()
        self._resume(campaign, "skip")
        hours = [47, 49]
        told = [
            len(self._told(campaign, RESUMED + timedelta(hours=hour))) for hour in hours
        ]
        self.assertEqual(told, [0, 11])

    def test_who_enters_a_stage_after_a_skip_has_the_usual_time(self):
        campaign = self._pause_idle()
        self._resume(campaign, "skip")
        lead = campaign.lead_ids[0]
        with self._at(RESUMED + timedelta(hours=10)):
            lead.go_to_stage(self.first.id)
        self.assertFalse(self._told(campaign, RESUMED + timedelta(hours=57)) & lead)
        self.assertIn(lead, self._told(campaign, RESUMED + timedelta(hours=58)))

    def test_spread_tells_of_each_idle_one_on_its_day(self):
        campaign = self._pause_idle()
        self._resume(campaign, "spread", days=3)
        for day in range(3):
            told = self._told(campaign, RESUMED + timedelta(days=day))
            shares = {lead.id % 3 for lead in told}
            self.assertEqual(shares, set(range(day + 1)))
        self.assertEqual(told, campaign.lead_ids)

    def test_who_becomes_idle_after_a_spread_is_told_of_in_time(self):
        campaign = self._pause_idle()
        lead = campaign.lead_ids.filtered(lambda lead: lead.id % 3 == 2)[0]
        with self._at(RESUMED - timedelta(hours=24)):
            lead.go_to_stage(self.first.id)
        self._resume(campaign, "spread", days=3)
        self.assertIn(lead, self._told(campaign, RESUMED + timedelta(hours=25)))

    # === THE NUMBERS === #

    def test_nothing_is_asked_where_nothing_fell_due(self):
        campaign = self._pause()
        with self._at(PAUSED + timedelta(hours=1)):
            self.assertTrue(campaign.action_review_resume())
        self.assertEqual(campaign.state, "running")

    def test_only_idle_opportunities_are_asked_about_too(self):
        self.first.task_type_id = self.call
        campaign = self._pause_idle()
        with self._at(RESUMED):
            self.assertEqual(self._ask(campaign).idle_count, 11)

    def test_choice_of_the_campaign_is_proposed_and_the_new_one_kept(self):
        campaign = self._pause(on_resume="skip", spread_days=3)
        with self._at(RESUMED):
            form = self._ask(campaign)
            self.assertEqual((form.on_resume, form.spread_days), ("skip", 3))
            form.on_resume = "spread"
            form.spread_days = 4
            form.save().action_resume()
        self.assertEqual((campaign.on_resume, campaign.spread_days), ("spread", 4))
        self.assertEqual(campaign.state, "running")

    def test_numbers_tell_types_and_people_apart(self):
        survey = self._create_type("Test survey", self.sent, channel="survey")
        campaign = self._pause()
        actions = campaign.action_ids.sudo()
        actions[0].action_type_id = self.sms
        actions[1:3].action_type_id = survey
        actions[3:7].write({"action_type_id": self.call.id, "mode": "free"})
        with self._at(RESUMED):
            form = self._ask(campaign)
        counts = (form.email_count, form.sms_count, form.survey_count, form.late_count)
        self.assertEqual(counts, (4, 1, 2, 4))
        self.assertEqual(form.message_count, 7)

    def test_numbers_change_with_the_choice(self):
        campaign = self._pause_idle()
        with self._at(RESUMED):
            form = self._ask(campaign)
            self.assertEqual([row["email"] for row in form.plan], [3, 2, 2, 2, 2])
            form.spread_days = 2
            self.assertEqual([row["email"] for row in form.plan], [6, 5])
            form.on_resume = "run"
            self.assertEqual(
                form.plan,
                [
                    {
                        "date": "2026-03-12 09:00:00",
                        "email": 11,
                        "sms": 0,
                        "survey": 0,
                        "idle": 11,
                    }
                ],
            )
            form.on_resume = "skip"
            self.assertFalse(form.plan)

    def test_what_is_shown_is_what_happens(self):
        self._create_rule(trigger="idle", idle_hours=48, stage_id=self.first.id)
        for choice, count, days in (
            ("run", 11, 5),
            ("spread", 11, 4),
            ("spread", 11, 1),
            ("spread", 3, 7),
            ("skip", 5, 5),
        ):
            with self.subTest(choice=choice, count=count, days=days):
                campaign = self._pause(self.partners[:count])
                with self._at(RESUMED):
                    form = self._ask(campaign)
                    form.spread_days = days
                    form.on_resume = choice
                    shown = form.plan or []
                    form.save().action_resume()
                self.assertEqual(self._happens(campaign), shown)

    def _happens(self, campaign):
        """What the scheduler and the watch do, day by day, until nothing is left."""
        rows = []
        for day in range(10):
            moment = RESUMED + timedelta(days=day)
            sent, told = self._sent(campaign), len(self._told(campaign, moment))
            before = sum(row["idle"] for row in rows)
            self._scheduler(moment)
            row = {
                "date": f"{moment}",
                "email": self._sent(campaign) - sent,
                "sms": 0,
                "survey": 0,
                "idle": told - before,
            }
            if campaign.on_resume == "skip" and day >= 2:
                row["idle"] = 0  # their time counts anew
            if row["email"] or row["idle"]:
                rows.append(row)
        return rows

    def _sent(self, campaign):
        return len(campaign.action_ids.sudo().mailing_trace_ids)

    def test_what_falls_due_while_the_numbers_are_read_is_sent_in_its_time(self):
        campaign = self._pause()
        later = campaign.action_ids[0]
        later.reschedule(RESUMED + timedelta(minutes=1))
        with self._at(RESUMED):
            wizard = self._ask(campaign).save()
            wizard.on_resume = "skip"
        with self._at(RESUMED + timedelta(minutes=5)):
            wizard.action_resume()
        self.assertEqual(later.state, "planned")
        states = Counter(campaign.action_ids.mapped("state"))
        self.assertEqual(states["cancelled"], 10)

    def test_old_numbers_are_counted_again_before_anything_happens(self):
        campaign = self._pause()
        later = campaign.action_ids[0]
        later.reschedule(RESUMED + timedelta(minutes=30))
        with self._at(RESUMED):
            wizard = self._ask(campaign).save()
            self.assertEqual(wizard.message_count, 10)
        with self._at(RESUMED + timedelta(hours=1)):
            action = wizard.action_resume()
            self.assertEqual(campaign.state, "paused")
            self.assertEqual(action["res_id"], wizard.id)
            self.assertEqual(wizard.message_count, 11)
            wizard.action_resume()
        self.assertEqual(campaign.state, "running")

    def test_seller_does_not_resume(self):
        campaign = self._pause()
        for method in ("action_resume", "action_review_resume"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(campaign.with_user(self.seller), method)()
        with self.assertRaises(AccessError):
            self.env["crm.campaign.resume"].with_user(self.seller).create(
                {"campaign_id": campaign.id}
            )


@tagged("post_install", "-at_install")
class TestPauseMeanwhile(BaseCase):
    """A campaign that is paused in the middle of what a scheduler is doing."""

    def setUp(self):
        super().setUp()
        self.database = Database(f"pause_{uuid4().hex[:8]}")
        self.database.make()
        self.addCleanup(self.database.drop)
        self.workers = self.enterContext(Workers(self.database))

    def test_generation_lets_the_pause_through_and_stops(self):
        self._run("generation_set_up.py")
        pause = Thread(target=self._run, args=["pause_campaigns.py"])
        with self.database.locked("crm_action"):
            generation = self.workers.start("rounds", ["generate"], 10, 1)
            self.database.wait_until_held_up("crm_action")
            pause.start()
            self.database.wait_until_held_up()
        self.assertEqual(generation.result(), [])
        pause.join()
        self.assertEqual(
            self.database.rows(
                "SELECT state, generation_done FROM crm_campaign "
                "WHERE name = 'Test campaign'"
            ),
            [("paused", "11")],
        )
        self.assertEqual(self._number("SELECT count(*) FROM crm_lead"), 11)

    def test_what_is_under_way_is_done_once_and_nothing_after_it(self):
        self._run("schedulers_set_up.py")
        with self.database.locked("mail_mail"):
            scheduler = self._start_scheduler()
            self.database.wait_until_held_up("mail_mail")
            self._run("pause_campaigns.py")
        self.assertEqual(scheduler.result(), [])
        sent = self._number("SELECT count(*) FROM mailing_trace")
        self.assertGreater(sent, 0, "what was under way is sent")
        self._check_done_are_those_sent()
        self.assertEqual(
            self.database.rows(
                "SELECT DISTINCT action.state FROM crm_action action "
                "JOIN crm_playbook_stage stage ON stage.id = playbook_stage_id "
                "WHERE stage.sequence = 20"
            ),
            [("planned",)],
            "what came next is not",
        )
        planned = "SELECT count(*) FROM crm_action WHERE state = 'planned'"
        due = self._number(planned)
        self._run("resume_campaigns.py")
        self.assertEqual(self._start_scheduler().result(), [])
        skipped = "SELECT count(*) FROM crm_action WHERE state = 'cancelled'"
        self.assertEqual(self._number(skipped), due, "what fell due is skipped")
        self._check_done_are_those_sent()
        self.assertFalse(self._number(planned))
        self.assertEqual(
            self.database.rows(
                "SELECT DISTINCT count(*) FROM crm_transition "
                "WHERE to_stage_id IS NOT NULL GROUP BY lead_id"
            ),
            [("2",)],
            "each went through both stages, once",
        )

    def _check_done_are_those_sent(self):
        done = "SELECT id FROM crm_action WHERE state = 'done' ORDER BY id"
        sent = "SELECT crm_action_id FROM mailing_trace ORDER BY crm_action_id"
        self.assertEqual(self.database.rows(done), self.database.rows(sent))

    def _start_scheduler(self):
        return self.workers.start("rounds", ["run_due"], 200, 1)

    def _run(self, script):
        self.database.run(FOLDER / script)

    def _number(self, query):
        [(number,)] = self.database.rows(query)
        return int(number)

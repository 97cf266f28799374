from datetime import date, datetime, timedelta

from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import MONDAY, TeamCase

TUESDAY = MONDAY + timedelta(days=1)
HOUR = timedelta(hours=1)


class MirrorCase(TeamCase):
    """Tasks of a salesperson who lives in Rome, as Odoo's own tools show them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.tz = "Europe/Rome"

    def setUp(self):
        super().setUp()
        self.startPatcher(self._at(MONDAY))

    def _visit(self, **values):
        """A visit of the salesperson, on Tuesday at nine (UTC)."""
        return (
            self.env["crm.action"]
            .with_user(self.seller)
            .create(
                {
                    "partner_id": self.partner.id,
                    "action_type_id": self.visit.id,
                    "team_id": self.team.id,
                    "mode": "planned",
                    "date_start": TUESDAY,
                    "date_end": TUESDAY + HOUR,
                    **values,
                }
            )
        )

    def _free(self, **values):
        return self._visit(mode="free", date_end=False, **values)

    def _activity(self, action, user=None):
        activities = self.env["mail.activity"].with_context(active_test=False)
        found = activities.search([("crm_action_id", "=", action.id)])
        self.assertLessEqual(len(found), 1, "never two activities")
        return found.with_user(user or self.seller).with_context(active_test=True)

    def _event(self, action, user=None):
        events = self.env["calendar.event"].with_context(active_test=False)
        found = events.search([("crm_action_id", "=", action.id)])
        self.assertLessEqual(len(found), 1, "never two events")
        return found.with_user(user or self.seller).with_context(active_test=True)

    def _check_agreement(self, action):
        """Activity, calendar and action say the same."""
        self.env.flush_all()
        self.env.invalidate_all()
        action = action.sudo()
        self._check_activity_agrees(action, self._activity(action).sudo())
        self._check_event_agrees(action, self._event(action).sudo())

    def _check_activity_agrees(self, action, activity):
        has_task = action.state == "planned" and bool(action.user_id)
        self.assertEqual(bool(activity.active), has_task)
        if has_task:
            zone_start = fields.Datetime.context_timestamp(
                action.with_context(tz=action.user_id.tz), action.date_start
            )
            self.assertEqual(activity.date_deadline, zone_start.date())
            self.assertEqual(activity.user_id, action.user_id)
            document = action.lead_id or action.partner_id
            self.assertEqual(
                (activity.res_model, activity.res_id), (document._name, document.id)
            )
        elif action.state != "done":
            self.assertFalse(activity)

    def _check_event_agrees(self, action, event):
        is_timed = action.mode == "planned" and bool(action.user_id)
        if action.state == "done":
            return
        self.assertEqual(bool(event.active), is_timed and action.state == "planned")
        if event.active:
            self.assertEqual(event.start, action.date_start)
            end = action.date_end or action.date_start + HOUR
            self.assertEqual(event.stop, end)
            self.assertEqual(event.user_id, action.user_id)
            people = action.user_id.partner_id | action.guest_ids
            self.assertEqual(event.partner_ids, people)
            self.assertEqual(event.activity_ids, self._activity(action).sudo())


@tagged("post_install", "-at_install")
class TestCrmActionMirror(MirrorCase):
    """A human task is an activity too, and in the calendar if it has an hour."""

    # === FROM THE ACTION === #

    def test_planned_task_is_an_activity_and_in_the_calendar(self):
        action = self._visit()
        activity, event = self._activity(action), self._event(action)
        self.assertEqual(activity.user_id, self.seller)
        self.assertEqual(activity.summary, "Test visit")
        self.assertEqual(activity.date_deadline, date(2026, 3, 3))
        self.assertEqual((activity.res_model, activity.res_id), self._of(self.partner))
        self.assertEqual((event.start, event.stop), (TUESDAY, TUESDAY + HOUR))
        self.assertEqual(event.partner_ids, self.seller.partner_id)
        self._check_agreement(action)

    def _of(self, record):
        return (record._name, record.id)

    def test_day_of_the_activity_is_that_of_the_assignee(self):
        late_evening = datetime(2026, 3, 3, 23, 30)  # half past midnight in Rome
        action = self._free(date_start=late_evening)
        self.assertEqual(self._activity(action).date_deadline, date(2026, 3, 4))

    def test_free_task_is_not_in_the_calendar(self):
        action = self._free()
        self.assertTrue(self._activity(action))
        self.assertFalse(self._event(action))

    def test_task_of_an_opportunity_shows_on_it(self):
        lead = self._start()
        activity = self._activity(self._planned(lead))
        self.assertEqual((activity.res_model, activity.res_id), self._of(lead))
        self.assertEqual(lead.activity_ids, activity)

    def test_what_the_scheduler_does_is_in_nobodys_agenda(self):
        email = self._create_type("Test e-mail", self.sent, channel="email")
        self.first.task_type_id = email
        self.assertFalse(self._activity(self._planned(self._start())))

    def test_task_that_nobody_has_is_in_nobodys_agenda_until_it_is_taken(self):
        action = self._visit(user_id=False)
        self._check_agreement(action)
        self.assertFalse(self._activity(action))
        action.take()
        self.assertTrue(self._event(action).active)
        self._check_agreement(action)

    def test_many_tasks_are_mirrored_in_few_queries(self):
        leads = self.env["crm.lead"].concat(
            *(self._create_lead(self._create_partner(f"Many {n}")) for n in range(60))
        )
        for count in (5, 50):
            several = leads.filtered(lambda lead: not lead.playbook_id)[:count]
            before = self.cr.sql_log_count
            several.start_playbook(self.playbook.id)
            self.env.flush_all()
            queries = self.cr.sql_log_count - before
            if count == 5:
                few = queries
        self.assertLess(queries, few * 2)
        self.assertEqual(len(leads.activity_ids), 55)

    def test_re_planning_moves_both(self):
        action = self._visit()
        action.reschedule(TUESDAY + timedelta(days=2, hours=3))
        self.assertEqual(self._activity(action).date_deadline, date(2026, 3, 5))
        self.assertEqual(self._event(action).start.hour, 12)
        self._check_agreement(action)

    def test_reassigning_hands_both_over(self):
        action = self._visit()
        action.with_user(self.leader).reassign(self.other_seller.id)
        self.assertEqual(self._activity(action).user_id, self.other_seller)
        event = self._event(action)
        self.assertEqual(event.partner_ids, self.other_seller.partner_id)
        self._check_agreement(action)

    def test_done_task_is_done_in_odoo_and_stays_in_the_calendar(self):
        lead = self._create_lead().with_user(self.seller)
        action = self._visit(lead_id=lead.id)
        with self._at(TUESDAY + HOUR):
            action.done(self.interested.id, note="Wants the big one")
        activity = self._activity(action)
        self.assertFalse(activity.active)
        self.assertEqual(activity.state, "done")
        self.assertTrue(self._event(action).active)
        [message] = lead.message_ids.filtered("mail_activity_type_id")
        self.assertIn("Test interested", message.body)
        self.assertIn("Wants the big one", message.body)

    def test_what_is_done_before_its_hour_leaves_that_hour_free(self):
        action = self._visit(guest_ids=self.partner.ids)
        action.done(self.interested.id)
        self.assertFalse(self._event(action).active)
        letters = self._letters(self._event(action))
        self.assertEqual(letters[self.partner.email], ["Invitation", "Deleted event"])

    def test_corrected_task_is_in_the_calendar_once(self):
        action = self._visit()
        with self._at(TUESDAY + HOUR):
            action.done(self.interested.id)
            correction = action.browse(action.correct(self.declined.id))
        self.assertFalse(self._event(correction) or self._activity(correction))
        self.assertTrue(self._event(action).active)

    def test_what_the_caller_has_on_the_screen_makes_no_other_activity(self):
        lead = self._create_lead().with_user(self.seller)
        self.first.write({"task_type_id": self.visit.id, "task_mode": "planned"})
        calling = lead.with_context(active_model="crm.lead", active_id=lead.id)
        calling.start_playbook(self.playbook.id)
        self.assertEqual(lead.activity_ids, self._activity(lead.action_ids))

    def test_end_moves_with_the_beginning_however_it_is_said(self):
        action = self._visit()
        action.plan(TUESDAY - HOUR, hours=2)
        self.assertEqual(self._event(action).stop, TUESDAY + HOUR)
        self._check_agreement(action)

    def test_late_outcome_does_not_move_what_has_moved_on(self):
        self._create_rule(self.interested, move="next")
        lead = self._start()
        action = self._planned(lead).with_user(self.seller)
        self._activity(action).action_done()
        lead.go_to_stage(self.third.id)
        action.done(self.interested.id)
        self.assertEqual(lead.playbook_stage_id, self.third)
        self.assertEqual(action.outcome_id, self.interested)
        self.assertIn("moved on", action.sudo().answer_ids.effects)

    def test_cancelled_task_leaves_agenda_and_calendar(self):
        action = self._visit()
        action.cancel("No time")
        self.assertFalse(self._activity(action))
        self.assertFalse(self._event(action).active)
        action.reschedule(TUESDAY)
        self.assertTrue(self._event(action).active)
        self._check_agreement(action)

    def test_task_without_an_hour_any_more_leaves_the_calendar(self):
        action = self._visit()
        action.write({"mode": "free", "date_end": False})
        self.assertTrue(self._activity(action).active)
        self.assertFalse(self._activity(action).calendar_event_id)
        self.assertFalse(self._event(action).active)

    def test_closing_a_campaign_clears_all_agendas(self):
        partners = self.partner | self._create_partner("Bruno Neri")
        campaign = self._create_campaign(partners)
        campaign.with_user(self.manager).action_launch()
        activities = campaign.lead_ids.activity_ids
        self.assertEqual(len(activities), 2)
        campaign.with_user(self.manager).action_close()
        self.assertFalse(activities.exists())

    def test_losing_an_opportunity_clears_its_agenda(self):
        lead = self._start()
        action = self._planned(lead)
        lead.action_set_lost()
        self.assertFalse(self._activity(action))

    def test_deleting_an_opportunity_takes_its_tasks_along(self):
        lead = self._create_lead()
        action = self._visit(lead_id=lead.id)
        event, activity = self._event(action), self._activity(action)
        lead.with_user(self.manager).unlink()
        self.assertFalse(event.exists() or activity.exists() or action.exists())

    def test_merged_opportunities_keep_one_activity_each_task(self):
        first, second = self._start(), self._create_lead()
        action = self._visit(lead_id=second.id)
        (first | second).sudo().merge_opportunity(user_id=False)
        kept = (first | second).exists()
        self.assertEqual(len(kept), 1)
        for task in self._planned(kept) | action.exists():
            self._check_agreement(task)

    def test_nothing_is_lost_when_somebody_leaves(self):
        action = self._visit().with_user(self.leader)
        self.seller.action_archive()
        self.assertEqual(action.state, "planned")
        self.assertFalse(action.user_id)
        self._check_agreement(action)

    # === INVITATIONS === #

    def test_guests_are_invited_told_of_changes_and_of_the_end(self):
        guests = self.partner | self.other_seller.partner_id
        action = self._visit(guest_ids=guests.ids)
        event = self._event(action)
        self.assertEqual(event.partner_ids, self.seller.partner_id | guests)
        self.assertEqual(self._letters(event), {self.partner.email: ["Invitation"]})
        action.reschedule(TUESDAY + timedelta(days=1))
        action.cancel()
        self.assertEqual(
            self._letters(event),
            {self.partner.email: ["Invitation", "Date updated", "Deleted event"]},
        )

    def _letters(self, event):
        """What the entity was written, by the first words that tell it."""
        mails = (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", "calendar.event"), ("res_id", "=", event.id)])
            .filtered(lambda mail: self.partner in mail.recipient_ids)
        )
        words = ("Invitation", "Date updated", "Deleted event")
        return {
            self.partner.email: [
                next(word for word in words if word in mail.subject)
                for mail in mails.sorted("id")
            ]
        }

    def test_nobody_is_written_to_for_tasks_of_their_own(self):
        before = self.env["mail.mail"].sudo().search_count([])
        action = self._visit()
        action.with_user(self.leader).reassign(self.other_seller.id)
        self.assertEqual(self.env["mail.mail"].sudo().search_count([]), before)

    def test_guests_invited_in_the_calendar_are_guests_of_the_action(self):
        action = self._visit()
        self._event(action).write({"partner_ids": [(4, self.partner.id)]})
        self.assertEqual(action.guest_ids, self.partner)
        self._check_agreement(action)

    # === FROM THE ACTIVITY === #

    def test_activity_ticked_off_is_a_done_action_whose_outcome_is_missing(self):
        lead = self._start()
        action = self._planned(lead).with_user(self.seller)
        self._create_rule(self.interested, move="next")
        self._activity(action).action_feedback(feedback="Nice talk")
        self.assertEqual((action.state, action.note), ("done", "Nice talk"))
        self.assertTrue(action.lacks_outcome)
        self.assertEqual(lead.playbook_stage_id, self.first)
        action.done(self.interested.id)
        self.assertEqual(lead.playbook_stage_id, self.second)
        self.assertFalse(action.lacks_outcome)
        with self.assertRaises(UserError):
            action.done(self.interested.id)

    def test_missing_outcomes_are_found(self):
        lead = self._start()
        action = self._planned(lead).with_user(self.seller)
        self._activity(action).action_done()
        found = self.env["crm.action"].search([("lacks_outcome", "=", True)])
        self.assertIn(action, found)
        action.done(self.interested.id)
        found = self.env["crm.action"].search([("lacks_outcome", "=", True)])
        self.assertNotIn(action, found)

    def test_the_only_outcome_there_is_needs_not_be_chosen(self):
        self.call.outcome_ids = self.interested
        self._create_rule(self.interested, move="next")
        lead = self._start()
        self._activity(self._planned(lead)).action_done()
        self.assertEqual(lead.playbook_stage_id, self.second)

    def test_archived_activity_is_a_done_action(self):
        action = self._visit()
        self._activity(action).action_archive()
        self.assertEqual(action.state, "done")
        with self.assertRaises(UserError):
            self._activity(action).action_unarchive()

    def test_activity_moved_to_another_day_keeps_its_hour(self):
        action = self._visit()
        # The clocks change in Rome on the 29th of March: nine UTC becomes eight.
        self._activity(action).date_deadline = date(2026, 3, 30)
        self.assertEqual(action.date_start, datetime(2026, 3, 30, 8, 0))
        self.assertEqual(action.date_end, datetime(2026, 3, 30, 9, 0))
        self._check_agreement(action)

    def test_activity_reassigned_is_an_action_reassigned(self):
        action = self._visit()
        self._activity(action).user_id = self.other_seller
        self.assertEqual(action.sudo().user_id, self.other_seller)
        self._check_agreement(action)

    def test_cancelled_activity_is_a_cancelled_action(self):
        action = self._visit()
        self._activity(action).action_cancel()
        self.assertEqual(action.state, "cancelled")
        self._check_agreement(action)

    def test_meeting_made_for_an_activity_plans_the_action(self):
        action = self._free()
        self.env["calendar.event"].with_user(self.seller).create(
            {
                "name": "At their place",
                "start": TUESDAY + timedelta(days=1),
                "stop": TUESDAY + timedelta(days=1, hours=2),
                "user_id": self.seller.id,
                "partner_ids": [(6, 0, self.seller.partner_id.ids)],
                "activity_ids": [(6, 0, self._activity(action).ids)],
            }
        )
        self.assertEqual(action.mode, "planned")
        self.assertEqual(action.date_end - action.date_start, 2 * HOUR)
        self._check_agreement(action)

    # === FROM THE CALENDAR === #

    def test_event_moved_is_an_action_moved(self):
        action = self._visit()
        start = TUESDAY + timedelta(days=3, hours=5)
        self._event(action).write({"start": start, "stop": start + 3 * HOUR})
        self.assertEqual(
            (action.date_start, action.date_end), (start, start + 3 * HOUR)
        )
        self._check_agreement(action)

    def test_event_handed_over_is_an_action_reassigned(self):
        action = self._visit()
        self._event(action).user_id = self.other_seller
        self.assertEqual(action.sudo().user_id, self.other_seller)
        self._check_agreement(action)

    def test_event_deleted_or_archived_is_an_action_cancelled(self):
        for end in ("unlink", "action_archive"):
            with self.subTest(end=end):
                action = self._visit()
                getattr(self._event(action), end)()
                self.assertEqual(action.state, "cancelled")
                self._check_agreement(action)

    def test_event_of_a_done_task_may_go(self):
        action = self._visit()
        action.done(self.interested.id)
        self._event(action).unlink()
        self.assertEqual(action.state, "done")

    def test_event_of_a_task_is_not_repeated(self):
        event = self._event(self._visit())
        with self.assertRaises(UserError):
            event.write({"recurrency": True, "rrule_type": "daily", "count": 3})

    def test_event_of_a_task_lasts_no_whole_day(self):
        event = self._event(self._visit())
        with self.assertRaises(UserError):
            event.write({"allday": True})

    def test_last_guest_may_be_taken_off_the_event(self):
        action = self._visit(guest_ids=self.partner.ids)
        event = self._event(action)
        event.partner_ids -= self.partner
        self.assertFalse(action.guest_ids)
        self.assertEqual(self._letters(event)[self.partner.email], ["Invitation"])

    def test_all_that_is_said_of_an_activity_at_once_is_heard(self):
        action = self._visit()
        change = {"date_deadline": "2026-03-10", "user_id": self.other_seller.id}
        self._activity(action).write(change)
        self.assertEqual(action.sudo().date_start.day, 10)
        self.assertEqual(action.sudo().user_id, self.other_seller)

    def test_all_that_is_said_of_an_event_at_once_is_heard(self):
        action = self._visit()
        start = TUESDAY + 3 * HOUR
        self._event(action).write(
            {
                "start": start,
                "stop": start + HOUR,
                "user_id": self.other_seller.id,
                "partner_ids": [(4, self.partner.id)],
            }
        )
        told = action.sudo()
        self.assertEqual(
            (told.date_start, told.user_id, told.guest_ids),
            (start, self.other_seller, self.partner),
        )
        self._check_agreement(action)

    def test_other_records_edited_together_are_as_ever(self):
        action = self._visit()
        other = self.partner.with_user(self.seller).activity_schedule(
            date_deadline=date(2026, 3, 5), user_id=self.seller.id
        )
        meeting = (
            self.env["calendar.event"]
            .with_user(self.seller)
            .create(
                {
                    "name": "Another",
                    "start": datetime(2026, 3, 6, 9),
                    "stop": datetime(2026, 3, 6, 10),
                    "activity_ids": [(6, 0, other.ids)],
                }
            )
        )
        self.assertEqual(other.date_deadline, date(2026, 3, 6))
        (other | self._activity(action)).write({"date_deadline": date(2026, 3, 9)})
        self.assertEqual(meeting.start.day, 9)
        self.assertEqual(action.date_start.day, 9)

    def test_words_of_people_stay(self):
        action = self._visit()
        activity, event = self._activity(action), self._event(action)
        activity.write({"note": "<p>Ring twice</p>", "date_deadline": "2026-03-06"})
        event.write({"location": "Side door", "start": TUESDAY + 2 * HOUR})
        self.assertIn("Ring twice", activity.note)
        self.assertEqual(event.location, "Side door")

    def test_merged_entities_keep_their_meetings(self):
        other = self._create_partner("Ada Rossi")
        action = self._visit(partner_id=other.id)
        merging = self.env["base.partner.merge.automatic.wizard"].create({})
        merging._merge((self.partner | other).ids, self.partner)
        event = self._event(action).sudo()
        self.assertEqual(event.res_id, self.partner.id)
        self.assertIn(self.partner.name, event.name)
        self._check_agreement(action)

    # === WHO MAY === #

    def test_colleagues_do_not_move_what_they_may_not_see(self):
        action = self._visit()
        for mirror, values in (
            (self._event(action, self.other_seller), {"start": TUESDAY + HOUR}),
            (
                self._activity(action, self.other_seller),
                {"date_deadline": "2026-04-01"},
            ),
        ):
            with self.subTest(mirror=mirror), self.assertRaises(AccessError):
                mirror.write(values)
        for mirror in (
            self._event(action, self.other_seller),
            self._activity(action, self.other_seller),
        ):
            with self.subTest(mirror=mirror), self.assertRaises(AccessError):
                mirror.unlink()

    def test_colleagues_neither_do_nor_revive_what_they_may_not_see(self):
        action, cancelled, free = self._visit(), self._visit(), self._free()
        cancelled.cancel()
        others = self.other_seller
        meeting = {
            "name": "Mine now",
            "start": TUESDAY,
            "stop": TUESDAY + HOUR,
            "activity_ids": [(6, 0, self._activity(free).ids)],
        }
        for change in (
            lambda: self._activity(action, others).action_feedback("Not mine"),
            lambda: self._activity(action, others).action_archive(),
            lambda: self._event(cancelled, others).write({"active": True}),
            lambda: self.env["calendar.event"].with_user(others).create(meeting),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                change()
            self.env.invalidate_all()
        self.assertEqual(action.state, "planned")
        self.assertEqual(cancelled.state, "cancelled")
        self.assertEqual(free.mode, "free")

    def test_leader_moves_tasks_of_opportunities_of_others(self):
        lead = self._start()
        task = self._planned(lead).with_user(self.leader)
        task.reschedule(TUESDAY + HOUR)
        self.assertEqual(task.date_start, TUESDAY + HOUR)

    def test_who_does_not_sell_moves_and_deletes_own_meetings(self):
        clerk = self._create_user("clerk", "base.group_user")
        moved, deleted = self._visit(), self._visit()
        (moved | deleted).with_user(self.leader).reassign(clerk.id)
        self._event(moved, clerk).write({"start": TUESDAY + 3 * HOUR})
        self._event(deleted, clerk).unlink()
        self.assertEqual(moved.sudo().date_start, TUESDAY + 3 * HOUR)
        self.assertEqual(deleted.sudo().state, "cancelled")

    def test_whoever_has_a_task_does_it_though_no_salesperson(self):
        clerk = self._create_user("clerk", "base.group_user")
        lead = self._start()
        action = self._planned(lead)
        action.with_user(self.leader).reassign(clerk.id)
        self._activity(action, clerk).action_feedback("Done it")
        self.assertEqual(action.state, "done")

    def test_no_activity_poses_as_that_of_an_action(self):
        action = self._visit(user_id=False)
        activity = {
            "res_model_id": self.env["ir.model"]._get_id("res.partner"),
            "res_id": self.partner.id,
            "crm_action_id": action.id,
        }
        for model, values in (
            ("mail.activity", activity),
            ("calendar.event", {"name": "Mine", "crm_action_id": action.id}),
        ):
            with self.subTest(model=model), self.assertRaises(UserError):
                self.env[model].with_user(self.seller).create(values)

    def test_database_refuses_a_second_mirror_of_an_action(self):
        action, other = self._visit(), self._visit()
        for mirror in (self._activity(other), self._event(other)):
            with (
                self.subTest(mirror=mirror._name),
                self.assertRaises(UniqueViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.execute_query(
                    SQL(
                        "UPDATE %s SET crm_action_id = %s WHERE id = %s RETURNING id",
                        SQL.identifier(mirror._table),
                        action.id,
                        mirror.id,
                    )
                )

    def test_form_of_an_action_invites_the_contact(self):
        action = self._visit()
        with Form(action) as form:
            form.guest_ids.add(self.partner)
        self.assertIn(self.partner, self._event(action).partner_ids)

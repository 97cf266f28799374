from datetime import datetime, timedelta

from lxml import etree

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import MONDAY, PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmAction(PlaybookCase):
    # === REGISTER === #

    def test_action_is_registered_without_campaign_or_opportunity(self):
        action = self._register(partner_id=self.partner.id)
        self.assertEqual(action.state, "done")
        self.assertEqual(action.outcome_id, self.interested)
        self.assertEqual(action.user_id, self.seller)
        self.assertFalse(action.lead_id)
        self.assertEqual(action.sudo().cost, 2.5)

    def test_registering_does_the_planned_action_of_the_opportunity(self):
        lead = self._start()
        planned = self._planned(lead)
        action = self._register(lead_id=lead.id)
        self.assertEqual(action, planned)
        self.assertFalse(self._planned(lead))

    def test_registering_another_type_leaves_the_planned_action(self):
        lead = self._start()
        action = self._register(lead_id=lead.id, action_type_id=self.visit.id)
        self.assertEqual(action.playbook_stage_id, self.first)
        self.assertEqual(len(self._planned(lead)), 1)

    def test_registered_action_starts_a_campaign_that_remembers_it(self):
        campaign = self._create_campaign(self.env["res.partner"])
        campaign.action_launch()
        action = self._register(
            partner_id=self.partner.id, spawn_campaign_id=campaign.id
        )
        self.assertEqual(campaign.lead_ids.origin_action_id, action)

    def test_register_says_what_is_wrong_and_writes_nothing(self):
        before = self.env["crm.action"].search_count([])
        future = fields.Datetime.now() + timedelta(days=1)
        for values in (
            {"partner_id": self.partner.id, "colour": "blue"},
            {"partner_id": 0},
            {"partner_id": self.partner.id, "outcome_id": self.sent.id},
            {"partner_id": self.partner.id, "done_at": future},
            {"partner_id": self.partner.id, "done_at": "yesterday"},
            {"partner_id": self.partner.id, "action_type_id": -1},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                with self.env.cr.savepoint():
                    self._register(**values)
        self.assertEqual(self.env["crm.action"].search_count([]), before)

    def test_past_action_keeps_its_date(self):
        action = self._register(
            partner_id=self.partner.id, done_at="2025-05-01 10:00:00"
        )
        self.assertEqual(action.done_at, datetime(2025, 5, 1, 10))

    # === THE LIFE OF AN ACTION === #

    def test_done_action_is_neither_edited_nor_deleted(self):
        action = self._register(partner_id=self.partner.id)
        with self.assertRaises(UserError):
            action.with_user(self.manager).write({"note": "Something else"})
        with self.assertRaises(UserError):
            action.with_user(self.manager).unlink()

    def test_state_is_not_written_by_hand(self):
        action = self._planned(self._start())
        with self.assertRaises(UserError):
            action.with_user(self.manager).write({"state": "done"})
        with self.assertRaises(UserError):
            self.env["crm.action"].with_user(self.manager).create(
                {
                    "partner_id": self.partner.id,
                    "action_type_id": self.call.id,
                    "state": "done",
                    "done_at": fields.Datetime.now(),
                }
            )

    def test_forged_context_does_not_open_the_door(self):
        action = self._planned(self._start())
        with self.assertRaises(UserError):
            action.with_context(crm_playbook_engine=True).write({"state": "done"})

    def test_defaults_in_the_context_do_not_open_the_door(self):
        forged = {
            "default_state": "done",
            "default_points": 1000,
            "default_done_at": fields.Datetime.now(),
            "default_crm_campaign_id": self._create_campaign(self.partner).id,
        }
        action = (
            self.env["crm.action"]
            .with_user(self.seller)
            .with_context(**forged)
            .create({"partner_id": self.partner.id, "action_type_id": self.call.id})
        )
        self.assertEqual((action.state, action.points), ("planned", 0))
        self.assertFalse(action.crm_campaign_id)

    def test_campaign_of_an_action_is_that_of_its_opportunity(self):
        campaign = self._create_campaign(self.partner)
        with self.assertRaises(UserError):
            self.env["crm.action"].with_user(self.seller).create(
                {
                    "partner_id": self.partner.id,
                    "action_type_id": self.call.id,
                    "crm_campaign_id": campaign.id,
                }
            )
        campaign.action_launch()
        action = self.env["crm.action"].create(
            {"lead_id": campaign.lead_ids.id, "action_type_id": self.visit.id}
        )
        self.assertEqual(action.crm_campaign_id, campaign)

    def test_action_is_not_moved_to_the_opportunity_of_a_colleague(self):
        foreign = self._create_lead(user_id=self.other_seller.id)
        own = self._planned_visit()
        with self.assertRaises(UserError):
            own.write({"lead_id": foreign.id})
        with self.assertRaises(UserError):
            self.env["crm.action"].with_user(self.seller).create(
                {"lead_id": foreign.id, "action_type_id": self.call.id}
            )

    def test_nothing_is_planned_for_a_closed_opportunity(self):
        lead = self._start()
        lead.action_set_lost()
        with self.assertRaises(UserError):
            self.env["crm.action"].with_user(self.seller).create(
                {"lead_id": lead.id, "action_type_id": self.call.id}
            )

    def test_call_is_never_automatic(self):
        with self.assertRaises(ValidationError):
            self.env["crm.action"].with_user(self.seller).create(
                {
                    "partner_id": self.partner.id,
                    "action_type_id": self.call.id,
                    "mode": "automatic",
                }
            )

    def test_task_of_a_stage_that_was_left_is_not_planned_again(self):
        lead = self._start()
        task = self._planned(lead)
        lead.go_to_stage(self.second.id)
        with self.assertRaises(UserError):
            task.with_user(self.seller).reschedule("2030-01-01 10:00:00")

    def test_seller_records_only_what_they_did_themselves(self):
        with self.assertRaises(UserError):
            self._register(partner_id=self.partner.id, user_id=self.other_seller.id)
        register = self.env["crm.action"].with_user(self.manager).register
        action_id = register(
            {
                "partner_id": self.partner.id,
                "action_type_id": self.call.id,
                "outcome_id": self.interested.id,
                "user_id": self.seller.id,
            }
        )
        action = self.env["crm.action"].browse(action_id)
        self.assertEqual(action.user_id, self.seller)
        self.assertEqual(action.done_by_id, self.manager)

    def test_registering_for_an_opportunity_of_another_entity_is_refused(self):
        lead = self._start()
        stranger = self._create_partner("Somebody Else")
        with self.assertRaises(UserError):
            self._register(lead_id=lead.id, partner_id=stranger.id)

    def test_registering_says_when_the_campaign_does_not_start(self):
        campaign = self._create_campaign(self.partner)
        campaign.action_launch()
        with self.assertRaises(UserError):
            self._register(partner_id=self.partner.id, spawn_campaign_id=campaign.id)

    def test_seller_does_not_see_what_actions_cost(self):
        with self.assertRaises(UserError):
            self.call.with_user(self.seller).read(["marginal_cost"])

    def test_done_twice_is_refused(self):
        action = self._planned(self._start()).with_user(self.seller)
        action.done(self.interested.id)
        with self.assertRaises(UserError):
            action.done(self.interested.id)

    def test_note_is_kept(self):
        action = self._planned(self._start()).with_user(self.seller)
        action.done(self.interested.id, note="Call in May")
        self.assertEqual(action.note, "Call in May")

    def test_reschedule_keeps_the_length(self):
        action = self._planned_visit()
        action.reschedule("2026-03-09 15:00:00")
        self.assertEqual(action.date_start, datetime(2026, 3, 9, 15))
        self.assertEqual(action.date_end - action.date_start, timedelta(hours=1))

    def test_cancelled_action_is_planned_again_by_rescheduling(self):
        action = self._planned_visit()
        action.cancel("On holiday")
        self.assertEqual(action.cancel_reason, "On holiday")
        action.reschedule("2026-03-09 15:00:00")
        self.assertEqual(action.state, "planned")
        self.assertFalse(action.cancel_reason)

    def test_unreadable_date_changes_nothing(self):
        action = self._planned_visit()
        before = action.date_start
        with self.assertRaises(UserError):
            action.reschedule("next week")
        self.assertEqual(action.date_start, before)

    def test_action_of_closed_opportunity_is_not_planned_again(self):
        lead = self._start()
        action = self._planned(lead)
        lead.action_set_lost()
        self.assertEqual(action.state, "cancelled")
        with self.assertRaises(UserError):
            action.with_user(self.seller).reschedule("2030-01-01 10:00:00")

    def test_reassign_gives_it_to_another_user(self):
        action = self._planned_visit()
        action.reassign(self.other_seller.id)
        self.assertEqual(action.user_id, self.other_seller)

    def test_reassign_to_a_customer_is_refused(self):
        portal = self._create_user("portal", "base.group_portal")
        with self.assertRaises(UserError):
            self._planned_visit().reassign(portal.id)

    def test_first_to_take_a_team_task_has_it(self):
        action = self.env["crm.action"].create(
            {
                "partner_id": self.partner.id,
                "action_type_id": self.call.id,
                "user_id": False,
                "team_id": self.team.id,
            }
        )
        action.with_user(self.seller).take()
        self.assertEqual(action.user_id, self.seller)
        with self.assertRaises(UserError):
            action.with_user(self.manager).take()

    # === CORRECTING === #

    def test_correction_undoes_what_was_planned_and_answers_anew(self):
        self._create_rule(self.interested, task_type_id=self.visit.id, points=5)
        self._create_rule(self.declined, move="lost")
        lead = self._start()
        wrong = self._planned(lead).with_user(self.seller)
        wrong.done(self.interested.id)
        visit = self._planned(lead)
        right = self.env["crm.action"].browse(wrong.correct(self.declined.id))
        self.assertEqual(visit.state, "cancelled")
        self.assertEqual(wrong.outcome_id, self.interested)
        self.assertEqual(wrong.corrected_by_id, right)
        self.assertEqual(right.outcome_id, self.declined)
        self.assertEqual(lead.won_status, "lost")

    def test_correction_is_answered_in_the_stage_where_it_was_wrong(self):
        self._create_rule(self.interested, stage_id=self.first.id, move="next")
        self._create_rule(self.declined, stage_id=self.first.id, move="lost")
        lead = self._start()
        wrong = self._planned(lead).with_user(self.seller)
        wrong.done(self.interested.id)
        self.assertEqual(lead.playbook_stage_id, self.second)
        wrong.correct(self.declined.id)
        self.assertEqual(lead.won_status, "lost")
        self.assertEqual(lead.playbook_stage_id, self.first)
        self.assertFalse(self._planned(lead))

    def test_correction_reopens_what_the_wrong_outcome_closed(self):
        self._create_rule(self.declined, move="lost", points=3)
        self._create_rule(self.interested, task_type_id=self.visit.id)
        for move in ("lost", "won"):
            with self.subTest(move=move):
                self.playbook.rule_ids.filtered("points").move = move
                lead = self._start()
                wrong = self._planned(lead).with_user(self.seller)
                wrong.done(self.declined.id)
                self.assertEqual(lead.won_status, move)
                wrong.correct(self.interested.id)
                self.assertEqual(lead.won_status, "pending")
                self.assertTrue(lead.active)
                self.assertEqual(self._planned(lead).action_type_id, self.visit)

    def test_correction_after_the_opportunity_moved_on_changes_only_the_record(self):
        self._create_rule(self.interested, move="next")
        self._create_rule(self.declined, move="lost")
        lead = self._start()
        wrong = self._planned(lead).with_user(self.seller)
        wrong.done(self.interested.id)
        lead.go_to_stage(self.third.id)
        right = self.env["crm.action"].browse(wrong.correct(self.declined.id))
        self.assertEqual(right.outcome_id, self.declined)
        self.assertEqual(lead.playbook_stage_id, self.third)
        self.assertEqual(lead.won_status, "pending")

    def test_corrected_attempt_counts_once(self):
        self._create_rule(trigger="attempts", attempts=2, move="lost")
        lead = self._start()
        wrong = self._planned(lead).with_user(self.seller)
        wrong.done(self.interested.id)
        wrong.correct(self.no_answer.id)
        self.assertEqual(lead.won_status, "pending")

    def test_corrected_action_costs_once(self):
        campaign = self._create_campaign(self.partner)
        campaign.action_launch()
        action = self._planned(campaign.lead_ids).with_user(self.seller)
        action.done(self.interested.id)
        action.correct(self.declined.id)
        self.assertEqual(campaign.action_cost, 2.5)

    def test_action_is_corrected_once(self):
        action = self._register(partner_id=self.partner.id)
        action.correct(self.declined.id)
        with self.assertRaises(UserError):
            action.correct(self.no_answer.id)

    # === PLANNING === #

    def test_planned_visit_falls_in_the_working_hours_of_who_does_it(self):
        friday_evening = datetime(2026, 3, 6, 19, 10)
        with self._at(friday_evening):
            visit = self._planned_visit()
        self.assertEqual(visit.date_start, datetime(2026, 3, 9, 8))

    def test_planned_hours_are_those_of_the_users_own_zone(self):
        self.seller.tz = "Asia/Tokyo"
        with self._at(MONDAY + timedelta(hours=3)):
            visit = self._planned_visit()
        self.assertEqual(visit.date_start, datetime(2026, 3, 2, 23))

    def test_days_of_delay_keep_the_hour_when_the_clocks_change(self):
        self.seller.tz = "Europe/Madrid"
        self.visit_stage.task_delay_days = 3
        before_change = datetime(2026, 3, 27, 9)
        with self._at(before_change):
            visit = self._planned_visit()
        self.assertEqual(visit.date_start, datetime(2026, 3, 30, 8))

    def test_leave_is_respected(self):
        calendar = self.env.company.resource_calendar_id
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Public holiday",
                "calendar_id": calendar.id,
                "date_from": datetime(2026, 3, 2, 0),
                "date_to": datetime(2026, 3, 2, 23, 59),
            }
        )
        with self._at(MONDAY):
            visit = self._planned_visit()
        self.assertEqual(visit.date_start.date().isoformat(), "2026-03-03")

    def test_planned_hours_are_whole_quarters(self):
        with self._at(MONDAY + timedelta(minutes=7, seconds=3)):
            visit = self._planned_visit()
        self.assertEqual(visit.date_start, MONDAY + timedelta(minutes=15))

    def test_late_tasks_are_found(self):
        with self._at(MONDAY):
            visit = self._planned_visit()
        with self._at(MONDAY + timedelta(days=1)):
            self.assertIn(
                visit, self.env["crm.action"].search([("is_late", "=", True)])
            )
            self.assertTrue(visit.is_late)

    def test_a_free_task_is_late_once_its_day_is_over_where_one_is(self):
        self._start()
        call = self._planned(self.partner)
        call.date_start = MONDAY
        self.seller.tz = "Asia/Tokyo"
        for hours, is_late in ((5, False), (6, True)):
            with self._at(MONDAY + timedelta(hours=hours)):
                self.env.invalidate_all()
                seen = self.env(user=self.seller.id)["crm.action"]
                found = seen.search([("id", "=", call.id), ("is_late", "=", True)])
                self.assertEqual(bool(found), is_late)
                self.assertEqual(seen.browse(call.id).is_late, is_late)

    def test_a_task_without_a_date_yet_is_not_late(self):
        self.assertFalse(self.env["crm.action"].new({"date_start": False}).is_late)

    # === THE AGENDA === #

    def test_agenda_asks_as_few_queries_for_many_tasks_as_for_one(self):
        self._start()
        self._agenda_queries(1)  # from now on the access rules are in the cache
        for_one = self._agenda_queries(1)
        for number in range(5):
            self._start(self._create_lead(self._create_partner(f"Entity {number}")))
        self.assertEqual(self._agenda_queries(6), for_one)

    def _agenda_queries(self, expected):
        """How many queries the list "My Actions" takes for so many tasks."""
        view = self.env.ref("crm_playbook.crm_action_view_list_my")
        arch = self.env["crm.action"].get_view(view.id, "list")["arch"]
        names = [node.get("name") for node in etree.fromstring(arch).iter("field")]
        self.env.flush_all()
        self.env.invalidate_all()
        actions = self.env(user=self.seller.id)["crm.action"]
        before = self.env.cr.sql_log_count
        page = actions.web_search_read(
            [("user_id", "=", self.seller.id), ("state", "=", "planned")],
            {
                name: {"fields": {"display_name": {}}}
                if actions._fields[name].relational
                else {}
                for name in names
            },
        )
        self.assertEqual(len(page["records"]), expected)
        return self.env.cr.sql_log_count - before

    # === WHO DOES IT === #

    def test_each_way_to_name_the_assignee(self):
        contact = self.other_seller.partner_id
        self.partner.user_id = self.other_seller
        expected = {
            "me": self.seller,
            "journey_salesperson": self.seller,
            "entity_salesperson": self.other_seller,
            "stage_user": self.manager,
            "fixed_user": self.manager,
            "contact_user": self.other_seller,
            "team": self.env["res.users"],
        }
        for assignee, user in expected.items():
            with self.subTest(assignee=assignee):
                self.first.write(
                    {
                        "assignee": assignee,
                        "user_id": self.manager.id,
                        "assignee_user_id": self.manager.id,
                        "assignee_partner_id": contact.id,
                    }
                )
                self.assertEqual(self._planned(self._start()).user_id, user)

    def test_round_robin_takes_turns(self):
        self.first.assignee = "round_robin"
        partners = self._create_partners(4)
        campaign = self._create_campaign(partners)
        campaign.action_launch()
        self.assertEqual(
            campaign.action_ids.sorted("id").mapped("user_id"),
            self.seller | self.other_seller,
        )
        self.assertEqual(self._tasks_of(campaign, self.seller), 2)

    def test_least_loaded_levels_the_load(self):
        for _task in range(3):
            self.env["crm.action"].create(
                {
                    "partner_id": self.partner.id,
                    "action_type_id": self.call.id,
                    "user_id": self.seller.id,
                }
            )
        self.first.assignee = "least_loaded"
        campaign = self._create_campaign(self._create_partners(5))
        campaign.action_launch()
        self.assertEqual(self._tasks_of(campaign, self.seller), 1)
        self.assertEqual(self._tasks_of(campaign, self.other_seller), 4)

    # === HELPERS === #

    def _register(self, **values):
        actions = self.env["crm.action"].with_user(self.seller)
        values = {
            "action_type_id": self.call.id,
            "outcome_id": self.interested.id,
            **values,
        }
        return actions.browse(actions.register(values))

    @property
    def visit_stage(self):
        self.first.write({"task_type_id": self.visit.id, "task_mode": "planned"})
        return self.first

    def _planned_visit(self):
        self.assertEqual(self.visit_stage.task_mode, "planned")
        return self._planned(self._start()).with_user(self.seller)

    def _create_partners(self, count):
        return self.env["res.partner"].concat(
            *(self._create_partner(f"Partner {number}") for number in range(count))
        )

    def _tasks_of(self, campaign, user):
        return len(campaign.action_ids.filtered(lambda action: action.user_id == user))

    def test_wrong_opportunity_for_the_entity_is_refused(self):
        lead = self._create_lead()
        stranger = self._create_partner("Somebody Else")
        with self.assertRaises(ValidationError):
            self.env["crm.action"].create(
                {
                    "lead_id": lead.id,
                    "partner_id": stranger.id,
                    "action_type_id": self.call.id,
                }
            )

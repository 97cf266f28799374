from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import TeamCase

MONDAY = datetime(2026, 3, 2)
NOON = MONDAY + timedelta(hours=12)
LISTS = ("late", "lacking", "free", "nobody")


class AgendaCase(TeamCase):
    """The same company on a Monday at noon, with what its people have to do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nobody = cls.env["res.users"]
        calendar = cls.env["resource.calendar"].create(
            {"name": "From nine to five", "tz": "UTC", "attendance_ids": cls._hours()}
        )
        cls.env.company.resource_calendar_id = calendar
        cls.calendar = calendar

    @classmethod
    def _hours(cls):
        return [
            (
                0,
                0,
                {
                    "name": day,
                    "dayofweek": day,
                    "hour_from": 9,
                    "hour_to": 17,
                    "day_period": "morning",
                },
            )
            for day in "01234"
        ]

    def setUp(self):
        super().setUp()
        self.startPatcher(self._at(NOON))

    @classmethod
    def _plan(cls, user, hour=0, hours=None, **values):
        """A task at so many hours after Monday began: free, if it takes no hours."""
        start = MONDAY + timedelta(hours=hour)
        if hours:
            values |= {"mode": "planned", "date_end": start + timedelta(hours=hours)}
        return cls.env["crm.action"].create(
            {
                "partner_id": cls.partner.id,
                "action_type_id": cls.call.id,
                "user_id": user.id,
                "team_id": cls.team.id,
                "date_start": start,
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestCrmAgenda(AgendaCase):
    """What people have to do in a span of days: exact, and no more than one may see."""

    def _agenda(self, user, days=1, first=MONDAY, zone="UTC", **options):
        return (
            self.env["crm.agenda"]
            .with_user(user)
            .with_context(tz=zone)
            .get_agenda(
                str(first),
                str(first + timedelta(days=days)),
                **options,
            )
        )

    def _figures(self, user, **options):
        return self._agenda(user, **options)["figures"]

    def _check_lists(self, agenda, **wanted):
        """The lists of the agenda hold these tasks in this order, and no other."""
        found = {name: [task["id"] for task in agenda[name]["tasks"]] for name in LISTS}
        self.assertEqual(
            found, {name: list(wanted.get(name, [])) for name in LISTS}, "Other tasks"
        )

    def _planned_ids(self, agenda):
        return [task["id"] for task in agenda["planned"]]

    # === WHAT IS SHOWN === #

    def test_each_task_has_its_place(self):
        planned = self._plan(self.seller, 15, 1)
        late = self._plan(self.seller, 9, 1)
        late_free = self._plan(self.seller, -30)
        free = self._plan(self.seller, 1)
        to_take = self._plan(self.nobody, -40)
        self._plan(self.seller, 24)
        self._plan(self.seller, 24, 1)
        self._plan(self.nobody, 24)
        agenda = self._agenda(self.seller)
        self.assertEqual(self._planned_ids(agenda), [late.id, planned.id])
        self._check_lists(
            agenda, late=[late_free.id, late.id], free=[free.id], nobody=[to_take.id]
        )

    def test_what_was_ticked_off_waits_for_its_outcome(self):
        task = self._plan(self.seller)
        task.activity_ids.with_user(self.seller).action_done()
        self._check_lists(self._agenda(self.seller), lacking=[task.id])
        task.with_user(self.seller).done(self.interested.id)
        self._check_lists(self._agenda(self.seller))

    def test_week_shows_what_may_be_done_in_it(self):
        today, sunday = self._plan(self.seller), self._plan(self.seller, 6 * 24 + 23)
        planned = self._plan(self.seller, 6 * 24 + 23, 1)
        self._plan(self.seller, 7 * 24)
        self._plan(self.seller, 7 * 24, 1)
        agenda = self._agenda(self.seller, days=7)
        self.assertEqual(self._planned_ids(agenda), [planned.id])
        self._check_lists(agenda, free=[today.id, sunday.id])

    def test_what_is_late_depends_on_the_time_zone(self):
        """At noon UTC it is Tuesday already in Kiritimati, 14 hours ahead."""
        task = self._plan(self.seller, 9)
        self._check_lists(self._agenda(self.seller), free=[task.id])
        agenda = self._agenda(self.seller, zone="Pacific/Kiritimati")
        self._check_lists(agenda, late=[task.id])

    def test_lists_show_their_beginning_and_say_how_many_there_are(self):
        tasks = [self._plan(self.seller, hour) for hour in (1, 2, 3)]
        free = self._agenda(self.seller, limit=2)["free"]
        shown = [task["id"] for task in free["tasks"]]
        self.assertEqual(shown, [tasks[0].id, tasks[1].id])
        self.assertEqual(free["count"], 3)

    def test_counting_ends_where_nobody_counts_on(self):
        for hour in (1, 2, 3):
            self._plan(self.seller, hour)
        with patch("odoo.addons.crm_playbook.models.crm_agenda.MOST_COUNTED", 2):
            agenda = self._agenda(self.seller, limit=1)
        self.assertEqual((agenda["free"]["count"], agenda["figures"]["left"]), (2, 2))

    def test_what_the_scheduler_does_is_not_shown(self):
        email = self._create_message_type()
        self._plan(self.seller, -1, mode="automatic", action_type_id=email.id)
        self._plan(self.nobody, -1, mode="automatic", action_type_id=email.id)
        agenda = self._agenda(self.seller)
        self._check_lists(agenda)
        self.assertEqual(agenda["figures"]["left"], 0)

    def test_card_says_what_one_needs(self):
        self.partner.write(
            {
                "phone": "+34 612 34 56 78",
                "country_id": self.env.ref("base.es").id,
                "street": "Calle Mayor 1",
                "zip": "28013",
                "city": "Madrid",
            }
        )
        lead = self._start()
        self._planned(lead).with_user(self.seller).plan(MONDAY + timedelta(hours=15))
        (card,) = self._agenda(self.seller)["planned"]
        self.assertEqual(card["partner"]["name"], "Ada Bianchi")
        self.assertEqual((card["type"], card["icon"]), ("Test call", "fa-phone"))
        self.assertEqual(card["lead"], {"id": lead.id, "name": lead.display_name})
        self.assertEqual(card["stage"], "First")
        self.assertEqual(card["start"], "2026-03-02 15:00:00")
        self.assertEqual(card["end"], "2026-03-02 15:15:00")
        self.assertEqual(card["call"], "+34612345678")
        place = "Calle+Mayor+1%2C+28013+Madrid%2C+Spain"
        self.assertTrue(card["directions"].endswith(f"&destination={place}"))
        self.assertTrue(card["is_mine"])
        self.assertFalse(card["is_late"])

    def test_what_has_an_hour_but_no_end_takes_as_long_as_its_type_says(self):
        self._plan(self.seller, 15, mode="planned")
        (card,) = self._agenda(self.seller)["planned"]
        self.assertEqual(card["end"], "2026-03-02 15:15:00")

    def test_way_leads_to_the_coordinates_where_they_are_known(self):
        self.partner.write(
            {"city": "Madrid", "partner_latitude": 40.4, "partner_longitude": -3.7}
        )
        self._plan(self.seller)
        (card,) = self._agenda(self.seller)["free"]["tasks"]
        self.assertTrue(card["directions"].endswith("destination=40.4%2C-3.7"))

    def test_no_way_leads_to_a_country(self):
        self.partner.country_id = self.env.ref("base.es")
        self._plan(self.seller)
        (card,) = self._agenda(self.seller)["free"]["tasks"]
        self.assertEqual(card["directions"], "")

    # === FILTERS === #

    def test_campaign_and_type_narrow_everything_but_the_hours(self):
        campaign = self._create_campaign(self.partner)
        campaign.action_launch()
        task = campaign.action_ids
        task.with_user(self.manager).reassign(self.seller.id)
        visit = self._plan(self.seller, 15, 2, action_type_id=self.visit.id)
        agenda = self._agenda(self.seller, filters={"crm_campaign_id": campaign.id})
        self._check_lists(agenda, free=[task.id])
        self.assertEqual(self._planned_ids(agenda), [])
        self.assertEqual(agenda["figures"]["left"], 1)
        self.assertEqual(agenda["figures"]["booked_hours"], 2)
        agenda = self._agenda(self.seller, filters={"action_type_id": self.visit.id})
        self._check_lists(agenda)
        self.assertEqual(self._planned_ids(agenda), [visit.id])

    def test_unknown_filter_is_refused(self):
        with self.assertRaises(UserError):
            self._agenda(self.seller, filters={"partner_id": self.partner.id})

    def test_span_that_ends_before_it_begins_is_refused(self):
        with self.assertRaises(UserError):
            self._agenda(self.seller, days=-1)

    def test_choices_are_what_one_may_look_at(self):
        choices = self._agenda(self.seller)["choices"]
        self.assertEqual((choices["users"], choices["teams"]), ([], []))
        self.assertIn(self.call.id, _ids(choices["types"]))
        choices = self._agenda(self.leader)["choices"]
        self.assertEqual(_ids(choices["teams"]), {self.team.id})
        self.assertEqual(
            _ids(choices["users"]), {*self.team.member_ids.ids, self.leader.id}
        )
        choices = self._agenda(self.all_documents)["choices"]
        self.assertIn(self.foreign_team.id, _ids(choices["teams"]))
        self.assertIn(self.manager.id, _ids(choices["users"]))

    # === FIGURES === #

    def test_figures_say_what_was_done_and_what_is_left(self):
        rule = self._create_rule(self.interested, action_type_id=self.call.id, points=5)
        self.assertTrue(rule)
        lead = self._start()
        task = self._planned(lead).with_user(self.seller)
        task.plan(MONDAY + timedelta(hours=11))
        task.done(self.interested.id)
        self._plan(self.seller, 15, 2)
        self._plan(self.seller, -30)
        figures = self._figures(self.seller)
        self.assertEqual((figures["done"], figures["points"]), (1, 5))
        self.assertEqual(figures["left"], 2)
        self.assertEqual(figures["booked_hours"], 2.25)
        self.assertEqual(figures["available_hours"], 8)

    def test_corrected_action_counts_once(self):
        task = self._plan(self.seller).with_user(self.seller)
        task.done(self.interested.id)
        task.correct(self.declined.id)
        self.assertEqual(self._figures(self.seller)["done"], 1)

    def test_hours_of_a_week(self):
        self.assertEqual(self._figures(self.seller, days=7)["available_hours"], 40)

    def test_leave_is_no_time_to_work(self):
        self.env["resource.calendar.leaves"].create(
            {
                "calendar_id": self.calendar.id,
                "date_from": MONDAY + timedelta(hours=9),
                "date_to": MONDAY + timedelta(hours=12),
            }
        )
        agenda = self._agenda(self.seller)
        self.assertEqual(agenda["figures"]["available_hours"], 5)
        self.assertEqual(
            agenda["working"], [["2026-03-02 12:00:00", "2026-03-02 17:00:00"]]
        )

    def test_hours_are_those_of_the_own_time_zone(self):
        self.seller.tz = "America/New_York"
        self.assertEqual(
            self._agenda(self.seller)["working"],
            [["2026-03-02 14:00:00", "2026-03-02 22:00:00"]],
        )

    def test_other_meetings_are_shown_but_not_those_of_tasks(self):
        self._plan(self.seller, 15, 1)
        self._meet(self.seller, "Dentist", 10)
        self._meet(self.seller, "Tomorrow", 34)
        self._meet(self.other_seller, "Theirs", 10)
        self.assertEqual(
            [
                (meeting["name"], meeting["start"], meeting["end"])
                for meeting in self._agenda(self.seller)["meetings"]
            ],
            [("Dentist", "2026-03-02 10:00:00", "2026-03-02 11:00:00")],
        )

    def test_private_meeting_of_another_is_only_seen_to_take_time(self):
        meeting = self._meet(self.seller, "Dentist", 10, privacy="private")
        self.assertEqual(meeting.privacy, "private")
        filters = {"user_id": self.seller.id}
        (shown,) = self._agenda(self.leader, filters=filters)["meetings"]
        self.assertEqual(shown["name"], "Busy")

    def _meet(self, user, name, hour, **values):
        return self.env["calendar.event"].create(
            {
                "name": name,
                "user_id": user.id,
                "partner_ids": [(6, 0, user.partner_id.ids)],
                "start": MONDAY + timedelta(hours=hour),
                "stop": MONDAY + timedelta(hours=hour + 1),
                **values,
            }
        )

    def test_where_no_hours_are_set_none_are_available(self):
        self.env.company.resource_calendar_id = False
        self.seller.resource_calendar_id = False
        figures = self._figures(self.seller)
        self.assertEqual(figures["available_hours"], 0)

    def test_team_has_the_hours_of_its_people(self):
        filters = {"team_id": self.team.id}
        self._plan(self.seller, 14, 1)
        self._plan(self.other_seller, 14, 2)
        figures = self._figures(self.leader, filters=filters)
        self.assertEqual(figures["booked_hours"], 3)
        self.assertEqual(figures["available_hours"], 16)

    # === WHO SEES WHAT === #

    def test_seller_sees_own_tasks_and_what_nobody_in_the_team_has(self):
        own = self._plan(self.seller, 1)
        to_take = self._plan(self.nobody, 1)
        self._plan(self.other_seller, 1)
        self._plan(self.other_seller, 15, 1)
        self._plan(self.nobody, 1, team_id=self.foreign_team.id)
        agenda = self._agenda(self.seller)
        self._check_lists(agenda, free=[own.id], nobody=[to_take.id])
        self.assertEqual(agenda["planned"], [])
        self.assertEqual(agenda["figures"]["left"], 1)

    def test_seller_does_not_look_at_others(self):
        for filters in (
            {"user_id": self.other_seller.id},
            {"team_id": self.team.id},
            {"team_id": self.foreign_team.id},
            {"user_id": 2**31 - 1},
        ):
            with self.subTest(filters=filters), self.assertRaises(AccessError):
                self._agenda(self.seller, filters=filters)

    def test_leader_looks_at_the_people_of_the_team(self):
        mine, theirs = self._plan(self.seller, 1), self._plan(self.other_seller, 1)
        self._plan(self.seller, 1, team_id=self.foreign_team.id)
        agenda = self._agenda(self.leader, filters={"user_id": self.seller.id})
        self._check_lists(agenda, free=[mine.id])
        agenda = self._agenda(self.leader, filters={"team_id": self.team.id})
        self._check_lists(agenda, free=[mine.id, theirs.id])

    def test_leader_does_not_look_at_another_team(self):
        for filters in (
            {"user_id": self.manager.id},
            {"team_id": self.foreign_team.id},
        ):
            with self.subTest(filters=filters), self.assertRaises(AccessError):
                self._agenda(self.leader, filters=filters)

    def test_all_documents_looks_at_everybody(self):
        task = self._plan(self.seller, 1)
        agenda = self._agenda(self.all_documents, filters={"user_id": self.seller.id})
        self._check_lists(agenda, free=[task.id])

    def test_what_another_company_has_to_do_is_not_shown(self):
        company = self.env["res.company"].create({"name": "Another company"})
        self._plan(self.seller, 1, company_id=company.id)
        self._check_lists(self._agenda(self.seller))

    def test_employee_without_sales_rights_has_no_agenda(self):
        employee = self._create_user("employee", "base.group_user")
        with self.assertRaises(AccessError):
            self._agenda(employee)


def _ids(choices):
    return {choice["id"] for choice in choices}

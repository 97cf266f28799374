from datetime import datetime, timedelta

import pytz
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_playbook.models.engine import as_engine

from .common import TeamCase

ZONES = ("Asia/Kolkata", "America/Bogota", "Europe/Madrid", "Pacific/Auckland")
QUARTER = timedelta(minutes=15)


@tagged("post_install", "-at_install")
class TestCrmPointsLetter(TeamCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.company"].search([]).crm_points_letter = False
        cls.company = cls.env.company
        cls.company.write({"crm_points_letter": True, "crm_points_letter_hour": 7})
        # Nobody but the people of the test.
        cls.env["crm.team"].search([("id", "!=", cls.team.id)]).write(
            {"member_ids": [(5,)], "user_id": False}
        )
        cls.people = cls.seller | cls.other_seller | cls.leader

    # === WHEN === #

    def test_letter_is_queued_at_the_hour_of_each_zone(self):
        """Before and after clocks change, looking as often as the scheduler does."""
        for name in ZONES:
            zone = pytz.timezone(name)
            self.people.tz = name
            for monday in (datetime(2026, 3, 2), datetime(2026, 4, 6)):
                with self.subTest(zone=name, monday=monday):
                    moment = self._first_moment(zone, monday)
                    self.assertEqual(moment, monday.replace(hour=7))

    def _first_moment(self, zone, monday):
        """When, on the clock of the zone, mails are there for the first time."""
        early = zone.localize(monday + timedelta(hours=3)).astimezone(pytz.utc)
        for step in range(32):
            moment = early.replace(tzinfo=None) + step * QUARTER
            with self._at(moment):
                self._write()
            if mails := self._mails():
                self.assertEqual(set(mails.mapped("state")), {"outgoing"})
                self.assertEqual(len(mails), len(self.people))
                mails.unlink()
                self._letters().unlink()
                return pytz.utc.localize(moment).astimezone(zone).replace(tzinfo=None)
        return self.fail("No mail was queued.")

    def test_each_person_by_the_own_clock(self):
        self.seller.tz = "Asia/Kolkata"
        self.other_seller.tz = "Europe/Madrid"
        self.leader.tz = "America/Bogota"
        expected = (
            ("2026-03-02 01:29:00", []),
            ("2026-03-02 01:30:00", [self.seller]),
            ("2026-03-02 06:00:00", [self.seller, self.other_seller]),
            ("2026-03-02 11:59:00", [self.seller, self.other_seller]),
            ("2026-03-02 12:00:00", [self.seller, self.other_seller, self.leader]),
        )
        for moment, written_to in expected:
            with self.subTest(moment=moment), self._at(moment):
                self._write()
                self.assertEqual(
                    self._mails().mapped("email_to"),
                    [user.email_formatted for user in reversed(written_to)],
                )

    def test_hour_that_does_not_exist_is_the_next_one(self):
        self.company.crm_points_letter_hour = 2.5
        self.company.crm_week_start = "7"
        self.people.tz = "Europe/Madrid"
        with self._at("2026-03-29 01:15:00"):
            self._write()
            self.assertFalse(self._mails())
        with self._at("2026-03-29 01:30:00"):
            self._write()
            self.assertEqual(len(self._mails()), 3)

    def test_week_begins_as_the_company_says(self):
        self.company.crm_week_start = "7"
        with self._at("2026-03-01 07:00:00"):
            self._write()
        letters = self._letters()
        self.assertEqual(len(letters), 3)
        self.assertEqual(str(letters[0].first_day), "2026-02-22")
        self.assertEqual(str(letters[0].last_day), "2026-02-28")

    def test_late_is_better_than_never_but_not_for_long(self):
        with self._at("2026-03-03 07:00:00"):
            self._write()
            self.assertFalse(self._mails())
        with self._at("2026-03-03 06:45:00"):
            self._write()
            self.assertEqual(len(self._mails()), 3)

    # === WHO === #

    def test_one_letter_a_week_however_often_the_scheduler_comes(self):
        for minute in (0, 15, 30):
            with self._at(datetime(2026, 3, 2, 7, minute)):
                self._write()
        self.assertEqual(len(self._mails()), 3)
        with self._at("2026-03-09 07:00:00"):
            self._write()
        self.assertEqual(len(self._mails()), 6)

    @mute_logger("odoo.sql_db")
    def test_database_promises_one_letter_a_week(self):
        with self._at("2026-03-02 07:00:00"):
            self._write()
        letter = self._letters()[0]
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            letter.copy({"user_id": letter.user_id.id, "first_day": letter.first_day})

    def test_who_was_written_to_meanwhile_is_not_again(self):
        with self._at("2026-03-02 07:00:00"):
            letters = self.env["crm.points.letter"]
            key, people = next(iter(letters._due().items()))
            letters._write_letters(*key, people)._post()
            letters._write_letters(*key, people)._post()
        self.assertEqual(len(self._mails()), 3)

    def test_neither_archived_nor_without_address_nor_outside_the_teams(self):
        self.seller.active = False
        self.other_seller.email = False
        self.manager.email = "manager@test.example"
        with self._at("2026-03-02 07:00:00"):
            self._write()
        self.assertEqual(self._letters().user_id, self.leader)

    def test_no_letters_where_the_company_wants_none(self):
        self.company.crm_points_letter = False
        with self._at("2026-03-02 07:00:00"):
            self._write()
        self.assertFalse(self._letters())

    def test_nobody_reads_the_letters_of_others(self):
        with self._at("2026-03-02 07:00:00"):
            self._write()
        for user in (self.seller, self.manager):
            with self.assertRaises(AccessError):
                self._letters()[0].with_user(user).read(["figures"])

    # === WHAT === #

    def test_letter_tells_what_the_week_brought(self):
        self._create_rule(self.interested, points=10)
        with self._at("2026-02-25 12:00:00"):
            self._do(self._start(), self.interested)
        self._line(3, "2026-02-25 12:00:00", self.other_seller)
        self._line(4, "2026-02-18 12:00:00", self.seller)
        self._line(99, "2026-03-02 00:00:00", self.seller)
        with self._at("2026-03-02 07:00:00"):
            self._write()
        figures = self._letter_of(self.seller).figures
        self.assertEqual(
            {
                name: figures[name]
                for name in ("points", "rank", "change", "done", "types", "tables")
            },
            {
                "points": 10,
                "rank": 1,
                "change": 6,
                "done": 1,
                "types": [{"name": "Test call", "count": 1}],
                "tables": [],
            },
        )
        self.assertEqual(figures["best"]["what"], "Test call · Test interested")
        (mail,) = self._mails().filtered(lambda one: "seller@" in one.email_to)
        self.assertEqual(mail.subject, "Last week: 10 points")
        for text in ("Ada Bianchi", "Test call", "+", "/odoo/leaderboard"):
            self.assertIn(text, mail.body_html)

    def test_letter_of_a_leader_holds_the_table_of_the_team(self):
        self._line(3, "2026-02-25 12:00:00", self.other_seller, team_id=self.team.id)
        with self._at("2026-03-02 07:00:00"):
            self._write()
        (table,) = self._letter_of(self.leader).figures["tables"]
        self.assertEqual((table["team"], table["total"]), (self.team.name, 3))
        self.assertEqual(
            [(row["rank"], row["name"], row["points"]) for row in table["rows"]],
            [(1, self.other_seller.name, 3), (2, self.seller.name, 0)],
        )
        (mail,) = self._mails().filtered(lambda one: "leader@" in one.email_to)
        self.assertIn(self.other_seller.name, mail.body_html)

    def test_week_without_points_is_told_kindly(self):
        with self._at("2026-03-02 07:00:00"):
            self._write()
        (mail,) = self._mails().filtered(lambda one: "seller@" in one.email_to)
        self.assertIn("A new week", mail.body_html)

    def test_letter_is_in_the_language_of_its_reader(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.seller.lang = "es_ES"
        self.call.with_context(lang="es_ES").name = "Llamada de prueba"
        with self._at("2026-02-25 12:00:00"):
            self._do(self._start(), self.interested)
        with self._at("2026-03-02 07:00:00"):
            self._write()
        (kind,) = self._letter_of(self.seller).figures["types"]
        self.assertEqual(kind["name"], "Llamada de prueba")

    def test_letter_tells_the_targets_of_the_week_that_has_ended(self):
        challenge = self.env.ref("crm_playbook.challenge_week")
        with self._at("2026-02-25 12:00:00"):
            challenge.action_start()
            self._line(40, "2026-02-25 12:00:00", self.seller)
        with self._at("2026-03-02 07:00:00"):
            challenge._generate_goals_from_challenge()
            self._line(2, "2026-03-02 06:00:00", self.seller)
            self._write()
        (goal,) = self._letter_of(self.seller).figures["goals"]
        self.assertEqual((goal["current"], goal["percent"]), (40, 40))

    def test_totals_are_asked_for_once_for_all(self):
        with self._at("2026-03-02 07:00:00"):
            letters = self.env["crm.points.letter"]
            ((key, people),) = letters._due().items()
            letters._figures(*key, people)
            few = self._queries(lambda: letters._figures(*key, people[:1]))
            many = self._queries(lambda: letters._figures(*key, people))
        self.assertEqual(many, few)

    # === HELPERS === #

    def _write(self):
        """As the scheduled action does, which commits."""
        self._run_cron("ir_cron_write_points_letters")

    def _queries(self, work):
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        return self.env.cr.sql_log_count - before

    def _letters(self):
        return self.env["crm.points.letter"].search([])

    def _letter_of(self, user):
        return self._letters().filtered(lambda letter: letter.user_id == user)

    def _mails(self):
        return self.env["mail.mail"].search([("model", "=", "crm.points.letter")])

    def _line(self, points, moment, user, **values):
        return as_engine(self.env["crm.transition"]).create(
            {
                "trigger": "outcome",
                "points": points,
                "date": moment,
                "user_id": user.id,
                "company_id": self.company.id,
                **values,
            }
        )

from datetime import datetime, timedelta
from itertools import pairwise

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import tagged

from .clock import turn_clock
from .common import MONDAY, TeamCase


@tagged("post_install", "-at_install")
class TestCrmForecastHistory(TeamCase):
    """Each change is kept with its validity, in the transaction that makes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stage = cls.env["crm.stage"].create(
            {"name": "Negotiation", "forecast_category": "commit"}
        )
        turn_clock(cls.env, MONDAY)
        cls.lead = cls._create_lead(
            expected_revenue=1000.0, date_deadline="2026-03-31", probability=20.0
        )
        cls.env.flush_all()

    def _history(self, lead=None):
        rows = self.env["crm.forecast.history"].search(
            [("lead_key", "=", (lead or self.lead).id)]
        )
        rows.invalidate_recordset()
        return rows.sorted("valid_from")

    def _change(self, days=1, **values):
        """Change the opportunity as its salesperson, so many days later."""
        now = self._history()[-1:].valid_from or MONDAY
        turn_clock(self.env, now + timedelta(days=days))
        self.lead.with_user(self.seller).write(values)
        self.env.flush_all()

    def test_what_is_new_holds_from_then_on(self):
        row = self._history()
        self.assertEqual(row.valid_from, MONDAY)
        self.assertFalse(row.valid_to)
        self.assertEqual(row.amount, 1000.0)
        self.assertEqual(row.weighted, 200.0)
        self.assertEqual(row.state, "open")
        self.assertEqual((row.user_id, row.team_id), (self.seller, self.team))
        self.assertEqual(row.date, fields.Date.to_date("2026-03-31"))

    def test_each_change_ends_what_held_before(self):
        self._change(expected_revenue=1500.0)
        self._change(date_deadline="2026-04-30")
        self._change(user_id=self.other_seller.id)
        rows = self._history()
        self.assertEqual(rows.mapped("amount"), [1000.0, 1500.0, 1500.0, 1500.0])
        self.assertEqual(rows[-1].user_id, self.other_seller)
        for earlier, later in pairwise(rows):
            self.assertEqual(earlier.valid_to, later.valid_from)
        self.assertFalse(rows[-1].valid_to)

    def test_stage_probability_and_category_are_kept_too(self):
        self._change(stage_id=self.stage.id)
        self._change(probability=70.0)
        self._change(forecast_category="best_case")
        self.assertEqual(
            self._history().mapped("category"),
            ["pipeline", "commit", "commit", "best_case"],
        )
        self.assertEqual(self._history()[-1].weighted, 700.0)

    def test_what_the_forecast_does_not_mind_leaves_nothing(self):
        self._change(name="Renamed", priority="2")
        self.assertEqual(len(self._history()), 1)

    def test_several_changes_at_once_leave_the_last(self):
        self._change(expected_revenue=1.0)
        self.lead.expected_revenue = 2.0
        self.env.flush_all()
        self.lead.expected_revenue = 3.0
        self.assertEqual(self._history().mapped("amount"), [1000.0, 3.0])

    def test_raw_sql_is_kept_too(self):
        turn_clock(self.env, MONDAY + timedelta(days=1))
        self.env.cr.execute(
            "UPDATE crm_lead SET expected_revenue = 7 WHERE id = %s", [self.lead.id]
        )
        self.assertEqual(self._history().mapped("amount"), [1000.0, 7.0])

    def test_won_and_lost_close_where_the_company_is(self):
        self.env.company.partner_id.tz = "America/Lima"
        self._change(days=2, probability=50.0)
        with self._at("2026-03-10 03:00:00"):
            self.lead.action_set_won()
            self.env.flush_all()
        row = self._history()[-1]
        self.assertEqual((row.state, row.category), ("won", "closed"))
        self.assertEqual(row.weighted, 1000.0)
        self.assertEqual(row.date, fields.Date.to_date("2026-03-09"))

    def test_archived_and_lost_ones(self):
        self._change(active=False)
        self.assertEqual(self._history()[-1].state, "archived")
        self._change(active=True)
        turn_clock(self.env, MONDAY + timedelta(days=9))
        self.lead.with_user(self.seller).action_set_lost()
        row = self._history()[-1]
        self.assertEqual((row.state, row.category), ("lost", "omitted"))
        self.assertEqual(row.weighted, 0.0)

    def test_a_deleted_opportunity_leaves_how_it_stood(self):
        key = self.lead.id
        turn_clock(self.env, MONDAY + timedelta(days=1))
        self.lead.unlink()
        row = self.env["crm.forecast.history"].search([("lead_key", "=", key)])
        self.assertEqual(row.valid_to, MONDAY + timedelta(days=1))
        self.assertFalse(row.lead_id)
        self.assertEqual(row.amount, 1000.0)

    def test_what_is_made_and_deleted_at_once_was_never_there(self):
        lead = self._create_lead()
        self.env.flush_all()
        key = lead.id
        lead.unlink()
        rows = self.env["crm.forecast.history"].search([("lead_key", "=", key)])
        self.assertFalse(rows)

    def test_leads_are_no_forecast_until_they_are_opportunities(self):
        lead = self._create_lead(type="lead")
        self.assertFalse(self._history(lead))
        turn_clock(self.env, MONDAY + timedelta(days=1))
        lead.type = "opportunity"
        self.assertEqual(self._history(lead).valid_from, MONDAY + timedelta(days=1))
        turn_clock(self.env, MONDAY + timedelta(days=2))
        lead.type = "lead"
        self.assertEqual(self._history(lead).valid_to, MONDAY + timedelta(days=2))

    def test_what_a_campaign_makes_in_sets_is_kept(self):
        campaign = self._create_campaign(self._create_partner("Bruno Conti"))
        campaign.action_launch()
        self.assertEqual(self._history(campaign.lead_ids).category, "pipeline")
        self.assertEqual(self.env["crm.forecast.history"]._differences(), [])

    def test_what_was_written_with_triggers_off_is_caught_up(self):
        history = self.env["crm.forecast.history"]
        self.env.cr.execute("ALTER TABLE crm_lead DISABLE TRIGGER USER")
        self.env.cr.execute(
            "UPDATE crm_lead SET expected_revenue = 7 WHERE id = %s", [self.lead.id]
        )
        self.env.cr.execute("ALTER TABLE crm_lead ENABLE TRIGGER USER")
        self.assertEqual(history._differences(), [self.lead.id])
        turn_clock(self.env, MONDAY + timedelta(days=1))
        history._catch_up()
        self.assertEqual(history._differences(), [])
        self.assertEqual(self._history().mapped("amount"), [1000.0, 7.0])

    def test_as_it_stood_on_a_past_day_is_one_query(self):
        self._change(days=3, expected_revenue=1500.0)
        history = self.env["crm.forecast.history"]
        of_this = [("lead_id", "=", self.lead.id)]
        for days, amount in ((0, False), (1, 1000.0), (3, 1000.0), (4, 1500.0)):
            at = history._at(MONDAY + timedelta(days=days))
            with self.assertQueryCount(1):
                row = history.search_fetch(at & Domain(of_this), ["amount"])
            self.assertEqual(row.amount, amount)


@tagged("post_install", "-at_install")
class TestForecastCategory(TeamCase):
    """By rule from the stage, until somebody knows better."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stage, cls.later = cls.env["crm.stage"].create(
            [
                {"name": "Offer", "forecast_category": "best_case"},
                {"name": "Negotiation", "forecast_category": "commit"},
            ]
        )
        cls.lead = cls._create_lead(stage_id=cls.stage.id)

    def test_stage_says_it(self):
        self.assertEqual(self.lead.forecast_category, "best_case")
        self.lead.stage_id = self.later
        self.assertEqual(self.lead.forecast_category, "commit")

    def test_choice_holds_until_it_moves_on(self):
        self.lead.with_user(self.seller).forecast_category = "omitted"
        self.lead.name = "Renamed"
        self.stage.forecast_category = "pipeline"
        self.assertEqual(self.lead.forecast_category, "omitted")
        self.lead.stage_id = self.later
        self.assertEqual(self.lead.forecast_category, "commit")

    def test_stage_of_the_playbook_comes_first(self):
        self.first.forecast_category = "pipeline"
        self._start(self.lead)
        self.assertEqual(self.lead.forecast_category, "pipeline")

    def test_won_are_closed_and_no_others(self):
        self.lead.action_set_won()
        self.assertEqual(self.lead.forecast_category, "closed")
        with self.assertRaises(ValidationError):
            self.lead.forecast_category = "commit"
        other = self._create_lead()
        with self.assertRaises(ValidationError):
            other.forecast_category = "closed"

    def test_lost_are_omitted_and_come_back_as_the_stage_says(self):
        self.lead.action_set_lost()
        self.assertEqual(self.lead.forecast_category, "omitted")
        self.lead.action_restore()
        self.assertEqual(self.lead.forecast_category, "best_case")


@tagged("post_install", "-at_install")
class TestTeamTree(TeamCase):
    """Who leads a team, or one above it, sees what it does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.head = cls._create_user("head", "sales_team.group_sale_salesman")
        cls.region = cls.env["crm.team"].create(
            {"name": "Region", "user_id": cls.head.id}
        )
        cls.team.parent_id = cls.region
        cls.lead = cls._create_lead(expected_revenue=10.0)
        cls.env.flush_all()

    def _sees(self, user):
        of_this = [("lead_key", "=", self.lead.id)]
        rows = self.env["crm.forecast.history"].with_user(user)
        leads = self.env["crm.lead"].with_user(user)
        return (
            bool(rows.search_count(of_this)),
            bool(leads.search_count([("id", "=", self.lead.id)])),
        )

    def test_a_team_is_not_part_of_itself(self):
        with self.assertRaises(UserError):
            self.region.parent_id = self.team

    def test_salespeople_see_their_own(self):
        self.assertEqual(self._sees(self.seller), (True, True))
        self.assertEqual(self._sees(self.other_seller), (False, False))

    def test_leaders_see_what_is_below_them(self):
        self.assertEqual(self._sees(self.leader), (True, True))
        self.assertEqual(self._sees(self.head), (True, True))
        turn_clock(self.env, datetime.now() + timedelta(days=1))
        self.lead.team_id = self.foreign_team
        self.assertEqual(self._sees(self.head), (True, False))
        self.assertTrue(self.team._is_led_by(self.head))
        self.assertFalse(self.foreign_team._is_led_by(self.head))

    def test_all_documents_see_all(self):
        self.assertEqual(self._sees(self.all_documents), (True, True))

    def test_other_companies_do_not(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        manager = self._create_user(
            "elsewhere",
            "sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        self.assertEqual(self._sees(manager), (False, False))

    def test_nobody_writes_it(self):
        rows = self.env["crm.forecast.history"].with_user(self.manager)
        row = rows.search([("lead_key", "=", self.lead.id)])
        with self.assertRaises(AccessError):
            row.amount = 1.0
        with self.assertRaises(AccessError):
            row.unlink()

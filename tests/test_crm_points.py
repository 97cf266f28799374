from datetime import date, datetime

from hypothesis import given
from hypothesis import strategies as st
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_playbook.models.event import Event

from .common import MONDAY, TeamCase
from .test_engine_properties import stories

steps = st.tuples(
    st.sampled_from(["do", "do", "alone", "correct", "correct", "go", "late", "click"]),
    st.integers(0, 5),
    st.booleans(),
)


@tagged("post_install", "-at_install")
class TestCrmPoints(TeamCase):
    """Who is given how many points; the ledger is the truth of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.env["crm.points.weight"].search([]).active = False
        cls.env.company.partner_id.tz = "Europe/Madrid"

    # === THE LEDGER === #

    def test_correction_takes_back_and_gives_anew(self):
        self._create_rule(self.interested, points=5)
        self._create_rule(self.declined, points=2)
        wrong = self._done(self.interested)
        right = self.env["crm.action"].browse(wrong.correct(self.declined.id))
        self.assertEqual((wrong.points, right.points), (5, 2))
        self.assertEqual(self._lines().mapped("points"), [2, -5, 5])
        self.assertEqual(self._lines().user_id, self.seller)
        self.assertEqual(self._lines().team_id, self.team)

    def test_correction_takes_back_what_was_given_without_an_opportunity(self):
        self._create_rule(self.interested, playbook_id=False, points=5)
        action = self._register(self.interested)
        action.correct(self.declined.id)
        self.assertEqual(self._lines().mapped("points"), [-5, 5])
        self.assertEqual(self._lines()[0].trigger, "corrected")

    def test_correction_takes_back_where_the_opportunity_has_moved_on(self):
        self._create_rule(self.interested, points=5, move="next")
        action = self._done(self.interested)
        action.lead_id.go_to_stage(self.third.id)
        action.correct(self.declined.id)
        self.assertEqual(sum(self._lines().mapped("points")), 0)

    def test_correction_takes_back_from_the_team_that_had_the_points(self):
        self._create_rule(self.interested, points=5)
        action = self._done(self.interested)
        self.team.member_ids -= self.seller
        self.foreign_team.member_ids = self.seller
        action.correct(self.no_answer.id)
        self.assertEqual(self._lines().team_id, self.team)

    def test_correction_takes_back_from_each_team_what_it_had(self):
        self._create_rule(self.interested, points=5)
        self._create_rule(trigger="mail_clicked", points=2)
        action = self._done(self.interested)
        self.team.member_ids -= self.seller
        self.foreign_team.member_ids = self.seller
        event = Event.of_action("mail_clicked", action.sudo())
        self.env["crm.playbook.rule"]._answer(event)
        action.correct(self.no_answer.id)
        for team in (self.team, self.foreign_team):
            of_team = self._lines().filtered(
                lambda line, team=team: line.team_id == team
            )
            self.assertEqual(len(of_team), 2)
            self.assertEqual(sum(of_team.mapped("points")), 0)

    def test_whoever_happens_to_be_at_work_earns_nothing(self):
        self._create_rule(trigger="order_confirmed", points=4)
        lead = self._start()
        order = self._order(lead)
        lead.user_id = False
        order.with_user(self.manager).sudo().action_confirm()
        self.assertFalse(self._lines().filtered("points"))

    def test_what_comes_back_of_a_corrected_action_gives_nothing(self):
        self._create_rule(self.interested, points=5)
        self._create_rule(trigger="mail_clicked", points=2)
        first, second = self._done(self.interested), self._done(self.interested)
        first.correct(self.no_answer.id)
        for action in (first, second):
            event = Event.of_action("mail_clicked", action.sudo())
            self.env["crm.playbook.rule"]._answer(event)
        self.assertEqual((first.points, second.points), (5, 7))
        self.assertEqual(sum(self._lines().mapped("points")), 7)

    def test_event_without_action_is_of_whoever_has_the_opportunity(self):
        self._create_rule(trigger="order_confirmed", points=4)
        order = self._order(self._start())
        order.with_user(self.manager).sudo().action_confirm()
        self.assertEqual(self._lines().user_id, self.seller)
        self.assertEqual(self._lines().points, 4)

    @mute_logger("odoo.addons.crm_playbook.models.crm_playbook_rule_answer")
    def test_machine_earns_nothing(self):
        self._create_rule(trigger="idle", idle_hours=24, points=4)
        lead = self._start()
        lead.user_id = False
        lead.with_user(self.env.ref("base.user_root"))._tell_idle(24)
        line = lead.sudo().transition_ids[:1]
        self.assertEqual((line.trigger, line.points), ("idle", 0))

    def test_opportunity_that_gave_points_is_not_deleted(self):
        self._create_rule(trigger="order_confirmed", points=4)
        lead = self._start().sudo()
        order = self._order(lead)
        order.action_confirm()
        with self.assertRaisesRegex(UserError, "history"):
            lead.unlink()

    def test_merge_of_opportunities_and_entities_keeps_the_points(self):
        self._create_rule(self.interested, points=5)
        other = self._create_partner("Bruno Conti")
        leads = self._start() | self._start(self._create_lead(other))
        for lead in leads:
            self._do(lead, self.interested)
        before = self._sums()
        leads.sudo().merge_opportunity()
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        merge._merge((other | self.partner).ids, self.partner)
        self.env.flush_all()
        self.assertEqual(self._sums(), before)

    @stories(25)
    @given(
        story=st.lists(steps, min_size=4, max_size=14),
        points=st.lists(st.integers(0, 5), min_size=4, max_size=4),
        factors=st.lists(st.sampled_from([0, 0.5, 1.5, 2, 3]), max_size=3),
    )
    def test_ledger_adds_up_to_the_actions_that_count(self, story, points, factors):
        with self.env.cr.savepoint() as savepoint:
            for factor in factors:
                self._create_weight(factor=factor, outcome_id=self.interested.id)
            self._create_rule(self.interested, points=points[0], move="next")
            self._create_rule(self.declined, points=points[1], move="won")
            self._create_rule(self.no_answer, playbook_id=False, points=points[2])
            self._create_rule(
                trigger="mail_clicked", playbook_id=False, points=points[3]
            )
            self.actions = self.env["crm.action"]
            self.leads = [self._start(), self._start()]
            for step, number, other in story:
                getattr(self, f"_step_{step}")(number, other)
            self._check_adds_up()
            savepoint.rollback()
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def _step_do(self, number, other):
        lead = self.leads[other]
        self._add(self._register(self._chosen(number), lead_id=lead.id))

    def _step_alone(self, number, other):
        user = self.other_seller if other else self.seller
        self._add(self._register(self._chosen(number), user=user))

    def _step_correct(self, number, _other):
        correctable = self.actions.filtered(lambda action: not action.corrected_by_id)
        if correctable:
            action = correctable[number % len(correctable)]
            right = action.correct(self._chosen(number).id)
            self._add(self.actions.browse(right))

    def _step_go(self, number, other):
        lead = self.leads[other]
        if lead._is_open():
            stages = self.first, self.second, self.third
            lead.go_to_stage(stages[number % 3].id)

    def _step_late(self, number, other):
        """Ticked off, and its outcome said when the opportunity has moved on."""
        planned = self._planned(self.leads[other])[:1]
        if planned:
            shown = [("crm_action_id", "=", planned.id)]
            self.env["mail.activity"].search(shown).action_done()
            self._step_go(number, other)
            planned.sudo().done(self._chosen(number).id)
            self._add(planned)

    def _step_click(self, number, _other):
        """Something comes back of an action, corrected or not."""
        if self.actions:
            action = self.actions[number % len(self.actions)]
            event = Event.of_action("mail_clicked", action.sudo())
            self.env["crm.playbook.rule"]._answer(event)

    def _add(self, action):
        self.actions |= action.sudo()

    def _check_adds_up(self):
        self.env.flush_all()
        self.env.invalidate_all()
        actions = self.env["crm.action"].search([("partner_id", "=", self.partner.id)])
        counting = actions.filtered(lambda action: not action.corrected_by_id)
        by_user = counting.grouped("user_id")
        for user in self.seller | self.other_seller:
            self.assertEqual(
                self._sums().get(user, 0),
                sum(by_user.get(user, counting.browse()).mapped("points")),
            )

    # === WEIGHTS === #

    def test_weights_that_match_multiply_and_are_rounded(self):
        self._create_rule(self.interested, points=3)
        self._create_weight(factor=2, action_type_id=self.call.id)
        self._create_weight(factor=0.75, outcome_id=self.interested.id)
        self._create_weight(factor=10, outcome_id=self.declined.id)
        action = self._done(self.interested)
        # 3 x 2 x 0.75 = 4.5
        self.assertEqual((action.points, self._lines().points), (5, 5))
        self.assertIn("5 points", self._lines().effects)

    def test_every_condition_is_minded(self):
        self._create_rule(self.interested, points=1)
        campaign = self._create_campaign(self.partner)
        company = self.env["res.company"].create({"name": "Another company"})
        other_team = self.foreign_team
        for values, others in (
            ({"action_type_id": self.call}, {"action_type_id": self.visit}),
            ({"outcome_id": self.interested}, {"outcome_id": self.declined}),
            ({"team_id": self.team}, {"team_id": other_team}),
            ({"user_id": self.seller}, {"user_id": self.manager}),
            ({"company_id": self.env.company}, {"company_id": company}),
            ({}, {"crm_campaign_id": campaign}),
            ({"date_from": "2026-03-02"}, {"date_from": "2026-03-03"}),
            ({"date_to": "2026-03-02"}, {"date_to": "2026-03-01"}),
        ):
            for asked, expected in ((values, 2), (others, 1)):
                with self.subTest(**asked):
                    given_values = {
                        name: getattr(value, "id", value)
                        for name, value in asked.items()
                    }
                    weight = self._create_weight(**given_values)
                    self.assertEqual(self._done(self.interested).points, expected)
                    weight.unlink()

    def test_weight_of_a_campaign(self):
        self._create_rule(self.interested, points=1)
        campaign = self._create_campaign(self.partner)
        self._create_weight(crm_campaign_id=campaign.id)
        campaign.action_launch()
        action = self._planned(campaign.lead_ids).with_user(self.seller)
        action.done(self.interested.id)
        self.assertEqual(action.points, 2)

    def test_days_of_a_weight_are_those_of_the_company(self):
        self._create_rule(self.interested, points=1)
        self._create_weight(date_from="2026-03-03", date_to="2026-03-03")
        # In Madrid it is an hour later than in UTC.
        for hour, minute, day, expected in (
            (22, 59, 2, 1),
            (23, 0, 2, 2),
            (22, 59, 3, 2),
            (23, 0, 3, 1),
        ):
            moment = datetime(2026, 3, day, hour, minute)
            with self.subTest(moment=moment):
                action = self._done(self.interested, at=moment)
                self.assertEqual(action.points, expected)

    def test_weight_of_zero_gives_nothing_and_says_so(self):
        self._create_rule(self.interested, points=3)
        self._create_weight(factor=0)
        told = self._planned(self._start()).with_user(self.seller)
        self.assertEqual(
            [(item["kind"], item["text"]) for item in told.preview(self.interested.id)],
            [("remark", "0 points")],
        )

    def test_preview_tells_the_weighted_points(self):
        self._create_rule(self.interested, points=3)
        self._create_weight(factor=2)
        action = self._planned(self._start()).with_user(self.seller)
        (told,) = action.preview(self.interested.id)
        self.assertEqual(told["text"], f"Points for {self.seller.name}: 6")

    def test_what_was_counted_does_not_change(self):
        self._create_rule(self.interested, points=3)
        weight = self._create_weight(factor=2)
        action = self._done(self.interested)
        weight.factor = 5
        self.assertEqual((action.points, self._lines().points), (6, 6))
        weight.active = False
        self.assertEqual(self._done(self.interested).points, 3)

    def test_weights_cost_one_query_for_a_set_and_none_where_there_is_none(self):
        weights = self.env["crm.points.weight"]
        weights._remembered()
        earner = self.env["crm.playbook.rule"]._earner()
        with self.assertQueryCount(0):
            self.assertIsNone(weights._factor(earner, earner))
        for _number in range(5):
            self._create_weight(date_from=date(2026, 1, 1))
        weights._remembered()
        self.env["res.company"].search([])._points_days()
        with self.assertQueryCount(1):
            weights._factor(earner, earner)

    @mute_logger("odoo.sql_db")
    def test_impossible_weights_are_refused(self):
        for values in (
            {"factor": -1},
            {"date_from": "2026-03-02", "date_to": "2026-03-01"},
        ):
            with (
                self.subTest(**values),
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
            ):
                self._create_weight(**values)

    def test_manager_weighs_and_seller_reads(self):
        weight = self._create_weight()
        weight.with_user(self.seller).read(["name"])
        for operation in ("write", "create", "unlink"):
            weight.with_user(self.manager).check_access(operation)
            with self.assertRaises(AccessError):
                weight.with_user(self.seller).check_access(operation)

    def test_weights_of_another_company_are_hidden(self):
        company = self.env["res.company"].create({"name": "Another company"})
        weight = self._create_weight(company_id=company.id)
        found = weight.with_user(self.manager).search([("id", "=", weight.id)])
        self.assertFalse(found)

    def test_weights_that_count_today_are_found(self):
        with self._at(MONDAY):
            weights = self._create_weight(date_from="2026-03-02") | self._create_weight(
                date_from="2026-03-03"
            )
            self.assertEqual(weights.filtered("is_current"), weights[0])
            found = weights.search([("is_current", "=", True)])
            self.assertEqual(found & weights, weights[0])

    # === HELPERS === #

    def _create_weight(self, **values):
        return self.env["crm.points.weight"].create(
            {"name": "Test weight", "date_from": False, **values}
        )

    def _chosen(self, number):
        return (self.interested, self.declined, self.no_answer)[number % 3]

    def _done(self, outcome, at=MONDAY):
        with self._at(at):
            action = self._planned(self._start()).with_user(self.seller)
            action.done(outcome.id)
        return action

    def _register(self, outcome, user=None, **values):
        user = user or self.seller
        actions = self.env["crm.action"].with_user(user)
        return actions.browse(
            actions.register(
                {
                    "partner_id": self.partner.id,
                    "action_type_id": self.call.id,
                    "outcome_id": outcome.id,
                    **values,
                }
            )
        )

    def _order(self, lead):
        return self.env["sale.order"].create(
            {"partner_id": lead.partner_id.id, "opportunity_id": lead.id}
        )

    def _lines(self):
        """The lines of the entity that give or take points, the newest first."""
        return self.env["crm.transition"].search(
            [("partner_id", "=", self.partner.id), ("points", "!=", 0)]
        )

    def _sums(self):
        groups = self.env["crm.transition"]._read_group(
            [("points", "!=", 0)], ["user_id"], ["points:sum"]
        )
        return dict(groups)

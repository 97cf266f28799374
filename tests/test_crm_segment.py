from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import MONDAY, PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmSegment(PlaybookCase):
    """Segments hold whoever meets their conditions, in the period that counts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(MONDAY))
        cls.coffee, cls.tea = (
            cls.env["product.category"].create({"name": f"Test {name}"})
            for name in ("coffee", "tea")
        )
        cls.espresso = cls.env["product.category"].create(
            {"name": "Test espresso", "parent_id": cls.coffee.id}
        )
        cls.beans = cls._create_product("Test beans", cls.espresso)
        cls.leaves = cls._create_product("Test leaves", cls.tea)
        cls.ada, cls.ben, cls.carla = cls.entities = cls.env["res.partner"].union(
            *(cls._create_partner(f"Entity {name}") for name in ("Ada", "Ben", "Carla"))
        )
        # Ada: 100 now and 50 a year ago; Ben: 30 a year ago; Carla: nothing.
        cls._order(cls.ada, MONDAY - timedelta(days=10), cls.beans, 100)
        cls._order(cls.ada, MONDAY - timedelta(days=400), cls.leaves, 50)
        cls._order(cls.ben, MONDAY - timedelta(days=400), cls.leaves, 30)

    @classmethod
    def _create_product(cls, name, category):
        return cls.env["product.product"].create(
            {"name": name, "type": "service", "categ_id": category.id}
        )

    @classmethod
    def _order(cls, partner, date, product, price, **values):
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "price_unit": price,
                            "tax_ids": False,
                        }
                    )
                ],
                **values,
            }
        )
        order.action_confirm()
        order.date_order = date
        return order

    def _foreign_currency(self):
        """A currency of which one is worth two of the company's."""
        own = self.env.company.currency_id
        currency = (self.env.ref("base.EUR") | self.env.ref("base.USD")) - own
        currency.active = True
        rates = self.env["res.currency.rate"]
        rates.search([("currency_id", "=", currency.id)]).unlink()
        rates.create({"currency_id": currency.id, "name": "2020-01-01", "rate": 0.5})
        return currency

    def _segment(self, *conditions, **values):
        """A segment of these entities, made by the manager."""
        domain = [("id", "in", self.entities.ids), *conditions]
        return (
            self.env["crm.segment"]
            .with_user(self.manager)
            .create({"name": "Test segment", "domain": str(domain), **values})
        )

    def _check(self, expected, *conditions, **values):
        segment = self._segment(*conditions, **values)
        self.assertEqual(segment._partners(), expected)
        self.assertEqual(segment.partner_count, len(expected))

    def _act(self, partner, action_type, outcome, date=MONDAY):
        actions = self.env["crm.action"].with_user(self.seller)
        return actions.browse(
            actions.register(
                {
                    "partner_id": partner.id,
                    "action_type_id": action_type.id,
                    "outcome_id": outcome.id,
                    "done_at": fields.Datetime.to_string(date),
                }
            )
        )

    # === PERIODS === #

    def test_amount_and_number_of_orders_count_ever(self):
        self._check(self.ada, ("ordered_amount", "=", 150))
        self._check(self.ada | self.ben, ("ordered_amount", ">=", 30))
        self._check(self.ada, ("ordered_count", ">=", 2))
        self._check(self.carla, ("ordered_count", "=", 0))
        self._check(self.ben | self.carla, ("ordered_amount", "<", 31))

    def test_amount_and_number_of_orders_count_in_the_last_days(self):
        lately = {"period": "last_days", "period_days": 90}
        self._check(self.ada, ("ordered_amount", "=", 100), **lately)
        self._check(self.ada, ("ordered_count", "=", 1), **lately)
        self._check(self.ben | self.carla, ("ordered_count", "=", 0), **lately)

    def test_the_last_day_of_the_period_counts_whole(self):
        day = (MONDAY - timedelta(days=400)).date()
        that_day = {"period": "between", "date_from": day, "date_to": day}
        self._check(self.ada | self.ben, ("ordered_count", "=", 1), **that_day)
        before = {**that_day, "date_to": day - timedelta(days=1)}
        before["date_from"] = before["date_to"]
        self._check(self.entities, ("ordered_count", "=", 0), **before)

    def test_days_begin_where_the_company_is(self):
        self.env.company.partner_id.tz = "America/Lima"  # five hours behind UTC
        late = self._order(self.carla, datetime(2026, 1, 2, 3, 0), self.beans, 5)
        self.assertEqual(late.state, "sale")
        first = {
            "period": "between",
            "date_from": "2026-01-01",
            "date_to": "2026-01-01",
        }
        second = {**first, "date_from": "2026-01-02", "date_to": "2026-01-02"}
        self._check(self.carla, ("ordered_count", "=", 1), **first)
        self._check(self.entities.browse(), ("ordered_count", "=", 1), **second)

    def test_first_and_last_order_are_those_ever(self):
        lately = {"period": "last_days", "period_days": 90}
        self._check(
            self.ada,
            ("first_order_date", "<", "today -1y"),
            ("ordered_count", "=", 1),
            **lately,
        )
        self._check(self.ben, ("last_order_date", "<", "today -1y"), **lately)
        self._check(self.ben, ("days_since_last_order", "=", 400), **lately)
        self._check(self.ada, ("days_since_last_order", "<=", 10), **lately)
        self._check(self.ada | self.ben, ("days_since_first_order", ">", 399))
        self._check(self.carla, ("days_since_last_order", "=", False))
        self.assertEqual(self.ada.days_since_last_order, 10)

    def test_a_period_needs_its_days(self):
        for values in (
            {"period": "last_days", "period_days": 0},
            {"period": "between", "date_from": "2026-02-01", "date_to": "2026-01-01"},
            {"period": "between", "date_from": "2026-02-01"},
        ):
            with self.subTest(values), self.assertRaises(Exception) as caught:
                with self.env.cr.savepoint():
                    self._segment(**values)
            self.assertIn("crm_segment_has_da", str(caught.exception))

    # === WHAT WAS BOUGHT === #

    def test_products_and_categories_bought_or_not(self):
        self._check(self.ada, ("bought_product_ids", "in", self.beans.ids))
        self._check(
            self.ben | self.carla, ("bought_product_ids", "not in", self.beans.ids)
        )
        self._check(self.carla, ("bought_product_ids", "=", False))
        self._check(self.ada | self.ben, ("bought_category_ids", "in", self.tea.ids))
        # A category holds those within it.
        self._check(self.ada, ("bought_category_ids", "in", self.coffee.ids))
        self._check(self.carla, ("bought_category_ids", "=", False))
        self._check(self.ada, ("bought_product_ids.name", "ilike", "test bean"))

    def test_what_was_bought_is_of_the_period(self):
        lately = {"period": "last_days", "period_days": 90}
        tea = ("bought_product_ids", "in", self.leaves.ids)
        self._check(self.entities.browse(), tea, **lately)
        self._check(self.ben | self.carla, ("bought_product_ids", "=", False), **lately)

    def test_cancelled_orders_do_not_count(self):
        order = self._order(self.carla, MONDAY, self.beans, 10)
        self._check(self.carla, ("ordered_amount", "=", 10))
        order._action_cancel()
        self._check(self.carla, ("ordered_amount", "=", 0))

    def test_orders_of_contacts_are_those_of_their_company(self):
        contact = self._create_partner("Contact", parent_id=self.carla.id)
        self._order(contact, MONDAY, self.beans, 10)
        segment = self._segment()
        segment.domain = "[('ordered_amount', '=', 10), ('email', 'ilike', '@test.')]"
        self.assertEqual(segment._partners(), self.carla)
        segment.with_contacts = True
        self.assertEqual(segment._partners(), self.carla | contact)

    def test_amounts_are_in_the_currency_of_the_company(self):
        euro = self._foreign_currency()
        pricelist = self.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": euro.id}
        )
        self._order(self.carla, MONDAY, self.beans, 10, pricelist_id=pricelist.id)
        self._check(self.carla, ("ordered_amount", "=", 20))

    def test_the_best_buyers_are_found_by_rank(self):
        only_these = self.env["res.partner"].search(
            [("ordered_count", ">", 0), ("id", "not in", self.entities.ids)]
        )
        better = sum(amount > 30 for amount in only_these.mapped("ordered_amount"))
        rank = 100 * (better + 1) / (len(only_these) + 2)  # Ada is before Ben
        self.assertAlmostEqual(self.ben.buyer_rank, rank)
        self._check(self.ada, ("buyer_rank", "<", rank - 0.001))
        self._check(self.carla, ("buyer_rank", "=", False))

    # === WHAT IS OWED === #

    def _invoice(self, partner, amount, days, **values):
        """A posted invoice that fell due so many days ago."""
        due = (MONDAY - timedelta(days=days)).date()
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "x", "price_unit": amount, "tax_ids": False}
                    )
                ],
                **values,
            }
        )
        invoice.action_post()
        return invoice

    def test_what_is_overdue_and_since_when(self):
        self._invoice(self.ada, 100, 20)
        self._invoice(self.ada, 50, 5)
        self._invoice(self.ben, 70, -5)
        self._check(self.ada, ("overdue_amount", "=", 150))
        self._check(self.ada, ("overdue_days", "=", 20))
        self._check(self.ben | self.carla, ("overdue_days", "=", 0))
        self.assertEqual(self.ada.with_user(self.seller).overdue_amount, 150)

    def test_what_is_overdue_elsewhere_is_converted(self):
        euro = self._foreign_currency()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["account.chart.template"].try_loading(
            "generic_coa", elsewhere, install_demo=False
        )
        elsewhere.currency_id = euro
        self.env.user.company_ids |= elsewhere
        both = self.env.company | elsewhere
        self._invoice(self.ada, 100, 20)
        self._invoice(self.ada, 10, 20, company_id=elsewhere.id, currency_id=euro.id)
        self.env.invalidate_all()
        ada = self.ada.with_context(allowed_company_ids=both.ids)
        self.assertEqual(ada.overdue_amount, 120)
        here = self.ada.with_context(allowed_company_ids=self.env.company.ids)
        self.assertEqual(here.overdue_amount, 100)

    def test_returned_payments_are_of_the_days_of_the_period(self):
        """Whatever the zone: a payment has a day, and no hour."""
        self.env.company.partner_id.tz = "America/Lima"
        payment = self.env["account.payment"].create(
            {"partner_id": self.ada.id, "amount": 10, "date": "2026-02-10"}
        )
        payment.action_post()
        payment.action_reject()
        self._check(self.ada, ("returned_payment_count", "=", 1))
        for day, expected in (
            ("2026-02-09", self.entities.browse()),
            ("2026-02-10", self.ada),
            ("2026-02-11", self.entities.browse()),
        ):
            with self.subTest(day):
                self._check(
                    expected,
                    ("returned_payment_count", "=", 1),
                    period="between",
                    date_from=day,
                    date_to=day,
                )

    # === HOW ONE WAS IN TOUCH === #

    def test_actions_done_and_their_outcomes(self):
        self._act(self.ada, self.call, self.interested, MONDAY - timedelta(days=100))
        self._act(self.ada, self.visit, self.declined, MONDAY - timedelta(days=5))
        self._act(self.ben, self.call, self.declined, MONDAY - timedelta(days=50))
        self._check(self.ada | self.ben, ("done_action_type_ids", "in", self.call.ids))
        lately = {"period": "last_days", "period_days": 60}
        self._check(self.ben, ("done_action_type_ids", "in", self.call.ids), **lately)
        self._check(
            self.ada | self.carla,
            ("done_action_type_ids", "not in", self.call.ids),
            **lately,
        )
        self._check(self.ada, ("had_outcome_ids", "in", self.interested.ids))
        self._check(self.ada, ("done_action_count", "=", 2))
        self._check(self.carla, ("done_action_count", "=", 0))

    def test_the_last_action_of_all_and_of_a_type(self):
        self._act(self.ada, self.call, self.interested, MONDAY - timedelta(days=100))
        self._act(self.ada, self.visit, self.declined, MONDAY - timedelta(days=5))
        self._act(self.ben, self.call, self.interested, MONDAY - timedelta(days=90))
        self._act(self.ben, self.call, self.declined, MONDAY - timedelta(days=50))
        self._check(self.ada, ("last_action_id.action_type_id", "=", self.visit.id))
        self._check(self.ben, ("last_action_date", "<", "today -30d"))
        self._check(self.ben, ("days_since_last_action", ">=", 50))
        self.assertEqual(self.ben.days_since_last_action, 50)
        self._check(self.carla, ("last_action_id", "=", False))
        last_call = [
            ("action_type_id", "=", self.call.id),
            ("outcome_id", "=", self.interested.id),
        ]
        self._check(self.ada, ("last_action_ids", "any", last_call))
        long_ago = [
            ("action_type_id", "=", self.call.id),
            ("done_at", "<", "today -60d"),
        ]
        self._check(self.ada, ("last_action_ids", "any", long_ago))

    def test_a_corrected_action_does_not_count(self):
        action = self._act(self.ada, self.call, self.interested)
        action.correct(self.declined.id)
        self._check(
            self.entities.browse(), ("had_outcome_ids", "in", self.interested.ids)
        )
        self._check(self.ada, ("had_outcome_ids", "in", self.declined.ids))
        self._check(self.ada, ("done_action_count", "=", 1))

    def test_campaigns_passed(self):
        campaign = self._create_campaign(self.ada)
        campaign.with_user(self.manager).action_launch()
        self._check(self.ada, ("passed_campaign_ids", "in", campaign.ids))
        self._check(self.ben | self.carla, ("passed_campaign_ids", "=", False))
        self.ada.opportunity_ids.action_set_lost()
        self._check(self.ada, ("passed_campaign_ids", "in", campaign.ids))

    def test_a_campaign_is_passed_though_its_opportunity_was_merged(self):
        first, second = (self._create_campaign(self.ada) for _each in range(2))
        (first | second).with_user(self.manager).action_launch()
        (first | second).lead_ids.merge_opportunity()
        for campaign in first | second:
            self._check(self.ada, ("passed_campaign_ids", "in", campaign.ids))
        self.assertEqual(self.ada.passed_campaign_ids, first | second)
        self._check(self.ben | self.carla, ("passed_campaign_ids", "=", False))

    def test_satisfaction_is_the_average_of_the_answers(self):
        survey = self.env["survey.survey"].create(
            {"title": "Satisfied?", "scoring_type": "scoring_without_answers"}
        )
        for partner, score, days in (
            (self.ada, 80, 5),
            (self.ada, 20, 200),
            (self.ben, 40, 5),
        ):
            answer = survey.sudo()._create_answer(partner=partner)
            answer.write(
                {"state": "done", "end_datetime": MONDAY - timedelta(days=days)}
            )
            self.env.flush_all()  # or the score, which nobody answered for, is 0
            answer.scoring_percentage = score
        self._check(self.ada, ("satisfaction_score", "=", 50))
        self._check(self.ben, ("satisfaction_score", "<", 50))
        self._check(self.carla, ("satisfaction_score", "=", False))
        lately = {"period": "last_days", "period_days": 60}
        self._check(self.ada, ("satisfaction_score", "=", 80), **lately)

    def test_status_since_when_and_the_plain_fields(self):
        source = self.env["utm.source"].create({"name": "Test fair"})
        with freeze_time(MONDAY - timedelta(days=50)):
            self.ada.commercial_status_id = self.status
        self.ben.commercial_status_id = self.status
        self.ben.source_id = source
        self._check(
            self.ada,
            ("commercial_status_id", "=", self.status.id),
            ("commercial_status_date", "<", "today -30d"),
        )
        self._check(self.ada, ("days_with_status", "=", 50))
        self._check(self.ben, ("days_with_status", "<", 30))
        self._check(self.carla, ("days_with_status", "=", False))
        self.assertEqual(self.ada.days_with_status, 50)
        self._check(self.ben, ("source_id", "=", source.id))
        self._check(self.entities, ("user_id", "=", self.seller.id))

    # === COMBINED === #

    def test_segments_are_combined_each_with_its_own_period(self):
        lately = self._segment(
            ("ordered_count", ">", 0), period="last_days", period_days=90
        )
        before = self._segment(
            ("ordered_count", ">", 0),
            period="between",
            date_from="2024-01-01",
            date_to="2025-12-31",
        )
        in_both = [("crm_segment_ids", "in", [one.id]) for one in (lately, before)]
        self._check(self.ada, *in_both)
        self._check(
            self.ada | self.ben, ("crm_segment_ids", "in", (lately | before).ids)
        )
        lost = [in_both[1], ("crm_segment_ids", "not in", lately.ids)]
        self._check(self.ben, *lost)
        # The period of the outer segment is not that of those it is made of.
        self._check(self.ben, *lost, period="last_days", period_days=1)
        self._check(self.carla, ("crm_segment_ids", "not in", (lately | before).ids))

    def test_the_wizard_combines_and_or_without(self):
        bought = self._segment(("ordered_count", ">", 0))
        rich = self._segment(("ordered_amount", ">", 100))
        for operator, expected in (
            ("and", self.ada),
            ("or", self.ada | self.ben),
            ("without", self.ben),
        ):
            wizard = Form(
                self.env["crm.segment.combine"]
                .with_user(self.manager)
                .with_context(
                    active_model="crm.segment", active_ids=(bought | rich).ids
                )
            )
            wizard.operator = operator
            self.assertEqual(wizard.partner_count, len(expected))
            action = wizard.save().action_combine()
            segment = self.env["crm.segment"].browse(action["res_id"])
            self.assertEqual(segment._partners(), expected)
            self.assertEqual(segment.used_segment_ids, bought | rich)

    def test_no_segment_is_made_of_itself(self):
        first = self._segment()
        second = self._segment(("crm_segment_ids", "in", first.ids))
        with self.assertRaisesRegex(ValidationError, "made of itself"):
            first.domain = f"[('crm_segment_ids', 'in', {second.ids})]"

    def test_a_segment_says_where_it_is_used(self):
        used = self._segment()
        using = self._segment(("crm_segment_ids", "in", used.ids))
        self.env.invalidate_all()
        self.assertEqual(used.using_segment_ids, using)
        self.assertEqual(using.used_segment_ids, used)
        with self.assertRaisesRegex(UserError, "is used by"):
            used.unlink()
        using.domain = "[]"
        used.unlink()

    def test_a_segment_within_other_conditions_is_used_too(self):
        used = self._segment()
        for domain in (
            [("parent_id.crm_segment_ids", "not in", used.ids)],
            [("child_ids", "any", [("crm_segment_ids", "in", used.ids)])],
        ):
            using = self._segment(*domain)
            with self.subTest(domain):
                self.assertEqual(using.used_segment_ids, used)
                with self.assertRaisesRegex(UserError, "is used by"):
                    used.unlink()
            using.unlink()

    def test_a_segment_that_is_gone_is_not_taken_for_an_empty_one(self):
        with self.assertRaisesRegex(ValidationError, "no segment 999999999 any more"):
            self._segment(("crm_segment_ids", "not in", [999999999]))

    def test_one_segment_that_a_user_may_not_evaluate_hides_no_other(self):
        self._act(self.ada, self.call, self.interested)
        bought = self._segment(("ordered_count", ">", 0))
        costly = self._segment(("last_action_id.cost", ">", 0))
        self.assertEqual(costly.partner_count, 1)
        self.env.invalidate_all()
        seller = costly.with_user(self.seller)
        self.assertFalse(seller.partner_count)
        self.assertIn("cost", seller.problem)
        segments = self.ada.with_user(self.seller).crm_segment_ids
        self.assertEqual((bought | costly) & segments, bought)

    def test_conditions_over_segments_reach_only_what_one_may_read(self):
        """Within a segment, too."""
        secret = [("create_uid.partner_id.signup_type", "=", "reset")]
        with self.assertRaisesRegex(ValidationError, "cannot be read"):
            self._segment(("crm_segment_ids", "any", secret))

    def test_a_segment_is_the_same_as_a_condition(self):
        """Archived opportunities do not come in because a segment is asked for."""
        lead = self._create_lead(self.ada)
        segment = self._segment(("opportunity_ids.team_id", "=", self.team.id))
        self.assertEqual(segment._partners(), self.ada)
        lead.active = False
        found = self.env["res.partner"].search(segment.action_view_partners()["domain"])
        self.assertEqual((segment.partner_count, found), (0, found.browse()))

    def test_an_entity_is_in_segments_by_the_history_of_others(self):
        branch = self._create_partner(
            "Branch", parent_id=self.carla.id, is_company=True
        )
        self._order(branch, MONDAY, self.beans, 5)
        by_branch = self._segment(("child_ids.ordered_count", ">", 0))
        self.assertEqual(by_branch._partners(), self.carla)
        self.assertIn(by_branch, self.carla.with_user(self.seller).crm_segment_ids)

    def test_an_entity_shows_its_segments(self):
        bought = self._segment(("ordered_count", ">", 0))
        rich = self._segment(("ordered_amount", ">", 100))
        ada, carla = (one.with_user(self.seller) for one in (self.ada, self.carla))
        self.assertEqual((bought | rich) & ada.crm_segment_ids, bought | rich)
        self.assertFalse((bought | rich) & carla.crm_segment_ids)

    def test_an_entity_is_in_those_segments_that_hold_it(self):
        """Whatever the conditions: asking about one reads its history alone."""
        self._act(self.ada, self.call, self.interested)
        for condition in (
            ("ordered_amount", "<", 60),
            ("ordered_count", ">=", 1),
            ("days_since_last_order", "=", False),
            ("bought_product_ids", "not in", self.beans.ids),
            ("bought_category_ids", "in", self.tea.ids),
            ("last_action_id", "=", False),
            ("last_action_id.outcome_id", "=", self.interested.id),
            ("done_action_type_ids", "=", False),
            ("buyer_rank", "<", 50),
        ):
            segment = self._segment(condition)
            self.env.invalidate_all()  # or those known before are remembered
            held = self.entities.filtered(
                lambda one, segment=segment: (
                    segment in one.with_user(self.seller).crm_segment_ids
                )
            )
            with self.subTest(condition):
                self.assertEqual(held, segment._partners())

    # === ON SCREEN === #

    def test_the_count_follows_what_is_edited(self):
        form = Form(self.env["crm.segment"].with_user(self.manager))
        form.name = "Live"
        form.domain = str([("id", "in", self.entities.ids), ("ordered_count", ">", 0)])
        self.assertEqual(form.partner_count, 2)
        form.period = "last_days"
        form.period_days = 90
        self.assertEqual(form.partner_count, 1)
        segment = form.save()
        action = segment.action_view_partners()
        found = self.env["res.partner"].with_user(self.seller).search(action["domain"])
        self.assertEqual(found, self.ada)

    def test_conditions_that_cannot_be_read_are_refused(self):
        text = "[('ordered_count', '=', 'many')]"
        for domain in (text, "[('nothing', '=', 1)]", "[('name'", "['|']", "name"):
            with (
                self.subTest(domain),
                self.assertRaisesRegex(ValidationError, "cannot be read"),
            ):
                self._segment().domain = domain

    # === FIXED LISTS === #

    def test_a_fixed_copy_stays_as_it_is(self):
        segment = self._segment(("ordered_count", ">", 0))
        copy = segment.browse(segment.freeze())
        self.assertEqual(copy._partners(), self.ada | self.ben)
        self._order(self.carla, MONDAY, self.beans, 5)
        self.assertEqual(segment.partner_count, 3)
        self.assertEqual(copy._partners(), self.ada | self.ben)
        self.assertEqual((copy.partner_count, copy.frozen_from_id), (2, segment))
        copy.remove_partners(self.ada.ids)
        copy.add_partners((self.carla | self.ben).ids)
        self.assertEqual(copy._partners(), self.ben | self.carla)
        self._check(self.ada, ("crm_segment_ids", "not in", copy.ids))

    def test_a_fixed_list_is_copied_with_its_members(self):
        segment = self._segment(("ordered_count", ">", 0))
        copy = segment.browse(segment.freeze()).copy()
        self.assertEqual(copy._partners(), self.ada | self.ben)

    def test_members_are_put_into_fixed_lists_alone(self):
        with self.assertRaisesRegex(UserError, "said by its conditions"):
            self._segment().add_partners(self.ada.ids)

    def test_entities_are_added_from_their_list(self):
        wizard = Form(
            self.env["crm.segment.add"]
            .with_user(self.manager)
            .with_context(active_model="res.partner", active_ids=self.entities.ids)
        )
        wizard.name = "Guests of the fair"
        action = wizard.save().action_add()
        segment = self.env["crm.segment"].browse(action["res_id"])
        self.assertTrue(segment.is_static)
        self.assertEqual(segment._partners(), self.entities)

    def test_campaigns_take_up_combined_and_fixed_segments(self):
        bought = self._segment(("ordered_count", ">", 0))
        rich = self._segment(("ordered_amount", ">", 100))
        rich = rich.browse(rich.freeze())
        poor = self._segment(
            ("crm_segment_ids", "in", bought.ids),
            ("crm_segment_ids", "not in", rich.ids),
        )
        campaign = self._create_campaign(self.ada, segment_id=poor.id)
        campaign.with_user(self.manager).action_launch()
        self.assertEqual(campaign.lead_ids.partner_id, self.ben)

    # === WHO MAY === #

    def test_salespeople_read_segments_and_managers_make_them(self):
        segment = self._segment(("ordered_count", ">", 0))
        self.assertEqual(segment.with_user(self.seller).partner_count, 2)
        for forbidden in (
            lambda own: own.write({"name": "Mine"}),
            lambda own: own.freeze(),
            lambda own: own.add_partners(self.carla.ids),
            lambda own: own.create({"name": "Mine"}),
        ):
            with self.assertRaises(AccessError):
                forbidden(segment.with_user(self.seller))

    def test_history_counts_whoever_sold(self):
        self._order(self.carla, MONDAY, self.beans, 5, user_id=self.manager.id)
        entities = self.env["res.partner"].with_user(self.seller)
        bought = [("bought_product_ids", "in", self.beans.ids)]
        self.assertIn(self.carla, entities.search(bought))
        self.assertEqual(self.carla.with_user(self.seller).ordered_amount, 5)
        self.assertIn(self.beans, self.carla.with_user(self.seller).bought_product_ids)

    def test_history_is_for_those_who_sell(self):
        stranger = self._create_user("stranger", "base.group_user")
        for name in ("ordered_amount", "bought_product_ids", "crm_segment_ids"):
            with self.subTest(name), self.assertRaises(AccessError):
                self.env["res.partner"].with_user(stranger).search(
                    [(name, "!=", False)]
                )

    def test_conditions_reach_only_what_one_may_read(self):
        entities = self.env["res.partner"].with_user(self.seller)
        self._act(self.ada, self.call, self.interested)
        secret = [("last_action_ids.cost", ">", 0)]
        with self.assertRaises(AccessError):
            entities.search(secret)

    def test_segments_and_history_of_other_companies_are_out_of_reach(self):
        other = self.env["res.company"].create({"name": "Other company"})
        segment = self._segment(("ordered_count", ">", 0))
        theirs = self.env["crm.segment"].create(
            {"name": "Theirs", "domain": "[]", "company_id": other.id}
        )
        own = self.env["crm.segment"].with_user(self.seller)
        self.assertIn(segment, own.search([]))
        self.assertNotIn(theirs, own.search([]))
        for forged in ({}, {"crm_segments_open": [1]}):
            within = self.env["res.partner"].with_user(self.seller)
            found = within.with_context(**forged).search(
                [("crm_segment_ids", "in", theirs.ids)]
            )
            self.assertFalse(found)
        self.manager.company_ids = [Command.link(other.id)]
        elsewhere = segment.with_context(allowed_company_ids=other.ids)
        self.assertEqual(elsewhere.partner_count, 0)

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models import ir_cron
from odoo.addons.crm_playbook.models import crm_campaign_generation
from odoo.addons.crm_playbook.models.engine import as_engine

from .common import MONDAY, PlaybookCase
from .money_set_up import Money


@tagged("post_install", "-at_install")
class TestCrmCampaign(Money, PlaybookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"].concat(
            *(cls._create_partner(f"Member {number}") for number in range(3))
        )
        cls.campaign = cls._create_campaign(cls.partners)

    # === LIFE === #

    def test_campaign_has_a_utm_campaign_of_its_own(self):
        self.assertEqual(self.campaign.utm_campaign_id.title, "Test campaign")
        self.campaign.name = "Renamed"
        self.assertEqual(self.campaign.utm_campaign_id.title, "Renamed")
        copy = self.campaign.copy()
        self.assertNotEqual(copy.utm_campaign_id, self.campaign.utm_campaign_id)

    def test_deleting_a_campaign_deletes_its_utm_campaign(self):
        utm_campaign = self.campaign.utm_campaign_id
        self.campaign.with_user(self.manager).unlink()
        self.assertFalse(utm_campaign.exists())

    def test_campaign_moves_only_as_its_table_says(self):
        campaign = self.campaign.with_user(self.manager)
        with self.assertRaises(UserError):
            campaign.action_pause()
        campaign.action_launch()
        campaign.action_pause()
        campaign.action_resume()
        campaign.action_close()
        with self.assertRaises(UserError):
            campaign.action_launch()
        with self.assertRaises(UserError):
            campaign.write({"state": "running"})

    def test_campaign_without_segment_is_not_launched(self):
        self.campaign.segment_id = False
        with self.assertRaises(UserError):
            self.campaign.action_launch()
        self.assertEqual(self.campaign.state, "draft")

    def test_template_does_not_run_but_makes_campaigns(self):
        template = self._create_campaign(self.partners, is_template=True)
        self.assertFalse(template.utm_campaign_id)
        with self.assertRaises(UserError):
            template.action_launch()
        opened = template.with_user(self.manager).action_use_template()
        campaign = self.env["crm.campaign"].browse(opened["res_id"])
        self.assertFalse(campaign.is_template)
        self.assertTrue(campaign.utm_campaign_id)
        self.assertEqual(campaign.playbook_id, self.playbook)

    def test_closing_cancels_planned_actions_and_leaves_opportunities_open(self):
        self.campaign.action_launch()
        self.campaign.with_user(self.manager).action_close()
        self.assertEqual(set(self.campaign.action_ids.mapped("state")), {"cancelled"})
        self.assertEqual(self.campaign.open_count, 3)

    def test_closing_cancels_tasks_that_left_their_opportunity_too(self):
        self._create_rule(self.interested, move="won", task_type_id=self.visit.id)
        self.campaign.action_launch()
        lead = self.campaign.lead_ids[0]
        self._do(lead, self.interested)
        visit = self._planned(lead.partner_id)
        self.campaign.action_close()
        self.assertEqual(visit.state, "cancelled")

    def test_template_may_be_everybodys_and_its_campaign_is_the_users_companys(self):
        template = self._create_campaign(
            self.partners, is_template=True, company_id=False
        )
        company = self.env["res.company"].create({"name": "Another company"})
        self.manager.write({"company_ids": [(4, company.id)], "company_id": company.id})
        opened = template.with_user(self.manager).action_use_template()
        campaign = self.env["crm.campaign"].browse(opened["res_id"])
        self.assertEqual(campaign.company_id, company)

    def test_template_stays_a_template(self):
        with self.assertRaises(UserError):
            self.campaign.is_template = True

    def test_defaults_in_the_context_do_not_launch(self):
        campaign = (
            self.env["crm.campaign"]
            .with_user(self.manager)
            .with_context(default_state="running")
            .create({"name": "Forged", "playbook_id": self.playbook.id})
        )
        self.assertEqual(campaign.state, "draft")

    # === GENERATION === #

    def test_launch_makes_one_opportunity_with_its_first_task_for_each_entity(self):
        self.campaign.with_user(self.manager).action_launch()
        leads = self.campaign.lead_ids
        self.assertEqual(leads.partner_id, self.partners)
        self.assertEqual(leads.campaign_id, self.campaign.utm_campaign_id)
        self.assertEqual(leads.playbook_stage_id, self.first)
        self.assertEqual(leads.user_id, self.seller)
        self.assertEqual(len(self.campaign.action_ids), 3)
        self.assertEqual(len(leads.transition_ids), 3)

    def test_generating_again_creates_nothing(self):
        self.campaign.action_launch()
        self.assertEqual(self.campaign.with_user(self.manager).generate(), 0)
        self.assertEqual(self.campaign.opportunity_count, 3)

    def test_generate_counts_who_entered_the_segment_since(self):
        self.campaign.frequency = "daily"
        self.campaign.action_launch()
        newcomer = self._create_partner("New Member")
        self.campaign.segment_id.domain = (
            f"[('id', 'in', {(self.partners | newcomer).ids})]"
        )
        self.assertEqual(self.campaign.with_user(self.manager).generate(), 1)

    def test_daily_run_takes_up_newcomers_of_perpetual_campaigns_only(self):
        once = self.campaign
        daily = self._create_campaign(self.partners, frequency="daily")
        (once | daily).date_start = MONDAY
        with self._at(MONDAY):
            (once | daily).action_launch()
        newcomer = self._create_partner("New Member")
        domain = f"[('id', 'in', {(self.partners | newcomer).ids})]"
        (once | daily).segment_id.domain = domain
        with self._at(MONDAY + timedelta(days=1)):
            self._run_cron("ir_cron_generate_campaigns")
        self.assertEqual((once.opportunity_count, daily.opportunity_count), (3, 4))

    def test_daily_campaigns_have_their_turn_once_in_a_round(self):
        daily = self._create_campaign(
            self.partners, frequency="daily", date_start=MONDAY
        )
        with self._at(MONDAY):
            daily.action_launch()
            self.assertFalse(daily._due_for_generation())
        with self._at(MONDAY + timedelta(days=1)):
            self.assertEqual(daily._due_for_generation(), daily)

    def test_campaigns_that_there_was_no_time_for_follow_in_the_next_turn(self):
        campaigns = self._create_campaign(self.partners, frequency="daily")
        campaigns |= self._create_campaign(self.partners, frequency="daily")
        for campaign in campaigns:
            campaign._move_to("running")
        with patch.object(ir_cron, "MIN_TIME_PER_JOB", 0):
            self._run_cron("ir_cron_generate_campaigns")
        self.assertEqual(campaigns.mapped("opportunity_count"), [3, 3])
        self.assertTrue(all(campaigns.mapped("is_generated")))

    def test_generation_that_goes_on_looks_no_farther_back_and_keeps_its_pace(self):
        self.patch(crm_campaign_generation, "FIRST_BATCH", 1)
        self.patch(crm_campaign_generation, "BATCH", 1)
        self.campaign.date_start = MONDAY
        with self._at(MONDAY):
            self.campaign.action_launch()
        one_turn = {"MIN_TIME_PER_JOB": 0, "MIN_RUNS_PER_JOB": 1}
        with (
            self._at(MONDAY + timedelta(minutes=1)),
            patch.multiple(ir_cron, **one_turn),
        ):
            self._run_cron("ir_cron_generate_campaigns")
            self.assertEqual(
                self.campaign.generation, {"done": 2, "total": 3, "seconds_left": 60}
            )
            ahead = self.campaign._candidates(self.campaign.generation_reached)
            self.assertEqual(list(ahead), self.partners[2:].ids)
            self.assertEqual(self.campaign._begin_generation(), [self.partners[2:].ids])
            self.assertEqual(self.campaign.generation["done"], 2)

    def test_generation_that_stood_still_begins_anew(self):
        self.patch(crm_campaign_generation, "FIRST_BATCH", 2)
        self.campaign.date_start = MONDAY
        self.partners.sorted("id")[0].active = False
        with self._at(MONDAY):
            self.campaign.action_launch()
        as_engine(self.campaign).is_generated = False
        self.partners.active = True
        with self._at(MONDAY + timedelta(days=1)):
            self._run_cron("ir_cron_generate_campaigns")
        self.assertEqual(self.campaign.lead_ids.partner_id, self.partners)

    def test_campaign_begins_with_the_day_of_its_company(self):
        self.campaign.company_id.partner_id.tz = "America/Los_Angeles"
        self.campaign.date_start = MONDAY.date()
        self.campaign._move_to("running")
        evening_before = datetime(2026, 3, 2, 7, 59)
        for moment, count in ((evening_before, 0), (MONDAY, 3)):
            with self._at(moment):
                self._run_cron("ir_cron_generate_campaigns")
            self.assertEqual(self.campaign.opportunity_count, count)

    def test_campaign_that_does_not_run_is_not_generated(self):
        with self.assertRaises(UserError):
            self.campaign.generate()

    def test_paused_campaign_is_not_generated(self):
        self.campaign.action_launch()
        self.campaign.action_pause()
        with self.assertRaises(UserError):
            self.campaign.generate()

    def test_campaign_that_begins_later_waits_for_its_day(self):
        with self._at(MONDAY):
            self.campaign.date_start = (MONDAY + timedelta(days=7)).date()
            self.campaign.action_launch()
            self.assertEqual(self.campaign.opportunity_count, 0)
        with self._at(MONDAY + timedelta(days=7)):
            self._run_cron("ir_cron_generate_campaigns")
        self.assertEqual(self.campaign.opportunity_count, 3)

    def test_entity_begins_again_some_days_after_closing(self):
        self.campaign.write(
            {
                "reentry": "delay",
                "reentry_days": 30,
                "frequency": "daily",
                "date_start": MONDAY,
            }
        )
        with self._at(MONDAY):
            self.campaign.action_launch()
            self.campaign.lead_ids[0].action_set_lost()
        with self._at(MONDAY + timedelta(days=29)):
            self.assertEqual(self.campaign.generate(), 0)
        with self._at(MONDAY + timedelta(days=31)):
            self.assertEqual(self.campaign.generate(), 1)
        leads = self.campaign.with_context(active_test=False).lead_ids
        self.assertEqual(sorted(leads.mapped("campaign_round")), [1, 1, 1, 2])

    @mute_logger("odoo.addons.crm_playbook.models.crm_campaign_generation")
    def test_campaign_that_cannot_be_generated_says_so_and_the_others_go_on(self):
        empty = self.env["crm.playbook"].create({"name": "Empty"})
        stage = self._create_stage("Only", playbook=empty)
        tomorrow = (MONDAY + timedelta(days=1)).date()
        both = {"date_start": tomorrow, "sequence": 1}
        broken = self._create_campaign(self.partners, playbook_id=empty.id, **both)
        sound = self._create_campaign(self.partners, **(both | {"sequence": 2}))
        with self._at(MONDAY):
            (broken | sound).action_launch()
        stage.unlink()
        with self._at(MONDAY + timedelta(days=1)):
            self._run_cron("ir_cron_generate_campaigns")
        self.assertFalse(broken.is_generated)
        self.assertIn("has no stage", broken.message_ids[0].body)
        self.assertEqual(sound.opportunity_count, 3)

    def test_generation_goes_on_where_it_was_cut_off_and_says_how_far_it_is(self):
        partners = self.env["res.partner"].concat(
            *(self._create_partner(f"Entity {n}") for n in range(5))
        )
        campaign = self._create_campaign(partners)
        self.patch(crm_campaign_generation, "FIRST_BATCH", 2)
        campaign.action_launch()
        self.assertEqual(
            campaign.generation, {"done": 2, "total": 5, "seconds_left": None}
        )
        self._run_cron("ir_cron_generate_campaigns")
        self.assertEqual(campaign.lead_ids.partner_id, partners)
        self.assertEqual((campaign.generation_done, campaign.generation_total), (5, 5))
        self.assertFalse(campaign.generation, "nothing is being generated any more")

    def test_history_is_that_of_the_campaigns_company(self):
        company = self.env["res.company"].create({"name": "Another company"})
        campaign = self._create_campaign(self.partners, company_id=company.id)
        campaign.segment_id.domain = "[('first_order_date', '!=', False)]"
        order = self._confirm_order(self._create_lead(self.partners[0]), 5.0)
        self.assertEqual(campaign.to_generate_count, 0)
        self.env.cr.execute(
            "UPDATE sale_order SET company_id = %s WHERE id = %s",
            [company.id, order.id],
        )
        self.env.invalidate_all()
        self.assertEqual(campaign.to_generate_count, 1)

    def test_blacklisted_for_the_channel_of_the_first_task_are_left_out(self):
        self.first.task_type_id = self._create_type(
            "Test mail", self.sent, channel="email"
        )
        self.env["mail.blacklist"]._add(self.partners[0].email)
        self.campaign.action_launch()
        self.assertEqual(self.campaign.lead_ids.partner_id, self.partners[1:])

    def test_numbers_blacklisted_are_left_out_where_the_first_task_is_an_sms(self):
        self.first.task_type_id = self._create_type(
            "Test SMS", self.sent, channel="sms"
        )
        self.partners.country_id = self.env.ref("base.es")
        for number, partner in enumerate(self.partners):
            partner.phone = f"+34 612 34 56 7{number}"
        self.partners[0]._phone_set_blacklisted()
        self.env.flush_all()
        self.campaign.action_launch()
        self.assertEqual(self.campaign.lead_ids.partner_id, self.partners[1:])

    def test_entities_of_another_company_are_left_out(self):
        self.partners[0].company_id = self.env["res.company"].create({"name": "Other"})
        self.campaign.action_launch()
        self.assertEqual(self.campaign.opportunity_count, 2)

    def test_the_same_entity_twice_is_refused_by_the_database(self):
        self.campaign.action_launch()
        with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO crm_lead "
                "(name, type, crm_campaign_id, partner_id, campaign_round) "
                "SELECT name, type, crm_campaign_id, partner_id, campaign_round "
                "FROM crm_lead WHERE id = %s",
                self.campaign.lead_ids[0].ids,
            )
        self.assertEqual(caught.exception.pgcode, "23505")

    def test_merging_entities_loses_no_opportunity(self):
        self.campaign.write({"reentry": "delay", "reentry_days": 0})
        self.campaign.action_launch()
        self.campaign.lead_ids.filtered(
            lambda lead: lead.partner_id == self.partners[1]
        ).action_set_lost()
        self.campaign.generate()
        self.env["base.partner.merge.automatic.wizard"]._merge(
            self.partners.ids, self.partners[0]
        )
        leads = self.campaign.with_context(active_test=False).lead_ids
        self.assertEqual(leads.partner_id, self.partners[0])
        self.assertEqual(sorted(leads.mapped("campaign_round")), [1, 2, 3, 4])
        self.assertEqual(len(self.campaign.action_ids), 4)

    def test_merging_entities_numbers_on_where_numbers_are_missing(self):
        self.campaign.write({"reentry": "delay", "reentry_days": 0})
        self.campaign.action_launch()
        kept, merged, _other = self.campaign.lead_ids.sorted("partner_id")
        self.env.cr.execute(
            "UPDATE crm_lead SET campaign_round = 2 WHERE id = %s", kept.ids
        )
        self.env.invalidate_all()
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (kept | merged).partner_id.ids, kept.partner_id
        )
        self.assertEqual((kept | merged).partner_id, kept.partner_id)
        self.assertEqual((kept.campaign_round, merged.campaign_round), (2, 3))

    def test_start_for_takes_up_entities_outside_the_segment(self):
        self.campaign.action_launch()
        stranger = self._create_partner("Walk In")
        created = self.campaign.with_user(self.manager).start_for(
            (stranger | self.partners).ids
        )
        self.assertEqual(self.env["crm.lead"].browse(created).partner_id, stranger)

    def test_opportunities_go_to_whom_the_policy_names(self):
        expected = {
            "entity_salesperson": {self.seller},
            "round_robin": {self.seller, self.other_seller},
            "responsible": {self.manager},
            "nobody": set(),
        }
        for policy, users in expected.items():
            with self.subTest(policy=policy):
                campaign = self._create_campaign(self.partners, assignment=policy)
                campaign.action_launch()
                self.assertEqual(set(campaign.lead_ids.user_id), users)

    def test_playbook_of_a_campaign_under_way_stays(self):
        self.campaign.action_launch()
        other = self.env["crm.playbook"].create({"name": "Other"})
        with self.assertRaises(ValidationError):
            self.campaign.playbook_id = other

    # === FIGURES === #

    def test_stage_line_shows_what_went_on_in_each_stage(self):
        self._create_rule(self.interested, move="next")
        self.campaign.action_launch()
        self._do(self.campaign.lead_ids[0], self.interested)
        self.campaign.invalidate_recordset()
        first, second, third = (
            item["figures"] for item in self.campaign.with_user(self.manager).stage_line
        )
        self.assertEqual(first, {"here": 2, "planned": 2, "done": 1, "failed": 0})
        self.assertEqual(second, {"here": 1, "planned": 1, "done": 0, "failed": 0})
        self.assertEqual(third["here"], 0)

    def test_roi_is_revenue_less_cost_over_cost(self):
        self.campaign.fixed_cost = 10.0
        self.campaign.action_launch()
        lead = self.campaign.lead_ids[0]
        self._do(lead, self.interested)
        self._confirm_order(lead, 25.0)
        campaign = self.campaign.with_user(self.manager)
        self.assertEqual(campaign.cost, 12.5)
        self.assertEqual(campaign.revenue, 25.0)
        self.assertEqual(campaign.roi, 1.0)

    def test_roi_is_not_defined_without_cost(self):
        self.assertFalse(self.campaign.is_roi_defined)

    def test_cost_is_the_price_at_the_time(self):
        self.campaign.action_launch()
        self._do(self.campaign.lead_ids[0], self.interested)
        self.call.marginal_cost = 100
        self.campaign.invalidate_recordset()
        self.assertEqual(self.campaign.cost, 2.5)

    def test_revenue_of_another_currency_is_converted_at_the_orders_rate(self):
        currency = self.env["res.currency"].create({"name": "TST", "symbol": "T"})
        self.env["res.currency.rate"].create({"currency_id": currency.id, "rate": 4.0})
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        self.campaign.action_launch()
        self._confirm_order(self.campaign.lead_ids[0], 100.0, pricelist_id=pricelist.id)
        self.assertAlmostEqual(self.campaign.revenue, 25.0)

    def test_cancelled_order_brings_nothing(self):
        self.campaign.action_launch()
        order = self._confirm_order(self.campaign.lead_ids[0], 25.0)
        order._action_cancel()
        self.campaign.invalidate_recordset()
        self.assertEqual(self.campaign.revenue, 0.0)

    def test_invoiced_and_paid_are_told_apart(self):
        self.campaign.action_launch()
        order = self._confirm_order(self.campaign.lead_ids[0], 80.0)
        invoice = order._create_invoices()
        invoice.action_post()
        self.campaign.invalidate_recordset()
        self.assertEqual((self.campaign.invoiced, self.campaign.paid), (80.0, 0.0))
        self._pay(invoice)
        self.campaign.invalidate_recordset()
        self.assertEqual((self.campaign.invoiced, self.campaign.paid), (80.0, 80.0))

    # === REFUNDS === #

    def _sold_and_invoiced(self, price):
        """An order of the campaign, and its posted invoice."""
        self.campaign.action_launch()
        order = self._confirm_order(self.campaign.lead_ids[0], price)
        return order, self._invoice(order)

    def _money(self):
        self.env.flush_all()
        self.campaign.invalidate_recordset()
        names = ("order_count", "ordered", "refunded", "revenue", "invoiced", "paid")
        return tuple(self.campaign[name] for name in names)

    def test_refund_takes_the_sale_back(self):
        _order, invoice = self._sold_and_invoiced(80.0)
        self._credit(invoice)
        self.assertEqual(self._money(), (1, 80.0, 80.0, 0.0, 0.0, 0.0))

    def test_part_of_a_sale_is_taken_back_by_a_smaller_credit_note(self):
        _order, invoice = self._sold_and_invoiced(80.0)
        self._pay(invoice)
        self._credit(invoice, 30.0)
        self.assertEqual(self._money(), (1, 80.0, 30.0, 50.0, 50.0, 80.0))

    def test_credit_note_that_puts_an_invoice_right_takes_nothing_back(self):
        order, invoice = self._sold_and_invoiced(80.0)
        self._credit(invoice)
        self._invoice(order)
        self.assertEqual(self._money(), (1, 80.0, 0.0, 80.0, 80.0, 0.0))

    def test_half_an_invoice_that_is_put_right_takes_nothing_back(self):
        """Half of it is invoiced, credited and invoiced again; the rest comes later."""
        self.campaign.action_launch()
        order = self._confirm_order(self.campaign.lead_ids[0], 80.0)
        for time in range(2):
            invoice = order._create_invoices()
            invoice.invoice_line_ids.quantity = 0.5
            invoice.action_post()
            if time == 0:
                self._credit(invoice)
        self.assertEqual(self._money(), (1, 80.0, 0.0, 80.0, 40.0, 0.0))

    def test_campaign_stays_with_its_company(self):
        another = self.env["res.company"].create({"name": "Another"})
        with self.assertRaisesRegex(UserError, "belongs to a company"):
            self.campaign.company_id = False
        self.campaign.company_id = another
        self.campaign.company_id = self.env.company
        self.campaign.action_launch()
        with self.assertRaisesRegex(UserError, "stays with its company"):
            self.campaign.company_id = another

    def test_refund_of_a_discount_takes_the_discount_back(self):
        self.campaign.action_launch()
        order = self._confirm_order(self.campaign.lead_ids[0], 80.0)
        self.env["sale.order.line"].create(
            {
                "order_id": order.id,
                "product_id": order.order_line.product_id.id,
                "product_uom_qty": 1,
                "price_unit": -10.0,
                "tax_ids": False,
            }
        )
        invoice = self._invoice(order)
        self.assertEqual(self._money(), (1, 70.0, 0.0, 70.0, 70.0, 0.0))
        self._credit(invoice)
        self.assertEqual(self._money(), (1, 70.0, 70.0, 0.0, 0.0, 0.0))

    def test_draft_credit_note_takes_nothing_back(self):
        _order, invoice = self._sold_and_invoiced(80.0)
        invoice._reverse_moves()
        self.assertEqual(self._money(), (1, 80.0, 0.0, 80.0, 80.0, 0.0))

    def test_refund_at_another_rate_takes_back_what_was_sold(self):
        """Ordered at 4 to 1, invoiced and half of it credited at 2 to 1."""
        currency = self.env["res.currency"].create({"name": "TST", "symbol": "T"})
        rates = self.env["res.currency.rate"]
        today = fields.Date.today()
        rates.create({"currency_id": currency.id, "rate": 4.0, "name": "2020-01-01"})
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        self.campaign.action_launch()
        order = self._confirm_order(
            self.campaign.lead_ids[0], 100.0, pricelist_id=pricelist.id
        )
        rates.create({"currency_id": currency.id, "rate": 2.0, "name": today})
        self._credit(self._invoice(order), 50.0)
        self.assertEqual(self._money(), (1, 25.0, 12.5, 12.5, 25.0, 0.0))

    def test_seller_does_not_read_the_money_of_a_campaign(self):
        with self.assertRaises(UserError):
            self.campaign.with_user(self.seller).read(["roi"])

    # === ORDERS === #

    def test_confirmed_order_is_answered_and_carries_the_campaign(self):
        rule = self._create_rule(trigger="order_confirmed", move="won")
        self.campaign.action_launch()
        lead = self.campaign.lead_ids[0]
        order = self._confirm_order(lead, 10.0)
        self.assertEqual(order.campaign_id, self.campaign.utm_campaign_id)
        self.assertEqual(lead.won_status, "won")
        line = lead.transition_ids[0]
        self.assertEqual((line.rule_id, line.order_id), (rule, order))
        self.assertEqual(self.campaign.won_count, 1)

    def test_order_linked_after_its_confirmation_is_answered(self):
        self._create_rule(trigger="order_confirmed", move="won")
        self.campaign.action_launch()
        lead = self.campaign.lead_ids[0]
        order = self._confirm_order(lead, 10.0, opportunity_id=False)
        self.assertEqual(lead.won_status, "pending")
        order.opportunity_id = lead
        self.assertEqual(lead.won_status, "won")

    def test_rule_that_raises_does_not_stop_the_order(self):
        self._create_rule(
            trigger="order_confirmed",
            spawn_campaign_id=self._create_broken_campaign().id,
        )
        self.campaign.action_launch()
        lead = self.campaign.lead_ids[0]
        with mute_logger("odoo.addons.crm_playbook.models.crm_playbook_rule"):
            order = self._confirm_order(lead, 10.0)
        self.assertEqual(order.state, "sale")
        self.assertIn("has no stage", lead.transition_ids[0].effects)

    def test_credited_invoice_settles_the_collection(self):
        self.playbook.purpose = "collection"
        self._create_rule(trigger="invoice_paid", move="won")
        invoice = self._confirm_order(
            self._create_lead(self.partners[0]), 10.0
        )._create_invoices()
        invoice.action_post()
        self.campaign.action_launch()
        collection = self.campaign.lead_ids.filtered(
            lambda lead: lead.partner_id == self.partners[0]
        )
        self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"journal_id": invoice.journal_id.id}).reverse_moves(is_modify=True)
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertEqual(collection.won_status, "won")

    def test_paid_invoice_is_answered_once(self):
        self._create_rule(trigger="invoice_paid", commercial_status_id=self.status.id)
        self.campaign.action_launch()
        lead = self.campaign.lead_ids[0]
        invoice = self._confirm_order(lead, 10.0)._create_invoices()
        invoice.action_post()
        self._pay(invoice)
        invoice._invoice_paid_hook()
        paid = lead.transition_ids.filtered(lambda line: line.trigger == "invoice_paid")
        self.assertEqual(len(paid), 1)
        self.assertEqual(lead.commercial_status_id, self.status)

    # === HELPERS === #

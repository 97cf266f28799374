from datetime import date

from psycopg2.errors import ExclusionViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .sales_case import SalesCase


class CycleCase(SalesCase):
    """A team that works by courses, and two of them: the last one, and the next."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["crm.cycle.calendar"].create(
            {"name": "Course", "first_month": "9", "months": 12}
        )
        cls.team.cycle_calendar_id = cls.calendar
        cls.last = cls._create_cycle("2024/25", "2024-09-01", "2025-08-31")
        cls.next = cls._create_cycle("2025/26", "2025-09-01", "2026-08-31")
        cls.last.with_user(cls.manager).action_open()

    def setUp(self):
        super().setUp()
        self.startPatcher(self._at("2025-07-10 09:00:00"))

    @classmethod
    def _create_cycle(cls, name, first, last):
        return cls.env["crm.cycle"].create(
            {
                "name": name,
                "calendar_id": cls.calendar.id,
                "date_start": first,
                "date_end": last,
            }
        )

    def _win(self, partner, **values):
        lead = self._create_lead(partner, cycle_id=self.last.id, **values)
        lead.action_set_won()
        return lead

    def _open_next(self):
        self.next.with_user(self.manager).action_open()
        self._run_cron("ir_cron_carry_over")

    def _repurchases(self, cycle=None):
        return self.env["crm.lead"].search(
            [
                ("cycle_id", "=", (cycle or self.next).id),
                ("cycle_kind", "=", "repurchase"),
            ],
            order="id",
        )


@tagged("post_install", "-at_install")
class TestCrmCycle(CycleCase):
    """Two cycles are open at most; opportunities are made in one of them."""

    def test_calendar_makes_one_cycle_after_the_other(self):
        calendar = self.env["crm.cycle.calendar"].create(
            {"name": "Courses", "first_month": "9", "months": 12}
        )
        cycles = self.env["crm.cycle"].browse(
            calendar.action_create_next()["res_id"] for _cycle in range(2)
        )
        self.assertEqual(cycles[0].date_start, date(2024, 9, 1))
        self.assertEqual(cycles[1].date_start, date(2025, 9, 1))
        self.assertEqual(cycles[1].date_end, date(2026, 8, 31))
        self.assertEqual(cycles[1].name, "Courses 2025/26")
        self.assertEqual(cycles[1].previous_id, cycles[0])

    def test_seasons_follow_one_another(self):
        calendar = self.env["crm.cycle.calendar"].create(
            {"name": "Season", "first_month": "3", "months": 6}
        )
        cycle = self.env["crm.cycle"].browse(calendar.action_create_next()["res_id"])
        self.assertEqual(cycle.date_start, date(2025, 3, 1))
        self.assertEqual(cycle.date_end, date(2025, 8, 31))

    def test_two_are_open_at_most(self):
        self._open_next()
        third = self._create_cycle("2026/27", "2026-09-01", "2027-08-31")
        with self.assertRaisesRegex(UserError, "close one of them first"):
            third.with_user(self.manager).action_open()
        self.last.with_user(self.manager).action_close()
        third.with_user(self.manager).action_open()
        self.assertEqual(third.state, "open")

    def test_two_are_open_at_most_says_the_database(self):
        self.env.flush_all()
        with (
            self.assertRaises(UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "UPDATE crm_cycle SET state = 'open', open_slot = 1 WHERE id = %s",
                [self.next.id],
            )

    def test_days_belong_to_one_cycle(self):
        with (
            self.assertRaises(ExclusionViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self._create_cycle("Again", "2025-08-31", "2025-12-31")

    def test_state_is_no_field_to_write(self):
        with self.assertRaises(UserError):
            self.next.with_user(self.manager).state = "open"

    def test_new_opportunities_are_made_in_the_open_cycle_of_today(self):
        lead = self._create_lead()
        self.assertEqual(lead.cycle_id, self.last)
        self.assertEqual(lead.cycle_kind, "new")
        self._open_next()
        self.assertEqual(self._create_lead().cycle_id, self.last)
        self.last.with_user(self.manager).action_close()
        self.assertEqual(self._create_lead().cycle_id, self.next)
        elsewhere = self.env["crm.team"].create({"name": "No cycles"})
        self.assertFalse(self._create_lead(team_id=elsewhere.id).cycle_id)

    def test_late_entries_choose_the_other_open_one(self):
        self._open_next()
        lead = self._create_lead()
        lead.with_user(self.seller).cycle_id = self.next
        self.assertEqual(lead.cycle_id, self.next)
        self.last.with_user(self.manager).action_close()
        with self.assertRaisesRegex(ValidationError, "is not open"):
            lead.with_user(self.seller).cycle_id = self.last

    def test_what_a_campaign_makes_in_sets_is_in_the_cycle(self):
        campaign = self._create_campaign(self._create_partner("Bruno Conti"))
        campaign.action_launch()
        self.assertEqual(campaign.lead_ids.cycle_id, self.last)
        self.assertEqual(campaign.lead_ids.cycle_kind, "new")

    def test_cycle_with_opportunities_stays(self):
        self._create_lead()
        with self.assertRaises(UserError):
            self.last.with_user(self.manager).unlink()
        with self.assertRaises(UserError):
            self.calendar.with_user(self.manager).unlink()

    def test_salespeople_read_and_administrators_shape(self):
        self.assertEqual(self.last.with_user(self.seller).name, "2024/25")
        for record in (self.last, self.calendar):
            with self.assertRaises(AccessError):
                record.with_user(self.seller).name = "Mine"
        with self.assertRaises(AccessError):
            self.next.with_user(self.seller).action_open()

    def test_other_companies_see_neither(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        manager = self._create_user(
            "elsewhere",
            "sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        for record in (self.last, self.calendar):
            model = self.env[record._name].with_user(manager)
            self.assertFalse(model.search_count([("id", "=", record.id)]))


@tagged("post_install", "-at_install")
class TestCarryOver(CycleCase):
    """Each active customer of the last cycle comes into the next, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = [cls._create_partner(f"Customer {number}") for number in range(5)]

    def test_each_has_one_opportunity_with_the_salesperson_they_had(self):
        self._win(self.people[0], user_id=self.other_seller.id, expected_revenue=300.0)
        self._win(self.people[1], expected_revenue=100.0)
        self._create_lead(self.people[2], cycle_id=self.last.id)
        self._open_next()
        leads = self._repurchases()
        self.assertEqual(leads.partner_id, self.people[0] | self.people[1])
        self.assertEqual(leads[0].user_id, self.other_seller)
        self.assertEqual(leads[0].team_id, self.team)
        self.assertEqual(leads.mapped("expected_revenue"), [300.0, 100.0])
        self.assertTrue(all(lead.repurchase_of_id for lead in leads))
        self.assertTrue(self.next.is_carried_over)
        self.assertEqual(self.next.customer_count, 0)
        self.assertEqual(self.last.customer_count, 2)

    def test_again_makes_nothing_twice(self):
        for partner in self.people:
            self._win(partner)
        self._open_next()
        self.next.with_user(self.manager).action_carry_over()
        self._run_cron("ir_cron_carry_over")
        self.assertEqual(len(self._repurchases()), 5)

    def test_more_than_a_batch(self):
        partners = self.env["res.partner"].create(
            [{"name": f"Many {number}"} for number in range(450)]
        )
        leads = self.env["crm.lead"].create(
            [
                {
                    "name": partner.name,
                    "partner_id": partner.id,
                    "team_id": self.team.id,
                    "user_id": self.seller.id,
                    "cycle_id": self.last.id,
                }
                for partner in partners
            ]
        )
        leads.action_set_won()
        self.next.with_user(self.manager).action_open()
        self.assertEqual(len(self._repurchases()), 200)
        self.assertEqual(self.next.carry_over, {"done": 200, "total": 450})
        self._run_cron("ir_cron_carry_over")
        self.assertEqual(self._repurchases().partner_id, partners)
        self.assertFalse(self.next.carry_over)

    def test_who_bought_twice_comes_once_with_the_sum(self):
        self._win(self.people[0], expected_revenue=100.0)
        self._win(self.people[0], expected_revenue=50.0)
        child = self._create_partner("A contact", parent_id=self.people[0].id)
        self._win(child, expected_revenue=25.0)
        self._open_next()
        self.assertEqual(self._repurchases().mapped("expected_revenue"), [175.0])

    def test_what_they_bought_counts_before_what_was_expected(self):
        won = self._win(self.people[0], expected_revenue=100.0)
        self._sell(self.people[0], 80.0, opportunity_id=won.id)
        self._open_next()
        lead = self._repurchases()
        self.assertEqual(lead.expected_revenue, 80.0)
        self.assertEqual(lead.last_time_ids, won.order_ids.order_line)

    def test_who_has_left_does_not_come(self):
        gone = self.env.ref("crm_playbook.status_former_customer")
        for partner in self.people[:3]:
            self._win(partner)
        self.people[0].commercial_status_id = gone
        self.people[1].active = False
        self._open_next()
        self.assertEqual(self._repurchases().partner_id, self.people[2])

    def test_whose_salesperson_has_left_has_the_customers_own(self):
        self._win(self.people[0], user_id=self.other_seller.id)
        self.other_seller.active = False
        self._open_next()
        self.assertEqual(self._repurchases().user_id, self.seller)

    def test_late_customers_come_when_asked_for(self):
        self._win(self.people[0])
        self._open_next()
        self._win(self.people[1])
        self.assertEqual(self.next.to_carry_count, 1)
        self.next.with_user(self.manager).action_carry_over()
        self.assertEqual(
            self._repurchases().partner_id, self.people[0] | self.people[1]
        )

    def test_merged_customers_come_once(self):
        self._win(self.people[0])
        self._open_next()
        self._win(self.people[1])
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.people[0] | self.people[1]).ids, self.people[1])
        self.next.with_user(self.manager).action_carry_over()
        self.assertEqual(len(self._repurchases()), 1)

    def test_two_who_were_carried_over_may_be_merged(self):
        self._win(self.people[0])
        self._win(self.people[1])
        self._open_next()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.people[0] | self.people[1]).ids, self.people[1])
        self.assertEqual(len(self._repurchases()), 2)
        self.next.with_user(self.manager).action_carry_over()
        self.assertEqual(len(self._repurchases()), 2)

    def test_what_it_is_merged_into_is_the_repurchase(self):
        self._win(self.people[0])
        self._open_next()
        carried = self._repurchases()
        other = self._create_lead(self.people[0], expected_revenue=500.0)
        other.stage_id = self.env["crm.stage"].search(
            [("is_won", "=", False)], order="sequence desc", limit=1
        )
        kept = (carried | other).merge_opportunity()
        self.assertEqual(kept, other)
        self.assertEqual(self._repurchases(), kept)
        self.next.with_user(self.manager).action_carry_over()
        self.assertEqual(self._repurchases(), kept)

    def test_they_begin_the_playbook_of_the_team(self):
        self._win(self.people[0])
        self.team.playbook_id = self.playbook
        self._open_next()
        lead = self._repurchases()
        self.assertEqual(lead.playbook_stage_id, self.first)
        self.assertEqual(self._planned(lead).user_id, self.seller)
        self.assertEqual(lead.transition_ids.mapped("trigger"), ["started"])

    def test_they_are_due_as_far_into_the_cycle_as_last_time(self):
        with self._at("2024-10-15 09:00:00"):
            self._win(self.people[0])
        self._open_next()
        self.assertEqual(self._repurchases().date_deadline, date(2025, 10, 15))

    def test_what_they_had_is_quoted_at_the_prices_of_today(self):
        won = self._win(self.people[0])
        order = self._sell(self.people[0], 80.0, opportunity_id=won.id)
        product = order.order_line.product_id
        self._open_next()
        product.list_price = 95.0
        lead = self._repurchases().with_user(self.seller)
        action = lead.action_quote_last_time()
        quotation = self.env["sale.order"].browse(action["res_id"])
        self.assertEqual(quotation.state, "draft")
        self.assertEqual(quotation.opportunity_id, lead)
        self.assertEqual(quotation.order_line.product_id, product)
        self.assertEqual(quotation.order_line.price_unit, 95.0)
        product.active = False
        with self.assertRaisesRegex(UserError, "sold any more"):
            lead.action_quote_last_time()

    def test_funnel_and_retention(self):
        for partner in self.people[:4]:
            self._win(partner, expected_revenue=10.0)
        self._open_next()
        again = self._repurchases()
        again[0].action_set_won()
        again[1].action_set_lost()
        new = self._create_lead(
            self.people[4], cycle_id=self.next.id, expected_revenue=7.0
        )
        new.action_set_won()
        funnel = self.next.with_user(self.seller).get_cycle_funnel()
        kinds = {row["kind"]: row for row in funnel["kinds"]}
        names = "count", "open", "won", "lost", "conversion", "amount"
        self.assertEqual(
            [kinds["repurchase"][name] for name in names], [4, 2, 1, 1, 0.25, 10.0]
        )
        self.assertEqual([kinds["new"][name] for name in names], [1, 0, 1, 0, 1, 7.0])
        self.assertEqual([kinds["all"][name] for name in names][:4], [5, 2, 2, 1])
        self.assertEqual((funnel["before"], funnel["kept"]), (4, 1))
        self.assertEqual(funnel["retention"], 0.25)
        self.assertEqual(funnel["customers"], 2)

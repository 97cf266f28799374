from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmCampaignCost(PlaybookCase):
    """Fixed costs: lines with a day and a kind, and one sum for whoever gives one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.printing = cls.env.ref("crm_playbook.crm_cost_kind_print")
        cls.venue = cls.env.ref("crm_playbook.crm_cost_kind_venue")
        cls.other = cls.env.ref("crm_playbook.crm_cost_kind_other")
        cls.campaign = cls._create_campaign(
            cls.partner, date_start="2026-03-10"
        ).with_user(cls.manager)

    def _spend(self, amount, kind=None, day="2026-03-05", campaign=None, **values):
        return (
            self.env["crm.campaign.cost"]
            .with_user(self.manager)
            .create(
                {
                    "crm_campaign_id": (campaign or self.campaign).id,
                    "kind_id": (kind or self.printing).id,
                    "date": day,
                    "amount": amount,
                    **values,
                }
            )
        )

    def _lines(self, campaign=None):
        return [
            (line.date, line.kind_id, line.amount)
            for line in (campaign or self.campaign).cost_ids.sorted("id")
        ]

    # === THE SUM === #

    def test_fixed_cost_is_the_sum_of_the_lines(self):
        first = self._spend(100.0)
        self._spend(40.5, self.venue)
        self.assertEqual(self.campaign.fixed_cost, 140.5)
        first.amount = 90.0
        self.assertEqual(self.campaign.fixed_cost, 130.5)
        first.unlink()
        self.assertEqual(self.campaign.fixed_cost, 40.5)

    def test_what_was_given_back_counts_negative(self):
        self._spend(100.0)
        self._spend(-30.0)
        self.assertEqual(self.campaign.fixed_cost, 70.0)

    def test_one_sum_becomes_a_line_at_the_start(self):
        campaign = self._create_campaign(
            self.partner, date_start="2026-03-10", fixed_cost=250.0
        )
        self.assertEqual(campaign.fixed_cost, 250.0)
        self.assertEqual(
            self._lines(campaign), [(date(2026, 3, 10), self.other, 250.0)]
        )

    def test_another_sum_adds_the_difference_and_keeps_what_is_there(self):
        self._spend(100.0)
        self.campaign.fixed_cost = 130.0
        self.assertEqual(
            self._lines(),
            [
                (date(2026, 3, 5), self.printing, 100.0),
                (date(2026, 3, 10), self.other, 30.0),
            ],
        )
        self.campaign.fixed_cost = 90.0
        self.assertEqual(self._lines()[-1], (date(2026, 3, 10), self.other, -40.0))
        self.campaign.invalidate_recordset()
        self.assertEqual(self.campaign.fixed_cost, 90.0)

    def test_the_same_sum_adds_nothing(self):
        self._spend(100.0)
        self.campaign.fixed_cost = 100.0
        self.assertEqual(len(self.campaign.cost_ids), 1)

    def test_lines_and_their_sum_given_together_are_not_counted_twice(self):
        line = Command.create({"kind_id": self.venue.id, "amount": 60.0})
        self.campaign.write({"cost_ids": [line], "fixed_cost": 60.0})
        self.assertEqual(len(self.campaign.cost_ids), 1)
        campaign = self._create_campaign(
            self.partner, cost_ids=[line], fixed_cost=75.0, name="Both"
        )
        self.assertEqual(sorted(campaign.cost_ids.mapped("amount")), [15.0, 60.0])
        self.assertEqual(campaign.fixed_cost, 75.0)

    def test_without_a_start_one_sum_is_of_today_where_the_campaign_is(self):
        self.campaign.date_start = False
        self.env.company.partner_id.tz = "Asia/Tokyo"
        with freeze_time("2026-03-01 20:00:00"):
            self.campaign.fixed_cost = 10.0
        self.assertEqual(self._lines(), [(date(2026, 3, 2), self.other, 10.0)])

    def test_cost_and_return_follow_the_lines(self):
        self._spend(80.0)
        self.assertEqual(self.campaign.cost, 80.0)
        self.assertEqual(self.campaign.roi, -1.0)

    def test_bills_that_come_late_are_entered(self):
        self.campaign.action_launch()
        self.campaign.action_close()
        self._spend(15.0, day="2026-06-01")
        self.assertEqual(self.campaign.fixed_cost, 15.0)

    # === ON SCREEN === #

    def test_form_adds_up_lines_and_names_them_after_their_kind(self):
        with Form(self.campaign) as form, form.cost_ids.new() as line:
            line.kind_id = self.venue
            self.assertEqual(line.name, "Venue")
            line.amount = 12.0
        self.assertEqual(self.campaign.fixed_cost, 12.0)
        self.assertEqual(len(self.campaign.cost_ids), 1)

    # === COPIES === #

    def test_copy_has_its_costs_as_far_from_its_start(self):
        self._spend(100.0, day="2026-03-05")
        self._spend(20.0, self.venue, day="2026-03-20")
        copy = self.campaign.copy({"date_start": "2026-09-01"})
        self.assertEqual(
            self._lines(copy),
            [
                (date(2026, 8, 27), self.printing, 100.0),
                (date(2026, 9, 11), self.venue, 20.0),
            ],
        )
        self.assertEqual(copy.fixed_cost, 120.0)
        self.assertEqual(self.campaign.fixed_cost, 120.0)

    def test_campaign_of_a_template_without_dates_spends_from_today_on(self):
        template = self._create_campaign(
            self.partner, is_template=True, date_start=False, company_id=False
        )
        self._spend(70.0, day="2026-01-05", campaign=template)
        self._spend(30.0, day="2026-01-08", campaign=template)
        with freeze_time("2026-03-02 09:00:00"):
            action = template.with_user(self.manager).action_use_template()
        campaign = self.env["crm.campaign"].browse(action["res_id"])
        self.assertEqual(
            [day for day, _kind, _amount in self._lines(campaign)],
            [date(2026, 3, 2), date(2026, 3, 5)],
        )
        self.assertEqual(campaign.cost_ids.company_id, self.env.company)
        self.assertFalse(template.cost_ids.company_id)

    # === KINDS === #

    def test_kind_of_single_sums_stays(self):
        with self.assertRaisesRegex(UserError, "given as one sum"):
            self.other.with_user(self.manager).unlink()

    # === WHO === #

    def test_costs_are_not_told_to_salespeople(self):
        line = self._spend(100.0)
        with self.assertRaises(AccessError):
            line.with_user(self.seller).read(["amount"])
        with self.assertRaises(AccessError):
            self.printing.with_user(self.seller).read(["name"])
        fields = self.campaign.with_user(self.seller).fields_get()
        self.assertFalse({"cost_ids", "fixed_cost"} & set(fields))

    def test_costs_of_another_company_are_hidden(self):
        line = self._spend(100.0)
        company = self.env["res.company"].create({"name": "Another company"})
        line.sudo().crm_campaign_id.company_id = company
        seen = self.env["crm.campaign.cost"].with_user(self.manager)
        self.assertFalse(seen.search([("id", "=", line.id)]))
        self.manager.company_ids += company
        both = (self.env.company | company).ids
        seen = seen.with_context(allowed_company_ids=both)
        self.assertTrue(seen.search([("id", "=", line.id)]))

import random
from datetime import timedelta

from scipy import stats

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.crm_playbook.models.crm_campaign_control_result import (
    FEWEST_BUYERS,
    FEWEST_HEADS,
)

from .control_case import DAYS, ControlCase

SEED = 20260302


@tagged("post_install", "-at_install")
class TestCrmCampaignControlResult(ControlCase):
    """Sales a head in both arms, and whether chance alone may explain them."""

    def _result(self, campaign=None):
        campaign = campaign or self.campaign
        return campaign.with_user(self.manager).get_control_result()

    def _arm(self, arm, *names):
        figures = self._result()["arms"][arm]
        return tuple(figures[name] for name in names)

    # === AGAINST SCIPY === #

    def test_result_is_that_of_scipy_in_100_random_cases(self):
        chance = random.Random(SEED)
        for case in range(100):
            with self.subTest(case=case):
                self._check_random_case(chance)

    def _check_random_case(self, chance):
        campaign = self._create_running(name="Random")
        count = [chance.randint(2, len(self.people) // 2) for _arm in "12"]
        people = self.people.browse(chance.sample(self.people.ids, sum(count)))
        arms = {"treated": people[: count[0]], "control": people[count[0] :]}
        since = {one: self._ago(chance.uniform(1, 90)) for one in people}
        for arm, heads in arms.items():
            self._enter(
                heads if arm == "treated" else heads.browse(),
                heads if arm == "control" else heads.browse(),
                [since[one] for one in heads],
                campaign,
            )
        sales = self._random_sales(chance, people)
        orders = self._order(*sales)
        amounts = dict.fromkeys(people, 0.0)
        for partner, amount, date in zip(*sales, strict=True):
            if since[partner] <= date < since[partner] + timedelta(days=DAYS):
                amounts[partner] += amount
        told = self._result(campaign)
        bought = {arm: [amounts[one] for one in heads] for arm, heads in arms.items()}
        self._check_as_scipy(told, bought)
        self.env["sale.order"].browse(orders)._write({"state": "draft"})
        self.env.cr.execute("DELETE FROM sale_order WHERE id = ANY(%s)", [orders])
        self.env.invalidate_all()

    def _random_sales(self, chance, people):
        buyers = people.browse(
            chance.choices(people.ids, k=chance.randint(2, 2 * len(people)))
        )
        amounts = [round(chance.lognormvariate(3, 1), 2) for _order in buyers.ids]
        dates = [
            self.now.replace(microsecond=0)
            - timedelta(minutes=chance.randint(1, 99999))
            for _order in buyers.ids
        ]
        return buyers, amounts, dates

    def _check_as_scipy(self, told, bought):
        for arm, amounts in bought.items():
            figures = told["arms"][arm]
            self.assertEqual(figures["heads"], len(amounts))
            self.assertEqual(figures["buyers"], sum(map(bool, amounts)))
            self.assertAlmostEqual(figures["sales"], sum(amounts), 6)
        test = stats.ttest_ind(bought["treated"], bought["control"], equal_var=False)
        interval = test.confidence_interval(0.95)
        if any(map(any, bought.values())):
            self.assertAlmostEqual(told["low"], interval.low, 6)
            self.assertAlmostEqual(told["high"], interval.high, 6)
        else:
            self.assertEqual((told["low"], told["high"]), (0.0, 0.0))

    # === WHAT COUNTS === #

    def test_orders_count_from_when_the_entity_came_for_so_many_days(self):
        self._enter(self.people[:2], self.people[2:4])
        before, first, last, after = (61, 60, 30.01, 30)
        for amount, days in enumerate((before, first, last, after), 1):
            self._order(self.people[:1], [10**amount], [self._ago(days)])
        self.assertEqual(self._arm("treated", "orders", "sales"), (2, 1100.0))
        self.campaign.control_days = 0
        self.assertEqual(self._arm("treated", "orders", "sales"), (3, 11100.0))

    def test_whoever_bought_nothing_counts_with_nothing(self):
        self._enter(self.people[:4], self.people[4:6])
        self._order(self.people[:1], [100.0])
        names = ("heads", "buyers", "mean")
        self.assertEqual(self._arm("treated", *names), (4, 1, 25.0))
        self.assertEqual(self._arm("control", *names), (2, 0, 0.0))

    def test_orders_of_contacts_count_for_their_company(self):
        self._enter(self.people[:2], self.people[2:4])
        contact = self._create_partner("Contact", parent_id=self.people[0].id)
        self._order(contact, [70.0])
        self.assertEqual(self._arm("treated", "buyers", "sales"), (1, 70.0))

    def test_refunds_are_taken_back(self):
        self._enter(self.people[:2], self.people[2:4])
        order = self._sell(self.people[0], 80.0, self._ago(50))
        self.assertEqual(self._arm("treated", "buyers", "sales"), (1, 80.0))
        invoice = self._invoice(order)
        self._credit(invoice, 30.0)
        self.assertEqual(self._arm("treated", "buyers", "sales"), (1, 50.0))
        self._credit(invoice, 50.0)
        self.assertEqual(self._arm("treated", "buyers", "sales"), (0, 0.0))

    def test_cancelled_orders_and_those_of_another_company_do_not_count(self):
        self._enter(self.people[:2], self.people[2:4])
        self._sell(self.people[0], 80.0, self._ago(50))._action_cancel()
        company = self.env["res.company"].create({"name": "Another company"})
        self._sell(self.people[1], 80.0, self._ago(50), company_id=company.id)
        self.assertEqual(self._arm("treated", "orders", "sales"), (0, 0.0))

    def test_orders_in_another_currency_count_at_their_rate(self):
        self._enter(self.people[:2], self.people[2:4])
        currency = self.env["res.currency"].create({"name": "TST", "symbol": "T"})
        self.env["res.currency.rate"].create({"currency_id": currency.id, "rate": 4.0})
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        self._sell(self.people[0], 100.0, self._ago(50), pricelist_id=pricelist.id)
        self.assertEqual(self._arm("treated", "sales"), (25.0,))

    def test_whoever_was_started_by_hand_is_in_neither_arm(self):
        self._enter(self.people[:2], self.people[2:4])
        outsiders = self.people[4:].filtered(
            lambda one: not self.campaign._control_among(one.ids)
        )
        self.campaign.with_user(self.seller).start_from(outsiders[0].id)
        self.assertEqual(self._arm("treated", "heads"), (2,))

    def test_whoever_would_have_been_taken_up_anyway_counts(self):
        self.campaign.frequency = "daily"
        self.campaign.segment_id.domain = f"[('id', 'in', {self.people.ids})]"
        welcome = self.people.filtered(
            lambda one: not self.campaign._control_among(one.ids)
        )
        self.campaign.with_user(self.seller).start_from(welcome[0].id)
        self.assertEqual(self._arm("treated", "heads"), (1,))

    def test_whoever_came_into_both_arms_by_a_merge_is_in_neither(self):
        self._enter(self.people[:3], self.people[3:6])
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        both = self.people[0] | self.people[3]
        wizard._merge(both.ids, self.people[0], extra_checks=False)
        self.assertEqual(self._arm("treated", "heads"), (2,))
        self.assertEqual(self._arm("control", "heads"), (2,))

    def test_opportunity_merged_into_another_counts_since_it_was_made(self):
        self._enter(self.people[:2], self.people[2:4])
        own = self.campaign.lead_ids.filtered(
            lambda lead: lead.partner_id == self.people[0]
        )
        own.sudo().start_playbook(self.playbook.id)
        line = own.transition_ids.filtered(lambda one: one.trigger == "started")
        self.env.cr.execute(
            "UPDATE crm_transition SET date = %s WHERE id = %s",
            [self._ago(60), line.id],
        )
        other = self._start(self._create_lead(self.people[0])).sudo()
        (other | own)._merge_opportunity()
        self._order(self.people[:1], [40.0])
        self.assertEqual(self._arm("treated", "heads", "sales"), (2, 40.0))

    # === VERDICT === #

    def test_verdict_early(self):
        self._enter(self.people[:60], self.people[60:120], since=0.9)
        self.assertEqual(self._result()["verdict"], "early")

    def test_verdict_without_enough_heads(self):
        few = FEWEST_HEADS - 1
        self._enter(self.people[:60], self.people[60 : 60 + few])
        self._order(self.people[:100], [5.0] * 100)
        told = self._result()
        self.assertEqual(told["verdict"], "few_heads")
        self.assertIn(f"there are {few} entities in the control group", told["text"])

    def test_verdict_without_enough_buyers(self):
        self._enter(self.people[:60], self.people[60:120])
        self._order(self.people[: 60 + FEWEST_BUYERS - 1], [5.0] * 64)
        told = self._result()
        self.assertEqual(told["verdict"], "few_buyers")
        self.assertIn("4 in the control group have bought", told["text"])

    def _arms_that_bought(self, treated, control):
        self._enter(self.people[:60], self.people[60:120])
        amounts = [treated + n % 3 for n in range(60)]
        amounts += [control + n % 3 for n in range(60)]
        self._order(self.people[:120], amounts)
        return self._result()

    def test_verdict_more(self):
        told = self._arms_that_bought(30.0, 20.0)
        self.assertEqual(told["verdict"], "more")
        self.assertGreater(told["low"], 0)
        self.assertAlmostEqual(told["uplift"], 10 / 21)
        self.assertIn("(+48%)", told["text"])

    def test_verdict_less(self):
        told = self._arms_that_bought(20.0, 30.0)
        self.assertEqual(told["verdict"], "less")
        self.assertLess(told["high"], 0)

    def test_verdict_same(self):
        told = self._arms_that_bought(20.1, 20.0)
        self.assertEqual(told["verdict"], "same")
        self.assertIn("No difference can be shown", told["text"])

    def test_nothing_at_all_is_told_plainly(self):
        told = self._result()
        self.assertEqual(told["verdict"], "early")
        self.assertNotIn("low", told)

    def test_how_many_have_had_all_their_days(self):
        since = [self._ago(days) for days in (10, 29, 31)]
        self._enter(self.people[:3], self.people[3:6], since)
        self.assertEqual(self._result()["over"], 2)

    # === BEHIND THE NUMBERS === #

    def test_numbers_open_their_records(self):
        self._enter(self.people[:60], self.people[60:120])
        self._order(self.people[40:100], [5.0] * 60)
        self._order(self.people[:120], [5.0] * 120, [self._ago(70)] * 120)
        campaign = self.campaign.with_user(self.manager)
        for arm, model in (
            ("treated", "crm.lead"),
            ("control", "crm.campaign.control.member"),
        ):
            heads, orders = self._arm(arm, "heads", "orders")
            opened = campaign.action_view_control_heads(arm)
            self.assertEqual(opened["res_model"], model)
            self.assertEqual(self._count(opened), heads)
            opened = campaign.action_view_control_orders(arm)
            self.assertEqual(self._count(opened), orders)
            self.assertTrue(orders)

    def _count(self, action):
        model = self.env[action["res_model"]].with_user(self.manager)
        return model.search_count(action["domain"])

    def test_result_is_for_sales_administrators(self):
        with self.assertRaises(AccessError):
            self.campaign.with_user(self.seller).get_control_result()
        with self.assertRaises(AccessError):
            self.env["sale.order"].with_user(self.seller).search(
                [("control_campaign_id", "=", self.campaign.id)]
            )

    def test_it_is_one_query_over_both_arms(self):
        self._enter(self.people[:60], self.people[60:120])
        campaign = self.campaign.sudo()
        campaign._compare_arms()
        with self.assertQueryCount(2):  # the other one says how to run it
            campaign._compare_arms()

import random
from collections import defaultdict
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .sales_case import SalesCase

SEED = 20260302
CASES = 120
VIEWS = ("first_touch", "last_touch", "linear", "time_decay", "direct")
CENT = Decimal("0.01")


@tagged("post_install", "-at_install")
class TestCrmAttribution(SalesCase):
    """Which campaigns a sale is owed to: each view gives it away once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now()
        cls.company = cls.env.company
        # What the demonstration has sold tells nothing here.
        cls.env["sale.order"].search([("state", "=", "sale")])._action_cancel()
        cls.campaigns = cls.env["crm.campaign"].concat(
            *(
                cls._create_campaign(cls.env["res.partner"], name=name)
                for name in ("Autumn", "Winter", "Spring")
            )
        )
        cls.autumn, cls.winter, cls.spring = cls.campaigns
        cls.example_action = cls.env["crm.action"].create(
            {"partner_id": cls.partner.id, "action_type_id": cls.call.id}
        )
        cls.example_lead = cls.env["crm.lead"].create(
            {"name": "Example", "type": "opportunity"}
        )

    # === HELPERS === #

    def _ago(self, days):
        return self.now - timedelta(days=days)

    def _touch(self, campaign, days, partner=None, **columns):
        """Something that the campaign did with the entity so many days ago."""
        values = {
            "crm_campaign_id": campaign.id,
            "partner_id": (partner or self.partner).id,
            "done_at": self._ago(days),
            "state": "done",
            **columns,
        }
        return self._copy_rows(
            self.example_action, {name: [value] for name, value in values.items()}
        )[0]

    def _own_lead(self, campaign, days, partner=None):
        """An opportunity of the campaign, made so many days ago."""
        values = {
            "partner_id": (partner or self.partner).id,
            "crm_campaign_id": campaign.id,
            "create_date": self._ago(days),
        }
        [lead_id] = self._copy_rows(
            self.example_lead, {name: [value] for name, value in values.items()}
        )
        return self.env["crm.lead"].browse(lead_id)

    def _order(self, price=100.0, days=1, partner=None, **values):
        return self._sell(
            partner or self.partner,
            price,
            self._ago(days),
            **values,
        )

    def _rows(self, order):
        attribution = self.env["crm.attribution"]
        attribution.invalidate_model()  # as each request reads anew
        return attribution.search([("order_id", "=", order.id)])

    def _shares(self, order, view):
        """What each campaign is owed of an order by a view; nothing is left out."""
        return {
            row.crm_campaign_id.name: row[view]
            for row in self._rows(order)
            if row[view]
        }

    def _all_shares(self, order):
        return [self._shares(order, view) for view in VIEWS]

    # === VIEWS === #

    def test_views_side_by_side(self):
        self._touch(self.autumn, 15)
        self._touch(self.winter, 8)
        self._touch(self.autumn, 8)
        self._touch(self.spring, 1)
        order = self._order(price=180.0)
        self.assertEqual(self._shares(order, "first_touch"), {"Autumn": 180.0})
        self.assertEqual(self._shares(order, "last_touch"), {"Spring": 180.0})
        self.assertEqual(
            self._shares(order, "linear"),
            {"Autumn": 90.0, "Winter": 45.0, "Spring": 45.0},
        )
        # Two weeks before the last one a touch weighs a quarter, one week a half.
        self.assertEqual(
            self._shares(order, "time_decay"),
            {"Autumn": 60.0, "Winter": 40.0, "Spring": 80.0},
        )
        self.assertEqual(self._shares(order, "direct"), {False: 180.0})

    def test_cents_are_shared_out_without_loss(self):
        for campaign in self.campaigns:
            self._touch(campaign, 5)
        order = self._order(price=100.0)
        self.assertEqual(
            self._shares(order, "linear"),
            {"Autumn": 33.33, "Winter": 33.34, "Spring": 33.33},
        )

    def test_order_that_nothing_touched_has_a_row_without_campaign(self):
        self.assertEqual(self._all_shares(self._order()), [{False: 100.0}] * 5)

    def test_own_opportunity_is_a_touch_when_it_was_made(self):
        lead = self._own_lead(self.winter, days=20)
        self._touch(self.autumn, 10)
        order = self._order(opportunity_id=lead.id)
        self.assertEqual(self._shares(order, "first_touch"), {"Winter": 100.0})
        self.assertEqual(self._shares(order, "last_touch"), {"Autumn": 100.0})
        self.assertEqual(
            self._shares(order, "linear"), {"Winter": 50.0, "Autumn": 50.0}
        )
        self.assertEqual(self._shares(order, "direct"), {"Winter": 100.0})

    def test_own_opportunity_is_no_touch_besides_what_its_campaign_did(self):
        lead = self._own_lead(self.winter, days=20)
        self._touch(self.winter, 5)
        self._touch(self.autumn, 10)
        order = self._order(opportunity_id=lead.id)
        self.assertEqual(self._shares(order, "first_touch"), {"Autumn": 100.0})
        self.assertEqual(
            self._shares(order, "linear"), {"Winter": 50.0, "Autumn": 50.0}
        )

    # === WHAT IS A TOUCH === #

    def test_only_what_was_done_within_the_days_before_the_order_touches(self):
        self._touch(self.autumn, 91.5)
        self._touch(self.winter, 90.5)
        self._touch(self.spring, 0.5)
        order = self._order(days=1)
        self.assertEqual(self._shares(order, "linear"), {"Winter": 100.0})
        self.company.crm_attribution_days = 91
        self.assertEqual(
            self._shares(order, "linear"), {"Autumn": 50.0, "Winter": 50.0}
        )

    def test_half_life_is_the_companys(self):
        self._touch(self.autumn, 11)
        self._touch(self.winter, 1)
        order = self._order(price=90.0)
        self.company.crm_attribution_half_life = 10
        self.assertEqual(
            self._shares(order, "time_decay"), {"Autumn": 30.0, "Winter": 60.0}
        )

    def test_touches_of_long_ago_weigh_nothing_and_break_nothing(self):
        self.company.write(
            {"crm_attribution_days": 4000, "crm_attribution_half_life": 0.5}
        )
        self._touch(self.autumn, 3900)
        self._touch(self.winter, 2)
        self.assertEqual(self._shares(self._order(), "time_decay"), {"Winter": 100.0})

    def test_planned_and_corrected_actions_touch_nobody(self):
        self._touch(self.autumn, 5, state="planned")
        correcting = self._touch(self.winter, 5)
        self._touch(self.autumn, 5, corrected_by_id=correcting)
        self.assertEqual(self._shares(self._order(), "linear"), {"Winter": 100.0})

    def test_touches_of_the_company_and_all_its_contacts_count(self):
        firm = self._create_partner("Firm", is_company=True)
        buyer = self._create_partner("Buyer", parent_id=firm.id)
        other = self._create_partner("Other", parent_id=firm.id)
        self._touch(self.autumn, 5, firm)
        self._touch(self.winter, 5, other)
        self._touch(self.spring, 5)  # somebody else's
        order = self._order(partner=buyer)
        self.assertEqual(
            self._shares(order, "linear"), {"Autumn": 50.0, "Winter": 50.0}
        )

    def test_campaigns_of_another_company_share_in_nothing(self):
        company = self.env["res.company"].create({"name": "Another company"})
        foreign = self._create_campaign(self.env["res.partner"], company_id=company.id)
        self._touch(foreign, 5)
        self.assertEqual(self._shares(self._order(), "linear"), {False: 100.0})

    # === WHAT A SALE IS WORTH === #

    def test_refunds_are_taken_back(self):
        self._touch(self.autumn, 5)
        self._touch(self.winter, 5)
        order = self._order(price=80.0)
        invoice = self._invoice(order)
        self._credit(invoice, 30.0)
        self.assertEqual(
            self._shares(order, "linear"), {"Autumn": 25.0, "Winter": 25.0}
        )
        self._credit(invoice, 50.0)
        self.assertEqual(self._all_shares(order), [{}] * 5)

    def test_cancelled_order_is_gone(self):
        order = self._order()
        self.assertTrue(self._rows(order))
        order._action_cancel()
        self.assertFalse(self._rows(order))

    def test_other_currencies_are_converted_at_the_orders_rate(self):
        currency = self.env["res.currency"].create({"name": "TST", "symbol": "T"})
        self.env["res.currency.rate"].create({"currency_id": currency.id, "rate": 3.0})
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id}
        )
        self._touch(self.autumn, 5)
        order = self._order(pricelist_id=pricelist.id)
        self.assertEqual(self._shares(order, "linear"), {"Autumn": 33.33})

    # === AGAINST PYTHON === #

    def test_shares_are_those_computed_by_python_in_random_cases(self):
        cases = self._random_cases(random.Random(SEED))
        told = defaultdict(dict)
        for row in self.env["crm.attribution"].search([]):
            told[row.order_id.id][row.crm_campaign_id.id] = row
        self.assertEqual(set(told), set(cases))
        for order_id, (total, *case) in cases.items():
            with self.subTest(order=order_id):
                self._check_case(told[order_id], total, expected(total, *case))

    def _check_case(self, rows, total, shares):
        for view in VIEWS:
            given = {one: cents(row[view]) for one, row in rows.items() if row[view]}
            self.assertEqual(sum(given.values()), total, view)
            self.assertEqual(given.keys() - {False}, shares[view].keys() - {False})
            for campaign, amount in shares[view].items():
                # By time-decay the last digits of powers of 2 may tip the balance.
                slack = CENT if view == "time_decay" else 0
                self.assertLessEqual(abs(given[campaign] - amount), slack, view)

    def _random_cases(self, chance):
        """Orders of 120 customers, with what campaigns did with them.

        :return: {order id: (total, own campaign, its date, order date, touches)}
        """
        people = self.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(CASES)]
        )
        days = [chance.uniform(0, 60) for _case in people]
        # A round minute, as the columns keep no more than microseconds.
        dates = [self._ago(one).replace(second=0, microsecond=0) for one in days]
        totals = [cents(chance.lognormvariate(4, 2)) for _case in people]
        own = [chance.choice([*self.campaigns.ids, None]) for _case in people]
        since = [date - timedelta(days=chance.uniform(0, 100)) for date in dates]
        since = [one.replace(microsecond=0) for one in since]
        lead_ids = self._copy_rows(
            self.example_lead,
            {
                "partner_id": people.ids,
                "crm_campaign_id": own,
                "create_date": since,
                "campaign_round": [1] * CASES,
            },
        )
        order_ids = self._sell_many(
            self._example_order(),
            people.ids,
            list(map(float, totals)),
            dates,
            opportunity_id=lead_ids,
            state=["sale"] * CASES,
        )
        touches = self._random_touches(chance, people, dates)
        return {
            order_id: (totals[place], own[place], since[place], dates[place], told)
            for place, (order_id, told) in enumerate(
                zip(order_ids, touches, strict=True)
            )
        }

    def _example_order(self):
        order = self._order()
        order._action_cancel()
        return order

    def _random_touches(self, chance, people, dates):
        touches = [
            [
                (
                    (date - timedelta(days=chance.uniform(-5, 110))).replace(
                        microsecond=0
                    ),
                    chance.choice(self.campaigns.ids),
                )
                for _touch in range(chance.choice((0, 1, 2, 3, 7)))
            ]
            for date in dates
        ]
        flat = [
            (person.id, *touch)
            for person, told in zip(people, touches, strict=True)
            for touch in told
        ]
        people_ids, done_at, campaign_ids = zip(*flat, strict=True)
        self._copy_rows(
            self.example_action,
            {
                "partner_id": list(people_ids),
                "done_at": list(done_at),
                "crm_campaign_id": list(campaign_ids),
                "state": ["done"] * len(flat),
            },
        )
        return touches

    # === REPORT === #

    def test_groups_sum_up_to_all_sales(self):
        self._random_cases(random.Random(SEED))
        attribution = self.env["crm.attribution"].with_user(self.manager)
        sums = [f"{view}:sum" for view in VIEWS]
        [whole] = attribution._read_group([], [], sums)
        sales = self.env["sale.report"]._read_group(
            [("state", "=", "sale")], [], ["price_subtotal:sum"]
        )[0][0]
        for amount in whole:
            self.assertAlmostEqual(amount, sales, 2)
        for groupby in ("crm_campaign_id", "user_id", "team_id", "date:month"):
            rows = attribution._read_group([], [groupby], sums)
            for place, amount in enumerate(whole, 1):
                self.assertAlmostEqual(sum(row[place] for row in rows), amount, 2)

    def test_row_opens_its_order(self):
        order = self._order()
        opened = self._rows(order).with_user(self.manager).action_view_order()
        self.assertEqual(
            (opened["res_model"], opened["res_id"]), ("sale.order", order.id)
        )

    def test_it_is_for_the_sales_administrator_of_the_company(self):
        order = self._order()
        attribution = self.env["crm.attribution"]
        own = [("order_id", "=", order.id)]
        self.assertTrue(attribution.with_user(self.manager).search(own))
        with self.assertRaises(AccessError):
            attribution.with_user(self.seller).search(own)
        company = self.env["res.company"].create({"name": "Another company"})
        stranger = self._create_user(
            "stranger",
            "sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.assertFalse(attribution.with_user(stranger).search(own))


# === THE SAME, IN PYTHON === #


def cents(amount):
    return Decimal(repr(amount)).quantize(CENT, ROUND_HALF_UP)


def expected(total, own, since, date, touches, days=90, half_life=7):
    """What each campaign is owed by each view."""
    meant = [
        (at, place, campaign)
        for place, (at, campaign) in enumerate(touches, 1)
        if date - timedelta(days=days) < at <= date
    ]
    if own and own not in [campaign for *_when, campaign in meant]:
        meant.append((min(since, date), 0, own))
    direct = {own or False: total}
    if not meant:
        return {view: {False: total} for view in VIEWS[:-1]} | {"direct": direct}
    meant.sort()
    last = meant[-1][0]
    counts, weights = defaultdict(int), defaultdict(float)
    for at, _place, campaign in meant:
        counts[campaign] += 1
        weights[campaign] += 0.5 ** ((last - at).total_seconds() / 86400 / half_life)
    return {
        "first_touch": {meant[0][-1]: total},
        "last_touch": {meant[-1][-1]: total},
        "linear": shared_out(total, counts),
        "time_decay": shared_out(total, weights),
        "direct": direct,
    }


def shared_out(total, weights):
    whole = sum(Decimal(one) for one in weights.values())
    shares, given, reached = {}, Decimal(0), Decimal(0)
    for campaign in sorted(weights):
        reached += Decimal(weights[campaign])
        until = (total * reached / whole).quantize(CENT, ROUND_HALF_UP)
        if share := until - given:
            shares[campaign] = share
        given = until
    return shares

from itertools import product
from math import prod

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_playbook.models import chances

DEALS = [(1000.0, 0.9), (400.0, 0.5), (250.0, 0.25), (250.0, 0.1), (90.0, 0.7)]
probabilities = st.lists(st.floats(0, 1), max_size=7)


def every_end(deals):
    """What may come of the deals, each way with its probability, one by one."""
    for ways in product((True, False), repeat=len(deals)):
        yield (
            sum(amount for (amount, _), won in zip(deals, ways, strict=True) if won),
            sum(ways),
            prod(
                likely if won else 1 - likely
                for (_, likely), won in zip(deals, ways, strict=True)
            ),
        )


@tagged("post_install", "-at_install")
class TestChances(BaseCase):
    """What comes of several independent chances is what counting all ways gives."""

    @given(probabilities)
    def test_number_of_wins_is_exact(self, single):
        likely = chances.poisson_binomial(single)
        counted = [0.0] * (len(single) + 1)
        for _total, won, probability in every_end([(1.0, one) for one in single]):
            counted[won] += probability
        for one, other in zip(likely, counted, strict=True):
            self.assertAlmostEqual(one, other, places=9)

    def test_quantile_of_a_number_of_wins(self):
        self.assertEqual(chances.quantile_of_count([0.2, 0.5, 0.3], 0.1), 0)
        self.assertEqual(chances.quantile_of_count([0.2, 0.5, 0.3], 0.5), 1)
        self.assertEqual(chances.quantile_of_count([0.2, 0.5, 0.3], 0.9), 2)

    def test_drawn_totals_are_spread_as_all_ways_are(self):
        totals = chances.draw_totals(DEALS, 0.0, 0.0, draws=20000, seed=1)
        for limit in (100.0, 700.0, 1200.0, 1600.0):
            drawn = sum(total <= limit for total in totals) / len(totals)
            exact = sum(
                probability
                for total, _won, probability in every_end(DEALS)
                if total <= limit
            )
            self.assertAlmostEqual(drawn, exact, delta=0.015)

    def test_same_seed_gives_the_same(self):
        one, other = (chances.draw_totals(DEALS, 5.0, 4.0, 50, 7) for _turn in range(2))
        self.assertEqual(one, other)
        self.assertNotEqual(one, chances.draw_totals(DEALS, 5.0, 4.0, 50, 8))

    def test_many_small_ones_are_as_though_drawn_one_by_one(self):
        small = [(10.0, 0.3)] * 200
        each = chances.draw_totals(small, 0.0, 0.0, 5000, 3)
        mean, variance = 200 * 10 * 0.3, 200 * 100 * 0.3 * 0.7
        together = chances.draw_totals([], mean, variance, 5000, 3)
        for share in (0.1, 0.5, 0.9):
            self.assertAlmostEqual(
                chances.quantile(each, share),
                chances.quantile(together, share),
                delta=10.0,
            )

    def test_thin_data_is_drawn_towards_the_larger_group(self):
        self.assertEqual(chances.shrunk(0, 0, 0.4, 20), 0.4)
        self.assertAlmostEqual(chances.shrunk(5, 5, 0.4, 20), 13 / 25)
        self.assertAlmostEqual(chances.shrunk(900, 1000, 0.4, 20), 0.89, delta=0.001)

    def test_quantiles_lie_between_neighbours(self):
        self.assertEqual(chances.quantile([1.0, 2.0, 4.0], 0.5), 2.0)
        self.assertEqual(chances.quantile([1.0, 2.0, 4.0], 0.75), 3.0)

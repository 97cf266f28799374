import random
from statistics import fmean, variance

from scipy import special, stats

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_playbook.models import welch

SEED = 20260302


def sample(values):
    return welch.Sample(len(values), fmean(values), variance(values))


@tagged("post_install", "-at_install")
class TestWelch(BaseCase):
    """The arithmetic is that of SciPy."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)

    def _values(self):
        """Sales a head as they may be: most buy nothing, some much."""
        count, buying = self.random.randint(2, 400), self.random.random()
        scale = 10 ** self.random.uniform(-2, 5)
        return [
            self.random.lognormvariate(0, 1) * scale
            if self.random.random() < buying
            else 0.0
            for _head in range(count)
        ]

    def test_interval_is_that_of_scipy_in_100_random_cases(self):
        cases = 0
        while cases < 100:
            one, other = self._values(), self._values()
            if not variance(one) and not variance(other):
                continue
            cases += 1
            confidence = self.random.choice((0.8, 0.9, 0.95, 0.99))
            told = welch.interval(sample(one), sample(other), confidence)
            test = stats.ttest_ind(one, other, equal_var=False)
            expected = test.confidence_interval(confidence)
            scale = max(abs(expected.low), abs(expected.high))
            with self.subTest(case=cases, n=(len(one), len(other))):
                self.assertAlmostEqual(told.low / scale, expected.low / scale, 9)
                self.assertAlmostEqual(told.high / scale, expected.high / scale, 9)
                self.assertAlmostEqual(told.freedom / test.df, 1, 9)

    def test_quantiles_are_those_of_scipy_from_few_to_very_many(self):
        for freedom in (1, 1.5, 2, 7.25, 30, 999, 54_321.5, 2_000_000):
            for confidence in (0.5, 0.95, 0.999):
                told = welch.t_quantile(confidence, freedom)
                expected = stats.t.ppf((1 + confidence) / 2, freedom)
                self.assertAlmostEqual(told / expected, 1, 7, (freedom, confidence))

    def test_incomplete_beta_is_that_of_scipy(self):
        for _case in range(200):
            x, a, b = self.random.random(), *self._shapes()
            self.assertAlmostEqual(welch.beta(x, a, b), special.betainc(a, b, x), 10)
        self.assertEqual((welch.beta(0, 2, 3), welch.beta(1, 2, 3)), (0.0, 1.0))

    def _shapes(self):
        return (10 ** self.random.uniform(-1, 3) for _shape in "ab")

    def test_nothing_varies(self):
        told = welch.interval(welch.Sample(5, 3.0, 0.0), welch.Sample(9, 1.0, 0.0))
        self.assertEqual(told[:3], (2.0, 2.0, 2.0))

    def test_one_alone_has_no_variance(self):
        with self.assertRaises(ValueError):
            welch.interval(welch.Sample(1, 3.0, 0.0), welch.Sample(9, 1.0, 0.0))

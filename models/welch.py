"""Whether two groups differ, by Welch's t test: plain arithmetic, no Odoo.

Welch, B. L. (1947). The generalization of "Student's" problem when several different
population variances are involved. Biometrika 34, 28-35.
"""

from math import exp, inf, lgamma, log, sqrt
from typing import NamedTuple

CONFIDENCE = 0.95
# Where the continued fraction has settled, and how long it may take to.
SETTLED = 1e-15
TINY = 1e-300
LONGEST = 100_000


class Sample(NamedTuple):
    """What is known of a group: how many, their mean, and the variance (of n - 1)."""

    n: int
    mean: float
    variance: float


class Interval(NamedTuple):
    """The difference of two means, between which it lies, and degrees of freedom."""

    difference: float
    low: float
    high: float
    freedom: float


def interval(one, other, confidence=CONFIDENCE):
    """The difference of the means ``one - other``, with its confidence interval.

    :param Sample one: at least two of them
    :param Sample other: likewise
    :raise ValueError: when a sample has less than two
    """
    if min(one.n, other.n) < 2:
        raise ValueError("Each sample needs two at least.")
    difference = one.mean - other.mean
    spreads = one.variance / one.n, other.variance / other.n
    if not sum(spreads):
        return Interval(difference, difference, difference, inf)
    freedom = sum(spreads) ** 2 / (
        spreads[0] ** 2 / (one.n - 1) + spreads[1] ** 2 / (other.n - 1)
    )
    reach = t_quantile(confidence, freedom) * sqrt(sum(spreads))
    return Interval(difference, difference - reach, difference + reach, freedom)


def t_quantile(confidence, freedom):
    """How far from 0 Student's t stays with that probability, on either side."""
    tail = 1 - confidence
    low, high = 0.0, 1.0
    while t_tails(high, freedom) > tail:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:
        if t_tails(middle, freedom) > tail:
            low = middle
        else:
            high = middle
    return high


def t_tails(t, freedom):
    """The probability that Student's t is farther from 0 than ``t``."""
    return beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def beta(x, a, b):
    """The regularised incomplete beta function."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    # The fraction settles soon on this side of the mean; the other is its complement.
    if x > (a + 1) / (a + b + 2):
        return 1 - beta(1 - x, b, a)
    scale = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
    return scale * _fraction(x, a, b) / a


def _fraction(x, a, b):
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    value, upper, lower = 1.0, inf, 1.0
    for step in range(1, LONGEST):
        term = _term(step, x, a, b)
        lower = 1 / _not_zero(1 + term * lower)
        upper = _not_zero(1 + term / upper)
        value *= lower * upper
        if abs(lower * upper - 1) < SETTLED:
            return value
    raise ArithmeticError(f"The fraction does not settle for {x}, {a}, {b}.")


def _term(step, x, a, b):
    half = step // 2
    if step % 2:
        return -(a + half) * (a + b + half) * x / ((a + step - 1) * (a + step))
    return half * (b - half) * x / ((a + step - 1) * (a + step))


def _not_zero(value):
    return value if abs(value) > TINY else TINY

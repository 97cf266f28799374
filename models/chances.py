"""What comes of several independent chances, as plain arithmetic.

A deal is a pair of an amount and the chance (0 to 1) that it is won.
"""

import random
from bisect import bisect_left
from itertools import accumulate
from math import fsum, sqrt


def shrunk(won, closed, expected, strength):
    """A rate of wins, drawn towards that of a larger group where data is thin.

    The mean of a beta distribution whose prior has the mean of the larger group, and
    weighs as much as so many cases (empirical Bayes).

    :param int won: of so many ``closed`` ones
    :param float expected: the rate of the larger group
    :param float strength: how many cases that one's word is worth
    """
    return (won + strength * expected) / (closed + strength)


def poisson_binomial(chances):
    """How likely each number of wins is, exactly.

    One chance after the other is folded in (the recursion of Barlow and Heidtmann,
    1984): cost grows with the square of their number.

    :return: list of probabilities, of 0, 1 ... all of them
    """
    likely = [1.0]
    for chance in chances:
        won = [0.0, *(one * chance for one in likely)]
        lost = [*(one * (1 - chance) for one in likely), 0.0]
        likely = [one + other for one, other in zip(won, lost, strict=True)]
    return likely


def quantile_of_count(likely, share):
    """The smallest number that is not exceeded with a probability of ``share``."""
    return bisect_left(list(accumulate(likely)), share)


def draw_totals(deals, rest_mean, rest_variance, draws, seed):
    """What the deals bring together, so many times, sorted.

    :param deals: those that are drawn one by one
    :param float rest_mean: what many small ones besides bring on average; their sum is
        drawn from the normal distribution
    :param int seed: the same seed gives the same totals
    """
    chance = random.Random(seed)
    spread = sqrt(rest_variance)
    return sorted(
        fsum(amount for amount, likely in deals if chance.random() < likely)
        + (chance.gauss(rest_mean, spread) if spread else rest_mean)
        for _draw in range(draws)
    )


def quantile(ordered, share):
    """The value below which a share of the sorted ones is."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)

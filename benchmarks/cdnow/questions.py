"""What the segments are asked, and what the file itself answers."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

YEAR_1997 = {"period": "between", "date_from": "1997-01-01", "date_to": "1997-12-31"}
YEAR_1998 = {"period": "between", "date_from": "1998-01-01", "date_to": "1998-12-31"}


@dataclass(frozen=True)
class Question:
    """A segment, and who is in it by the file.

    ``domain`` names other segments by their names, for which their ids are put in.
    """

    name: str
    domain: list
    expected: object
    period: dict = field(default_factory=dict)


class Customers:
    """What the file says of each customer, in plain Python."""

    def __init__(self, purchases):
        self.counts = defaultdict(Counter)
        self.amounts = defaultdict(lambda: defaultdict(Decimal))
        self.days = defaultdict(list)
        for one in purchases:
            for period in ("ever", one.day.year):
                self.counts[period][one.reference] += 1
                self.amounts[period][one.reference] += one.amount
            self.days[one.reference].append(one.day)

    def those(self, holds):
        """The references of the customers for whom it holds."""
        return {reference for reference in self.days if holds(reference)}

    def loyal_and_lost(self):
        """Who bought twice or more in 1997, and nothing in 1998."""
        first, then = self.counts[1997], self.counts[1998]
        return self.those(lambda one: first[one] >= 2 and not then[one])

    def top_tenth(self):
        """Of whom less than a tenth of all buyers has bought for more."""
        amounts = sorted(self.amounts["ever"].values(), reverse=True)
        ahead = {amount: rank for rank, amount in reversed([*enumerate(amounts)])}
        of = self.amounts["ever"]
        return self.those(lambda one: 10 * ahead[of[one]] < len(amounts))


def questions(purchases):
    """The segments, those that others are made of first."""
    file = Customers(purchases)
    counts, amounts, days = file.counts, file.amounts, file.days
    return [
        Question(
            "Bought twice or more in 1997",
            [["ordered_count", ">=", 2]],
            file.those(lambda one: counts[1997][one] >= 2),
            YEAR_1997,
        ),
        Question(
            "Bought in 1998",
            [["ordered_count", ">", 0]],
            file.those(lambda one: counts[1998][one] > 0),
            YEAR_1998,
        ),
        Question(
            "Twice or more in 1997, nothing in 1998",
            [
                ["crm_segment_ids", "in", ["Bought twice or more in 1997"]],
                ["crm_segment_ids", "not in", ["Bought in 1998"]],
            ],
            file.loyal_and_lost(),
        ),
        Question("Top tenth by amount", [["buyer_rank", "<", 10]], file.top_tenth()),
        Question(
            "Top tenth who bought in 1998",
            [
                ["crm_segment_ids", "in", ["Top tenth by amount"]],
                ["crm_segment_ids", "in", ["Bought in 1998"]],
            ],
            file.top_tenth() & file.those(lambda one: counts[1998][one] > 0),
        ),
        Question(
            "100 dollars or more in 1998",
            [["ordered_amount", ">=", 100]],
            file.those(lambda one: amounts[1998][one] >= 100),
            YEAR_1998,
        ),
        Question(
            "Once, and never again",
            [["ordered_count", "=", 1]],
            file.those(lambda one: counts["ever"][one] == 1),
        ),
        Question(
            "For nothing at all",
            [["ordered_count", ">", 0], ["ordered_amount", "=", 0]],
            file.those(lambda one: not amounts["ever"][one]),
        ),
        Question(
            "First bought in February 1997",
            [
                ["first_order_date", ">=", "1997-02-01 00:00:00"],
                ["first_order_date", "<", "1997-03-01 00:00:00"],
            ],
            file.those(
                lambda one: date(1997, 2, 1) <= min(days[one]) < date(1997, 3, 1)
            ),
        ),
        Question(
            "Last bought before July 1997",
            [["last_order_date", "<", "1997-07-01 00:00:00"]],
            file.those(lambda one: max(days[one]) < date(1997, 7, 1)),
        ),
    ]

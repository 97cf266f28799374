"""What a person, a team or a company is to bring in a period, as plain arithmetic.

Figures of several are the sum of theirs, and their ratios those of the sums; so what
rolls up always adds up.
"""

from collections import Counter
from dataclasses import dataclass, field

from .crm_forecast_category import CATEGORIES, OPEN_CATEGORIES

# Those that are still to come, and are counted on.
OPEN = tuple(name for name, _label in OPEN_CATEGORIES if name != "omitted")


@dataclass
class ForecastFigure:
    counts: Counter = field(default_factory=Counter)
    amounts: Counter = field(default_factory=Counter)
    weighted: float = 0.0
    adjustment: float = 0.0
    quota: float = 0.0
    slipped_count: int = 0
    slipped_amount: float = 0.0

    def __iadd__(self, other):
        # Not ``Counter.update`` by another's ``+``, which drops what is not positive.
        self.counts.update(other.counts)
        self.amounts.update(other.amounts)
        self.weighted += other.weighted
        self.adjustment += other.adjustment
        self.quota += other.quota
        self.slipped_count += other.slipped_count
        self.slipped_amount += other.slipped_amount
        return self

    def __bool__(self):
        return self != ForecastFigure()

    @property
    def closed(self):
        return self.amounts["closed"]

    @property
    def open_amount(self):
        """What may still come: open, and not omitted."""
        return sum(self.amounts[name] for name in OPEN)

    @property
    def forecast(self):
        """What is counted on: closed, committed, and what a manager adds or takes."""
        return self.closed + self.amounts["commit"] + self.adjustment

    @property
    def attainment(self):
        """Closed, of the quota; unknown without a quota."""
        return self.closed / self.quota if self.quota else False

    @property
    def coverage(self):
        """How many times what is open covers what is missing from the quota."""
        missing = self.quota - self.closed
        return self.open_amount / missing if self.quota and missing > 0 else False

    def told(self):
        """As a dict for a screen."""
        names = [name for name, _label in CATEGORIES]
        return {
            "counts": {name: self.counts[name] for name in names},
            "amounts": {name: self.amounts[name] for name in names},
            "count": sum(self.counts[name] for name in OPEN),
            "amount": self.open_amount,
            "weighted": self.weighted,
            "forecast": self.forecast,
            "adjustment": self.adjustment,
            "quota": self.quota,
            "attainment": self.attainment,
            "coverage": self.coverage,
            "gap": self.quota - self.forecast,
            "slipped": {"count": self.slipped_count, "amount": self.slipped_amount},
        }

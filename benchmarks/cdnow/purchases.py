"""The file of CDNOW: who bought on which day how many discs for how much."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

REFERENCE = "cdnow-"


@dataclass(frozen=True)
class Purchase:
    """One line of the file. Two lines of a customer and a day are two purchases."""

    line: int
    customer: str
    day: date
    discs: int
    amount: Decimal

    @property
    def name(self):
        """What its order is called; so a load knows which ones are there already."""
        return f"CDNOW-{self.line:05}"

    @property
    def reference(self):
        """The reference of its customer."""
        return REFERENCE + self.customer


def read_purchases(path, limit=None):
    """The purchases of the file, in its order.

    :param limit: how many lines at most
    """
    lines = path.read_text().splitlines()
    told = [line.split() for line in lines if line.strip() and line[0] != "#"]
    return [
        _purchase(number, columns)
        for number, columns in enumerate(told[1:][:limit], start=1)
    ]


def _purchase(number, columns):
    customer, day, discs, amount = columns
    return Purchase(
        line=number,
        customer=customer,
        day=datetime.strptime(day, "%Y%m%d").date(),
        discs=int(discs),
        amount=Decimal(amount),
    )

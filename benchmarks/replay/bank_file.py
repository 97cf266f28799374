"""The bank's file: who was called, how often, and who took the product."""

import csv
import itertools
from dataclasses import dataclass

CALL_COST = 2.50
FIXED_COST = 10_000.00
PRICE = 100.00
REFERENCE = "bank-"
NUMBERS = {"age", "balance", "day", "duration", "campaign", "pdays", "previous"}
ANSWERS = {"has_credit", "has_housing", "has_loan", "deposit"}
WORDS = {"job", "marital", "education", "contact", "month", "poutcome"}


@dataclass(frozen=True)
class BankClient:
    """One line of the file."""

    reference: str
    columns: dict
    calls: int
    subscribes: bool

    @property
    def name(self):
        """The file names nobody: the running number has to do."""
        return f"Bank client {self.reference.removeprefix(REFERENCE)}"

    def free_fields(self):
        """The columns, as the values of the entity's free fields."""
        return {name: _value(name, text) for name, text in self.columns.items()}


def read_clients(path, limit=None):
    """The clients of the file, in its order.

    :param limit: how many lines at most
    """
    with path.open(newline="") as file:
        return [_client(line) for line in itertools.islice(csv.DictReader(file), limit)]


def expected_figures(clients):
    """What the campaign's report has to say, computed from the file alone."""
    calls = sum(client.calls for client in clients)
    won = sum(client.subscribes for client in clients)
    cost = FIXED_COST + CALL_COST * calls
    revenue = PRICE * won
    return {
        "opportunity_count": len(clients),
        "done_action_count": calls,
        "won_count": won,
        "conversion": won / len(clients),
        "cost": cost,
        "revenue": revenue,
        "roi": (revenue - cost) / cost,
    }


def free_field_definitions():
    """How the columns are defined as free fields of an entity."""
    types = {"integer": NUMBERS, "boolean": ANSWERS, "char": WORDS}
    return [
        {"name": name, "string": name.replace("_", " ").capitalize(), "type": kind}
        for kind, names in types.items()
        for name in sorted(names)
    ]


def _client(line):
    number = int(line.pop("client"))
    return BankClient(
        reference=f"{REFERENCE}{number:05}",
        columns=line,
        calls=int(line["campaign"]),
        subscribes=line["deposit"] == "yes",
    )


def _value(name, text):
    if name in NUMBERS:
        return int(text)
    return text == "yes" if name in ANSWERS else text

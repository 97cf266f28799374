"""How long it took, and where the time went."""

import re
import time
from collections import Counter, defaultdict
from contextlib import contextmanager

# Odoo ends each line of its access log with: queries, seconds in SQL, seconds outside.
ACCESS = re.compile(
    r'"POST /json/2/(?P<method>\S+) HTTP/1\.\d" \d+ - '
    r"(?P<queries>\d+) (?P<sql>[\d.]+) (?P<python>[\d.]+)"
)
SAY_EVERY = 10


class Stopwatch:
    """Times the phases and says now and then how far they are."""

    def __init__(self, say):
        self.say = say
        self.phases = {}

    @contextmanager
    def phase(self, title, unit):
        """Time a phase, and yield what counts its progress."""
        progress = Progress(title, unit, self.say)
        yield progress
        self.phases[title] = progress
        progress.end()

    @property
    def seconds(self):
        """How long all phases took together."""
        return sum(progress.seconds for progress in self.phases.values())


class Progress:
    """How far one phase is."""

    def __init__(self, title, unit, say):
        self.title = title
        self.unit = unit
        self.total = 0
        self.say = say
        self.count = 0
        self.begin = self.said = time.monotonic()
        self.seconds = 0.0

    def expect(self, total):
        """Say how many are left to do."""
        self.total = total

    def add(self, count):
        """Count what was just done."""
        self.count += count
        if time.monotonic() - self.said > SAY_EVERY:
            self.said = time.monotonic()
            self.say(f"  {self}")

    def end(self):
        """Stop the clock."""
        self.seconds = time.monotonic() - self.begin
        self.say(f"{self}, in {self.seconds:.1f} s")

    @property
    def rate(self):
        """How many a second, so far."""
        elapsed = self.seconds or time.monotonic() - self.begin
        return self.count / elapsed if elapsed else 0.0

    def __str__(self):
        return (
            f"{self.title}: {self.count:,} of {self.total:,} {self.unit}"
            f" ({self.rate:,.0f} a second)"
        )


def costs_of_methods(log_lines):
    """What each method called over JSON-2 cost the server, by its own account.

    :return: {method: Counter of requests, queries, seconds in SQL and outside it}
    """
    costs = defaultdict(Counter)
    for line in log_lines:
        if found := ACCESS.search(line):
            costs[found["method"].replace("/", ".")] += Counter(
                requests=1,
                queries=int(found["queries"]),
                sql=float(found["sql"]),
                python=float(found["python"]),
            )
    return costs

"""Time, queries and memory of what runs in this process."""

import gc
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import mean

from odoo import sql_db

from .line import Line

KILOBYTES_IN_A_MEGABYTE = 1024


class Runner:
    """The product or a peer: what each of its rounds took.

    Rounds of several runners alternate, so that each meets the same machine. A machine
    that others use besides only ever slows a round down: the quickest says most.
    """

    def __init__(self):
        self.rounds = []
        self.queries = 0
        self.records = 0

    @contextmanager
    def round(self, count):
        """Time one round of ``count`` records."""
        gc.collect()
        queries, begin = sql_db.sql_counter, time.perf_counter()
        yield
        seconds = time.perf_counter() - begin
        self.rounds.append(seconds / count)
        self.queries += sql_db.sql_counter - queries
        self.records += count

    @property
    def quickest(self):
        """Seconds for a record in the quickest round."""
        return min(self.rounds)

    @property
    def mean(self):
        """Seconds for a record in the mean of all rounds."""
        return mean(self.rounds)


def line(name, count, product, peer, measure="quickest", **more):
    """The line of a product and its peer, reckoned for ``count`` records."""
    return Line(
        name=name,
        count=count,
        seconds=getattr(product, measure) * count,
        peer_seconds=getattr(peer, measure) * count,
        sample=peer.records,
        queries=product.queries / product.records,
        **more,
    )


class Memory:
    """The most memory that this process held while the product was at work, in MB."""

    def __init__(self):
        self.before = self.most = 0.0

    @contextmanager
    def watch(self):
        """Look at what happens inside, and at nothing else."""
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")
        self.before = self.before or _status("VmRSS")
        yield
        self.most = max(self.most, _status("VmHWM"))

    @property
    def peak(self):
        """The peak, and by how much it is above the first beginning."""
        return {"memory": self.most, "memory_grown": self.most - self.before}


def _status(name):
    """A figure of the kernel about this process, in MB."""
    for text in Path("/proc/self/status").read_text().splitlines():
        if text.startswith(f"{name}:"):
            return int(text.split()[1]) / KILOBYTES_IN_A_MEGABYTE
    raise LookupError(f"The kernel does not tell {name}.")

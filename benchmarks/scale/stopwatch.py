"""Time, queries and memory of what runs in this process."""

import gc
import os
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median

from odoo import sql_db

from .line import Line

KILOBYTES_IN_A_MEGABYTE = 1024


class Runner:
    """The product or a peer: what each of its rounds took.

    Rounds of several runners alternate, so that each meets the same machine. A machine
    that others use besides only ever slows a round down: the quickest says most.
    """

    def __init__(self, env):
        self.backend = _backend(env)
        self.rounds = []
        self.processor_seconds = 0.0
        self.queries = 0
        self.records = 0

    @contextmanager
    def round(self, count):
        """Time one round of ``count`` records."""
        gc.collect()
        queries, worked = sql_db.sql_counter, self._worked()
        begin = time.perf_counter()
        yield
        self.rounds.append((time.perf_counter() - begin) / count)
        self.processor_seconds += self._worked() - worked
        self.queries += sql_db.sql_counter - queries
        self.records += count

    def _worked(self):
        """Seconds of processor time that Odoo and PostgreSQL have spent here so far."""
        return time.process_time() + _processor_seconds(self.backend)

    @property
    def quickest(self):
        """Seconds for a record in the quickest round."""
        return min(self.rounds)

    @property
    def median(self):
        """Seconds for a record in the middle one of all rounds."""
        return median(self.rounds)

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
        processor=product.processor_seconds / product.records,
        peer_processor=peer.processor_seconds / peer.records,
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


def _backend(env):
    """The number of the process of PostgreSQL that works for this connection."""
    env.cr.execute("SELECT pg_backend_pid()")
    return env.cr.fetchone()[0]


def _processor_seconds(process):
    """What a process of this machine has spent; 0 where PostgreSQL is elsewhere."""
    file = Path(f"/proc/{process}/stat")
    if not file.exists():
        return 0.0
    # After the name, which may hold blanks: state, parent ..., user and system time.
    times = file.read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def _status(name):
    """A figure of the kernel about this process, in MB."""
    for text in Path("/proc/self/status").read_text().splitlines():
        if text.startswith(f"{name}:"):
            return int(text.split()[1]) / KILOBYTES_IN_A_MEGABYTE
    raise LookupError(f"The kernel does not tell {name}.")

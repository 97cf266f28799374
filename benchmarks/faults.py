"""Kill workers at random points, many times, and look whether every promise is kept.

Usage: ./run bench faults [--size N] [--kills N] [--batch N] [--seed N]

What the tests do with some hundred entities, with as many as you like (see README.md
here). It fails if anything is lost, done twice, or left undone.
"""

import argparse
import sys
import time
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from server import Database
from storm import promises
from storm.kills import CRONS, KillStorm
from storm.workers import Workers

SHOWN = 5


def main():
    """Let it storm, have one worker finish, and say what was kept."""
    options = parse_options()
    database = Database(f"faults_{uuid4().hex[:8]}")
    database.make()
    try:
        with Workers(database) as workers:
            return let_it_storm(workers, options)
    finally:
        database.drop()


def parse_options():
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="./run bench faults")
    for name, default, meaning in (
        ("size", 5000, "entities, each in two campaigns"),
        ("kills", 200, "how often a worker is killed"),
        ("batch", 200, "how many records a worker does in one transaction"),
        ("seed", time.time_ns(), "what points in time and victims follow from"),
    ):
        parser.add_argument(
            f"--{name}", type=int, default=default, help=f"{meaning} ({default})"
        )
    return parser.parse_args()


def let_it_storm(workers, options):
    """Kill and finish.

    :return: 1 if a promise is broken or a worker met an error, else 0
    """
    say(f"{options.size:,} entities, seed {options.seed}")
    workers.prepare("set_scene", entities=options.size, batch=options.batch)
    storm = KillStorm(workers, seed=options.seed, batch=options.batch)
    storm.rage(options.kills)
    for work, count in storm.victims.most_common():
        say(f"  killed at {work}: {count}")
    begin = time.monotonic()
    errors = workers.do("rounds", crons=CRONS, batch=options.batch, count=1)
    say(f"  what was left took {time.monotonic() - begin:.0f} s")
    for error in [*workers.failures(), *errors]:
        say(f"  error: {error}")
    broken = promises.broken(workers.database)
    for promise in promises.PROMISES:
        say(f"{'BROKEN' if promise in broken else 'kept':>7}: {promise}")
        for row in broken.get(promise, [])[:SHOWN]:
            say(f"         {row}")
    return 1 if broken or errors or workers.failures() else 0


def say(text):
    """Tell how far it is, at once."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())

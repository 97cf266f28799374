"""Measure the product at the size of a company with a million entities.

Usage: ./run bench scale [--size N] [--jobs a,b,c] [--growth] [--keep]

Prints the table of jobs: what each took, what its peer took in the same run on the same
database, and whether the goal is met (see README.md here).
"""

import argparse
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from scale.goals import GOALS
from scale.growth import SIZES, print_growth
from scale.report import print_costs, print_heading, print_remarks, print_table
from scale.runs import JOBS, Scale


def main():
    """Measure and print the tables; fail if a job did not do its work."""
    options = parse_options()
    # Whoever is told to stop clears away the database first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print_heading(say)
    runs = [Scale(size, options.jobs, say, options.keep) for size in sizes(options)]
    found = {run.size: run.run() for run in runs}
    for size, lines in found.items():
        print_table(size, lines, GOALS, say)
        print_costs(lines, GOALS, say)
        print_remarks(lines, GOALS, say)
    if options.growth:
        print_growth(found, GOALS, say)
    return 1 if any(run.failures for run in runs) else 0


def parse_options():
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="./run bench scale")
    parser.add_argument(
        "--size", type=int, default=1_000_000, help="entities in the base (1000000)"
    )
    parser.add_argument(
        "--jobs",
        type=chosen_jobs,
        default=list(JOBS),
        help=f"only these, separated by commas: {', '.join(JOBS)}",
    )
    parser.add_argument(
        "--growth", action="store_true", help="the smaller sizes too, and how it grows"
    )
    parser.add_argument("--keep", action="store_true", help="keep the database")
    return parser.parse_args()


def chosen_jobs(text):
    """The jobs that are named, in the order in which they are done."""
    names = set(text.split(","))
    if unknown := names - set(JOBS):
        raise argparse.ArgumentTypeError(f"there is no job {', '.join(unknown)}")
    return [name for name in JOBS if name in names]


def sizes(options):
    """The size asked for, after the smaller ones if growth is."""
    smaller = [size for size in SIZES if size < options.size]
    return [*(smaller if options.growth else []), options.size]


def say(text=""):
    """Tell how far it is, at once."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())

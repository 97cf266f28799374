"""Replay a real telephone campaign of a bank through the product.

Usage: ./run bench replay_bank_marketing FILE [--limit N] [--name NAME]

FILE is bank_marketing.csv: one line for each client of the bank (see README.md here).
The database is made once and kept. Run again, the replay goes on where it stopped; once
all is done, it finds everything there and changes nothing.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from replay.bank_file import read_clients
from replay.replay import Replay

TITLES = {
    "opportunity_count": ("Opportunities", "{:,}"),
    "done_action_count": ("Actions done", "{:,}"),
    "won_count": ("Won", "{:,}"),
    "conversion": ("Conversion", "{:.2%}"),
    "cost": ("Cost", "{:,.2f}"),
    "revenue": ("Revenue", "{:,.2f}"),
    "roi": ("ROI", "{:.4f}"),
}
COSTLIEST = 8


def main():
    """Replay, print the figures, and fail unless they are those of the file."""
    options = parse_options()
    clients = read_clients(options.file, options.limit)
    replay = Replay(clients, database_name(options), say)
    figures = in_words(replay.run())
    expected = in_words(replay.expected)
    print_figures(figures, expected)
    print_times(replay)
    print_costs(replay)
    return 0 if figures == expected else 1


def parse_options():
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="./run bench replay_bank_marketing")
    parser.add_argument("file", type=Path, help="bank_marketing.csv")
    parser.add_argument("--limit", type=int, help="only the first lines of the file")
    parser.add_argument("--name", help="start afresh, or go on, under another name")
    return parser.parse_args()


def database_name(options):
    """A database for the whole file, one for each limit, and one for each name."""
    words = ("replay_bank_marketing", options.limit, options.name)
    return "_".join(str(word) for word in words if word)


def say(text):
    """Tell how far it is, at once."""
    print(text, flush=True)


def in_words(figures):
    """The figures as a report shows them."""
    return {name: form.format(figures[name]) for name, (_title, form) in TITLES.items()}


def print_figures(figures, expected):
    """What the campaign's report says, beside what the file says."""
    print(f"\n{'The report says':<20}{'':>14}{'in the file':>16}")
    for name, (title, _form) in TITLES.items():
        mark = "" if figures[name] == expected[name] else "   WRONG"
        print(f"{title:<20}{figures[name]:>14}{expected[name]:>16}{mark}")


def print_times(replay):
    """How long each phase took."""
    print(f"\n{'Phase':<20}{'seconds':>10}{'done now':>12}{'a second':>10}")
    for title, phase in replay.stopwatch.phases.items():
        print(f"{title:<20}{phase.seconds:>10.1f}{phase.count:>12,}{phase.rate:>10.1f}")
    print(f"{'All':<20}{replay.stopwatch.seconds:>10.1f}")


def print_costs(replay):
    """What the server did meanwhile; processor time tells what a busy machine hides."""
    processes = replay.processes
    print(
        f"\nOdoo's processes: {processes.ru_utime + processes.ru_stime:,.0f} s of"
        f" processor time, at most {processes.ru_maxrss / 1024:,.0f} MB in one"
    )
    print(f"\n{'Method':<34}{'requests':>9}{'queries':>11}{'SQL s':>9}{'Python s':>10}")
    costliest = sorted(
        replay.costs.items(), key=lambda item: -item[1]["sql"] - item[1]["python"]
    )
    for method, cost in costliest[:COSTLIEST]:
        print(
            f"{method:<34}{cost['requests']:>9,}{cost['queries']:>11,}"
            f"{cost['sql']:>9.1f}{cost['python']:>10.1f}"
        )


if __name__ == "__main__":
    sys.exit(main())

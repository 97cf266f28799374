"""Load the purchases of a real shop, and ask the product's segments about them.

Usage: ./run bench load_cdnow FILE [--limit N] [--name NAME]

FILE is CDNOW_master.txt: one line for each purchase (see README.md here). The database
is made once and kept. Run again, the load goes on where it stopped; once all is there,
it changes nothing and only asks again.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cdnow.load import Load
from cdnow.loyalty import expected_loyalty
from cdnow.purchases import read_purchases
from cdnow.questions import questions


def main():
    """Load, ask, and fail unless the segments answer as the file does."""
    options = parse_options()
    purchases = read_purchases(options.file, options.limit)
    words = ("load_cdnow", options.limit, options.name)
    load = Load(purchases, "_".join(str(word) for word in words if word), say)
    answers = load.run()
    agrees = print_answers(answers, purchases) & print_totals(load.totals(), purchases)
    agrees &= print_loyalty(load.loyalty, purchases)
    print_times(load.stopwatch)
    return 0 if agrees else 1


def parse_options():
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="./run bench load_cdnow")
    parser.add_argument("file", type=Path, help="CDNOW_master.txt")
    parser.add_argument("--limit", type=int, help="only the first lines of the file")
    parser.add_argument("--name", help="start afresh, or go on, under another name")
    return parser.parse_args()


def say(text):
    """Tell how far it is, at once."""
    print(text, flush=True)


def print_answers(answers, purchases):
    """Who is in each segment, beside who should be.

    :return: whether they are the same people, one by one
    """
    print(f"\n{'Segment':<42}{'in Odoo':>10}{'in the file':>13}")
    for question in questions(purchases):
        found, expected = answers[question.name], question.expected
        mark = "" if found == expected else f"   WRONG: {len(found ^ expected)} differ"
        print(f"{question.name:<42}{len(found):>10,}{len(expected):>13,}{mark}")
    return all(answers[one.name] == one.expected for one in questions(purchases))


def print_totals(found, purchases):
    """All orders, beside all lines of the file.

    :return: whether they agree to the cent
    """
    expected = (
        str(len(purchases)),
        str(sum(one.amount for one in purchases)),
        str(len({one.customer for one in purchases})),
    )
    mark = "" if found == expected else "   WRONG"
    print("\nOrders, amount, customers in Odoo:    ", *found)
    print("Orders, amount, customers in the file:", *expected, mark)
    return found == expected


def print_loyalty(found, purchases):
    """Who came back, month by month, beside the file.

    :return: whether each number of each cohort is the same
    """
    expected = expected_loyalty(purchases)
    print(f"\n{'First bought':<14}{'customers':>10}{'came back':>11}   then, by month")
    for cohort in found["cohorts"]:
        buyers = ", ".join(f"{count:,}" for count in cohort["buyers"][1:])
        share = f"{cohort['repeat_rate']:.1%}"
        print(
            f"{cohort['date'][:7]:<14}{cohort['customers']:>10,}{share:>11}   {buyers}"
        )
    agrees = found == expected
    print(
        f"Came back, of all: {found['repeat_rate']:.2%}{'' if agrees else '   WRONG'}"
    )
    return agrees


def print_times(stopwatch):
    """How long each phase took."""
    print(f"\n{'Phase':<20}{'seconds':>10}{'done now':>12}{'a second':>10}")
    for title, phase in stopwatch.phases.items():
        print(f"{title:<20}{phase.seconds:>10.1f}{phase.count:>12,}{phase.rate:>10.1f}")


if __name__ == "__main__":
    sys.exit(main())

import importlib.util
import os
from collections import defaultdict
from pathlib import Path

from odoo.tests import BaseCase, tagged

from .server import Database

CHECKOUT = Path(__file__).resolve().parents[1]
BENCHMARK = CHECKOUT / "benchmarks" / "load_cdnow.py"
SLICE = Path(__file__).with_name("data") / "cdnow_slice.txt"
TABLES = ("res_partner", "sale_order", "sale_order_line", "crm_segment", "mail_message")


@tagged("post_install", "-at_install")
class TestLoadCdnow(BaseCase):
    """Real purchases, through a real server: segments answer as the file does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = Database(f"crm_playbook_tests_cdnow_{os.getpid()}")
        cls.addClassCleanup(cls.database.drop)
        cls.lines = cls._read_lines()
        cls.benchmark = _load(BENCHMARK)

    @classmethod
    def _read_lines(cls):
        """What the file says: customer, year, month, cents, of each line."""
        columns = [
            line.split()
            for line in SLICE.read_text().splitlines()
            if line.split()[0].isdigit()
        ]
        return [
            (f"cdnow-{who}", int(day[:4]), int(day[4:6]), round(float(dollars) * 100))
            for who, day, _discs, dollars in columns
        ]

    def test_segments_answer_as_the_file_does_however_often_it_is_loaded(self):
        answers = self._run(limit=200)
        self.assertEqual(len(answers), 10)
        answers = self._run()  # goes on where the shorter load stopped
        for name, expected in self._expected().items():
            self.assertTrue(expected, f"the slice says nothing of: {name}")
            self.assertEqual(answers[name], expected, name)
        traces = self._traces()
        self.assertEqual(self._run(), answers)
        self.assertEqual(self._traces(), traces)
        self._check_orders()
        self._check_loyalty()

    def test_two_purchases_on_one_day_are_two_orders(self):
        purchases = self.benchmark.read_purchases(SLICE)
        self.assertEqual(len(purchases), len(self.lines))
        self.assertEqual(len({one.name for one in purchases}), len(purchases))
        second, third = purchases[1:3]
        self.assertEqual((second.customer, second.day), (third.customer, third.day))
        self.assertEqual((str(second.amount), str(third.amount)), ("12.00", "77.00"))

    def test_wrong_answer_is_told(self):
        purchases = self.benchmark.read_purchases(SLICE)
        right = {one.name: one.expected for one in self.benchmark.questions(purchases)}
        wrong = right | {"Top tenth by amount": set()}
        self.assertTrue(self.benchmark.print_answers(right, purchases))
        self.assertFalse(self.benchmark.print_answers(wrong, purchases))
        self.assertFalse(self.benchmark.print_totals(("1", "1.00", "1"), purchases))

    def _run(self, limit=None):
        purchases = self.benchmark.read_purchases(SLICE, limit)
        quiet = self.benchmark.Load(
            purchases, self.database.name, say=lambda _text: None
        )
        answers = quiet.run()
        self.loyalty = quiet.loyalty
        return answers

    def _check_loyalty(self):
        """Who came back is told as the file tells it, counted here and now."""
        months, bought = defaultdict(set), defaultdict(int)
        for who, year, month, _cents in self.lines:
            months[who].add(12 * year + month)
            bought[who] += 1
        latest = max(max(own) for own in months.values())
        expected = {}
        for own in months.values():
            row = expected.setdefault(min(own), [0] * (latest - min(own) + 1))
            for month in own:
                row[month - min(own)] += 1
        self.assertEqual(
            [cohort["buyers"] for cohort in self.loyalty["cohorts"]],
            [expected[first] for first in sorted(expected)],
        )
        again = sum(count > 1 for count in bought.values())
        self.assertTrue(again, "the slice has nobody who came back")
        self.assertAlmostEqual(self.loyalty["repeat_rate"], again / len(bought))
        self.assertEqual(self.loyalty["customers"], len(bought))

    def _check_orders(self):
        """Each line of the file is a confirmed order of its day, to the cent."""
        rows = self.database.rows(
            "SELECT partner.ref, extract(year FROM date_order)::int,"
            " extract(month FROM date_order)::int, (amount_total * 100)::int"
            " FROM sale_order JOIN res_partner partner ON partner.id = partner_id"
            " WHERE state = 'sale' ORDER BY sale_order.name"
        )
        found = [
            (ref, int(year), int(month), int(cents)) for ref, year, month, cents in rows
        ]
        self.assertEqual(found, self.lines)

    def _expected(self):
        """Who is in some of the segments, counted from the file here and now."""
        counts, cents, months = defaultdict(int), defaultdict(int), defaultdict(list)
        for who, year, month, amount in self.lines:
            counts[who, year] += 1
            cents[who] += amount
            months[who].append((year, month))
        everybody = set(cents)
        often = {who for who in everybody if counts[who, 1997] >= 2}
        then = {who for who in everybody if counts[who, 1998]}
        richer = {
            who: sum(amount > cents[who] for amount in cents.values())
            for who in everybody
        }
        tenth = {who for who in everybody if 10 * richer[who] < len(everybody)}
        return {
            "Bought twice or more in 1997": often,
            "Bought in 1998": then,
            "Twice or more in 1997, nothing in 1998": often - then,
            "Top tenth by amount": tenth,
            "Top tenth who bought in 1998": tenth & then,
            "First bought in February 1997": {
                who for who in everybody if min(months[who]) == (1997, 2)
            },
            "Last bought before July 1997": {
                who for who in everybody if max(months[who]) < (1997, 7)
            },
        }

    def _traces(self):
        """How many records there are of each kind, and when one was last written."""
        return {
            table: self.database.rows(f"SELECT count(*), max(write_date) FROM {table}")
            for table in TABLES
        }


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

import csv
import importlib.util
import itertools
import os
from pathlib import Path

from odoo.tests import BaseCase, tagged

from .server import Database

CHECKOUT = Path(__file__).resolve().parents[1]
BENCHMARK = CHECKOUT / "benchmarks" / "replay_bank_marketing.py"
REAL_DATA = CHECKOUT.parent / "shared" / "data" / "bank_marketing.csv"
LINES = 2000
TABLES = (
    *("res_partner", "crm_segment", "crm_campaign", "crm_lead", "crm_action"),
    *("crm_transition", "sale_order", "sale_order_line", "mail_message"),
)


@tagged("post_install", "-at_install")
class TestReplayBankMarketing(BaseCase):
    """The beginning of a real campaign, through a real server, by the contract."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = Database(f"crm_playbook_tests_replay_{os.getpid()}")
        cls.addClassCleanup(cls.database.drop)

    def test_real_campaign_has_exact_figures_however_often_it_is_replayed(self):
        if not REAL_DATA.exists():
            self.skipTest(f"real data absent: {REAL_DATA} is not there")
        expected = self._figures_of_file()
        self.assertEqual(self._replay(), expected)
        self._check_results()
        traces = self._traces()
        self.assertEqual(self._replay(), expected)
        self.assertEqual(self._traces(), traces)

    def _replay(self):
        """What the campaign's report says after the replay, as people read it."""
        benchmark = _load(BENCHMARK)
        clients = benchmark.read_clients(REAL_DATA, LINES)
        replay = benchmark.Replay(clients, self.database.name, say=lambda _text: None)
        figures = benchmark.in_words(replay.run())
        self.results = replay.results
        return figures

    def _check_results(self):
        """The reports say what the file says, each view of the sales too."""
        lines = self._lines_of_file()
        calls = sum(int(line["campaign"]) for line in lines)
        won = sum(line["deposit"] == "yes" for line in lines)
        cost, revenue = 10_000 + 2.5 * calls, 100.0 * won
        self.assertEqual(
            self.results["kinds"],
            {
                "opportunity": {"opportunity_count": len(lines)},
                "closing": {"won_count": won, "lost_count": len(lines) - won},
                "action": {"done_action_count": calls, "cost": 2.5 * calls},
                "fixed_cost": {"cost": 10_000.0},
                "sale": {"order_count": won, "revenue": revenue},
            },
        )
        for name, expected in (
            ("conversion", won / len(lines)),
            ("roi", (revenue - cost) / cost),
            ("average_sale", 100.0),
        ):
            self.assertAlmostEqual(self.results["ratios"][name], expected, 9, name)
        self.assertEqual(
            self.results["attribution"],
            dict.fromkeys(
                ("first_touch", "last_touch", "linear", "time_decay", "direct"), revenue
            ),
        )
        self.assertFalse(any(self.results["differences"].values()), self.results)

    def _lines_of_file(self):
        with REAL_DATA.open(newline="") as file:
            return list(itertools.islice(csv.DictReader(file), LINES))

    def _figures_of_file(self):
        """What the report has to say, counted from the file here and now."""
        lines = self._lines_of_file()
        calls = sum(int(line["campaign"]) for line in lines)
        won = sum(line["deposit"] == "yes" for line in lines)
        cost, revenue = 10_000 + 2.5 * calls, 100 * won
        return {
            "opportunity_count": f"{len(lines):,}",
            "done_action_count": f"{calls:,}",
            "won_count": f"{won:,}",
            "conversion": f"{100 * won / len(lines):.2f}%",
            "cost": f"{cost:,.2f}",
            "revenue": f"{revenue:,.2f}",
            "roi": f"{revenue / cost - 1:.4f}",
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

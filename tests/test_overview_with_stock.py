import json
from pathlib import Path
from uuid import uuid4

from odoo.tests import BaseCase, tagged

from .server import Database

FOLDER = Path(__file__).parent


@tagged("post_install", "-at_install")
class TestOverviewWithStock(BaseCase):
    """Stock and margins are no part of the add-on; where they are, they are told."""

    def test_deliveries_and_margin_are_those_of_odoo(self):
        database = Database(f"overview_{uuid4().hex[:8]}")
        self.addCleanup(database.drop)
        database.make()
        database.install("sale_stock,sale_margin")
        told = json.loads(database.run(FOLDER / "overview_with_stock.py"))
        self.assertEqual(told["margin"], told["margin_of_report"])
        self.assertEqual(told["margin"], told["margin_of_orders"])
        self.assertEqual(told["margin"], 6 * 40)
        self.assertEqual(told["deliveries"], told["pending_count"])
        self.assertEqual(told["deliveries"], 2)
        self.assertEqual(told["late"], "1 late")
        self.assertTrue(told["pending"])

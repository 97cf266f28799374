import json
from pathlib import Path
from uuid import uuid4

from odoo.tests import BaseCase, tagged

from .server import Database


@tagged("post_install", "-at_install")
class TestAutomationRules(BaseCase):
    """With Odoo's automation rules installed: what they see of this add-on.

    The README says the same to whoever makes such rules.
    """

    def test_automation_rules_see_what_is_written_by_the_orm(self):
        database = Database(f"automation_{uuid4().hex[:8]}")
        database.make()
        self.addCleanup(database.drop)
        database.install("base_automation")
        seen = json.loads(
            database.run(Path(__file__).with_name("automation_set_up.py"))
        )
        self.assertEqual(
            seen,
            {
                "opportunity by hand": True,
                "opportunities of a campaign": False,
                "action of one": True,
                "action done": True,
                "actions of a set": False,
                "new ledger line": False,
                "ledger line, once answered": True,
            },
        )

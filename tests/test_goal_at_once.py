from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from odoo.tests import BaseCase, tagged

from .server import Database

FOLDER = Path(__file__).parent


@tagged("post_install", "-at_install")
class TestGoalAtOnce(BaseCase):
    """Two people who do something for the same goal at the same moment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = Database(f"goal_{uuid4().hex[:8]}")
        cls.addClassCleanup(cls.database.drop)
        cls.database.make()
        cls.action = cls.database.run(FOLDER / "goal_set_up.py")

    def test_two_actions_open_one_opportunity(self):
        with ThreadPoolExecutor() as processes:
            # Both have looked, and found none open, before one of them is done.
            with self.database.locked("crm_lead"):
                recorded = [processes.submit(self._register) for _ in range(2)]
                self.database.wait_until_held_up(number=2)
            for action in recorded:
                action.result()
        query = "SELECT count(DISTINCT lead_id), count(*) FROM crm_action"
        self.assertEqual(
            self.database.rows(f"{query} WHERE lead_id IS NOT NULL"), [("1", "2")]
        )

    def _register(self):
        self.database.run(FOLDER / "goal_register.py", ACTION=self.action)

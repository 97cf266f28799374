import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from odoo.tests import BaseCase, tagged

from .server import Database

FOLDER = Path(__file__).parent


@tagged("post_install", "-at_install")
class TestIncomingAtOnce(BaseCase):
    """Mails of one sender that two processes receive at the same moment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = Database(f"incoming_{uuid4().hex[:8]}")
        cls.addClassCleanup(cls.database.drop)
        cls.database.make()
        cls.server = json.loads(cls.database.run(FOLDER / "incoming_set_up.py"))

    def test_two_mails_make_one_entity_and_one_opportunity(self):
        with ThreadPoolExecutor() as processes:
            # Both have looked, and found nobody, before one of them is done.
            with self.database.locked("crm_lead"):
                received = [processes.submit(self._receive, n) for n in (1, 2)]
                self.database.wait_until_held_up(number=2)
            for mail in received:
                mail.result()
        rows = self.database.rows
        self.assertEqual(
            rows("SELECT name FROM res_partner WHERE email = 'grace@own.example'"),
            [("Grace Hopper",)],
        )
        self.assertEqual(
            rows(
                "SELECT count(DISTINCT res_id), count(*) FROM mail_message"
                " WHERE model = 'crm.lead' AND message_id LIKE '%@own.example>'"
            ),
            [("1", "2")],
        )

    def _receive(self, number):
        self.database.run(
            FOLDER / "incoming_receive.py",
            MAIL_NUMBER=str(number),
            MAIL_SERVER=str(self.server),
        )

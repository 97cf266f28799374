from odoo.tests import HttpCase, tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestToursReplacement(HttpCase, PlaybookCase):
    """An outcome gives way to another in a browser: seen, replaced and put back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit.outcome_ids = cls.declined
        cls.yes = cls._create_outcome("Test yes", "positive")
        cls.rule = cls.env["crm.playbook.rule"].create(
            {"outcome_id": cls.interested.id, "points": 1}
        )
        cls.action = cls.env["crm.action"].create(
            {
                "partner_id": cls.partner.id,
                "action_type_id": cls.call.id,
                "user_id": cls.manager.id,
            }
        )
        cls.action.done(cls.interested.id)

    def _tour(self, name):
        page = "/odoo/replacements"
        self.start_tour(page, name, login=self.manager.login, timeout=180)

    def test_replaced_and_put_back_at_a_desk(self):
        self._tour("crm_playbook_manager_replaces_an_outcome")
        self.assertEqual(self.action.outcome_id, self.interested)
        log = self.env["crm.replacement"].search([], limit=1)
        self.assertEqual(log.state, "reverted")

    def test_replaced_on_a_phone(self):
        self.env["crm.replacement"].create(
            {"outcome_id": self.interested.id, "by_outcome_id": self.yes.id}
        )
        self.browser_size, self.touch_enabled = "390x844", True
        self._tour("crm_playbook_manager_replaces_on_a_phone")
        self.assertEqual(self.action.outcome_id, self.yes)
        self.assertEqual(self.rule.outcome_id, self.yes)

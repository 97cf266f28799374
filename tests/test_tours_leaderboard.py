from odoo.tests import HttpCase, tagged

from .common import TeamCase


@tagged("post_install", "-at_install")
class TestToursLeaderboard(HttpCase, TeamCase):
    """The leaderboard in a browser, at a desk and on a phone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls._create_rule(cls.interested, playbook_id=False, points=17)
        cls._create_rule(cls.declined, playbook_id=False, points=5)
        cls._register(cls.seller, cls.interested)
        cls._register(cls.other_seller, cls.declined)
        cls.env.ref("crm_playbook.challenge_week").action_start()

    @classmethod
    def _register(cls, user, outcome):
        cls.env["crm.action"].with_user(user).register(
            {
                "partner_id": cls.partner.id,
                "action_type_id": cls.call.id,
                "outcome_id": outcome.id,
            }
        )

    def test_leaderboard_at_a_desk(self):
        self._tour("crm_playbook_salesperson_looks_at_the_leaderboard")

    def test_leaderboard_on_a_phone(self):
        self.browser_size, self.touch_enabled = "390x844", True
        self._tour("crm_playbook_field_seller_looks_at_the_leaderboard")

    def _tour(self, name):
        self.start_tour("/odoo/leaderboard", name, login=self.seller.login, timeout=180)

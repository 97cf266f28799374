from odoo.tests import HttpCase, tagged

from .test_crm_cycle import CycleCase


class CycleTourCase(HttpCase, CycleCase):
    """Two who bought in the last cycle, and a stage that requires a visit."""

    def setUp(self):
        super().setUp()
        for name in ("Tour Anna", "Tour Bruno"):
            lead = self._win(self._create_partner(name), expected_revenue=50.0)
            self._sell(lead.partner_id, 50.0, opportunity_id=lead.id)

    def _tour(self, place, name, user):
        self.start_tour(f"/odoo/{place}", name, login=user.login, timeout=180)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestToursCycle(CycleTourCase):
    """At a desk."""

    def test_cycle_is_opened_and_last_time_quoted(self):
        self._tour(
            f"crm.cycle/{self.next.id}",
            "crm_playbook_manager_opens_a_cycle",
            self.manager,
        )
        self.assertEqual(len(self._repurchases()), 2)
        self.assertEqual(len(self._repurchases().order_ids), 1)

    def test_seller_is_told_what_is_missing(self):
        self.first.required_type_ids = self.visit
        lead = self._start()
        self._tour(
            f"crm.lead/{lead.id}",
            "crm_playbook_seller_is_told_what_is_missing",
            self.seller,
        )
        self.assertEqual(lead.won_status, "pending")


@tagged("post_install", "-at_install")
class TestToursCycleOnAPhone(CycleTourCase):
    """On a phone."""

    browser_size = "390x844"
    touch_enabled = True

    def test_cycle_is_opened(self):
        self._tour(
            f"crm.cycle/{self.next.id}",
            "crm_playbook_manager_opens_a_cycle_on_a_phone",
            self.manager,
        )
        self.assertEqual(len(self._repurchases()), 2)

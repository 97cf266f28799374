from odoo.tests import HttpCase, tagged

from .control_case import ControlCase


class TruthTourCase(HttpCase, ControlCase):
    """A campaign that worked, and points that nothing gave."""

    def _tour(self, place, name):
        self.start_tour(f"/odoo/{place}", name, login=self.manager.login, timeout=180)

    def _see_whether_it_worked(self):
        self._enter(self.people[:40], self.people[40:80])
        self._order(self.people[:30], [50.0 + number for number in range(30)])
        self._order(self.people[40:50], [10.0 + number for number in range(10)])
        self._tour(
            f"crm.campaign/{self.campaign.id}",
            "crm_playbook_manager_sees_whether_it_worked",
        )

    def _find_a_difference(self):
        lead = self._start()
        self._do(lead, self.interested)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_action SET points = 9 WHERE lead_id = %s AND state = 'done'",
            [lead.id],
        )
        self.env.invalidate_all()
        self._tour("self-check", "crm_playbook_manager_finds_a_difference")


@tagged("post_install", "-at_install")
class TestToursSelfCheck(TruthTourCase):
    """At a desk."""

    def test_manager_sees_whether_it_worked(self):
        self._see_whether_it_worked()

    def test_manager_finds_a_difference(self):
        self._find_a_difference()


@tagged("post_install", "-at_install")
class TestToursSelfCheckOnAPhone(TruthTourCase):
    """On a phone."""

    browser_size = "390x844"
    touch_enabled = True

    def test_manager_sees_whether_it_worked(self):
        self._see_whether_it_worked()

    def test_manager_finds_a_difference(self):
        self._find_a_difference()

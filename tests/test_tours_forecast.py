from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import TeamCase


@tagged("post_install", "-at_install")
class TestToursForecast(HttpCase, TeamCase):
    """The forecast in a browser, by who leads a team."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = cls.env.company._points_today()
        last = today + relativedelta(day=31)
        cls.renewal, cls.expansion = (
            cls._create_lead(name=name, expected_revenue=amount, date_deadline=last)
            for name, amount in (("Renewal", 1000.0), ("Expansion", 500.0))
        )
        cls.renewal.forecast_category = "commit"
        cls.env.flush_all()

    def _tour(self, name):
        self.start_tour("/odoo/forecast", name, login=self.leader.login, timeout=180)

    def test_quota_and_adjustment_in_place(self):
        self._tour("crm_playbook_leader_makes_the_forecast")
        quota = self.env["crm.forecast.quota"].search([])
        self.assertEqual(quota.amount, 4000.0)
        self.assertEqual((quota.team_id, quota.user_id), (self.team, self.seller))
        self.assertEqual(quota.create_uid, self.leader)
        adjustment = self.env["crm.forecast.adjustment"].search([])
        self.assertEqual(adjustment.amount, 250.0)
        self.assertEqual(adjustment.note, "Renewal agreed by telephone")
        self.assertEqual(
            adjustment.month, fields.Date.start_of(self.renewal.date_deadline, "month")
        )
        self.assertEqual(self.renewal.expected_revenue, 1000.0)

    def test_on_a_phone(self):
        self.browser_size, self.touch_enabled = "390x844", True
        self._tour("crm_playbook_leader_looks_at_the_forecast_on_a_phone")

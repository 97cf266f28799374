from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestToursActivity(HttpCase, PlaybookCase):
    """Tasks in Odoo's own tools, by whoever has them."""

    def test_activity_marked_as_done_asks_for_the_outcome(self):
        self._mark_activity_as_done()

    def test_activity_marked_as_done_on_a_phone_asks_for_the_outcome(self):
        self.browser_size, self.touch_enabled = "390x844", True
        self._mark_activity_as_done()

    def _mark_activity_as_done(self):
        self._create_rule(
            self.interested,
            action_type_id=self.call.id,
            task_type_id=self.visit.id,
            task_mode="planned",
            task_delay_days=1,
        )
        lead = self._start()
        call = lead.action_ids
        self._tour(
            "crm_playbook_activity_is_done_with_an_outcome",
            f"/odoo/crm.lead/{lead.id}",
        )
        self.assertEqual(call.outcome_id, self.interested)
        self.assertEqual(self._planned(lead).action_type_id, self.visit)

    def test_meeting_deleted_in_the_calendar_is_a_cancelled_task(self):
        self.seller.tz = "UTC"
        noon = fields.Datetime.now().replace(hour=12, minute=0, second=0, microsecond=0)
        visit = (
            self.env["crm.action"]
            .with_user(self.seller)
            .create(
                {
                    "partner_id": self.partner.id,
                    "action_type_id": self.visit.id,
                    "mode": "planned",
                    "date_start": noon,
                    "date_end": noon + timedelta(hours=1),
                }
            )
        )
        self._tour("crm_playbook_task_is_deleted_in_the_calendar", "/odoo/calendar")
        self.assertEqual(visit.state, "cancelled")

    def _tour(self, name, page):
        self.start_tour(page, name, login=self.seller.login, timeout=120)

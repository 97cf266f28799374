from odoo.tests import HttpCase, tagged

from .common import PlaybookCase


class RecordTourCase(HttpCase, PlaybookCase):
    """Three people to call, and a rule that answers when one is interested."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        spain = cls.env.ref("base.es")
        cls.anna, cls.bruno, cls.carla = (
            cls._create_partner(
                f"Tour {name}", phone="612 34 56 78", country_id=spain.id
            )
            for name in ("Anna", "Bruno", "Carla")
        )
        cls._create_rule(
            cls.interested,
            commercial_status_id=cls.status.id,
            task_type_id=cls.visit.id,
            task_mode="planned",
            task_delay_days=2,
        )

    def setUp(self):
        super().setUp()
        self.leads = self.env["crm.lead"].concat(
            *(
                self._start(self._create_lead(partner))
                for partner in (self.anna, self.bruno, self.carla)
            )
        )

    def _calls(self):
        """The three calls as the browser has left them."""
        self.env.invalidate_all()
        return self.env["crm.action"].search(
            [("lead_id", "in", self.leads.ids), ("action_type_id", "=", self.call.id)],
            order="id",
        )


@tagged("post_install", "-at_install")
class TestToursRecord(RecordTourCase):
    """Recording at a desk."""

    def test_by_keyboard_and_many_at_once(self):
        self.start_tour(
            "/odoo/my-actions",
            "crm_playbook_record_by_keyboard",
            login=self.seller.login,
            timeout=180,
        )
        self.assertEqual(self._calls().mapped("outcome_id"), self.interested)
        self.assertEqual(self._calls()[0].note, "Call 1 of 3")

    def test_from_the_top_bar_on_an_entity(self):
        self.start_tour(
            f"/odoo/res.partner/{self.anna.id}",
            "crm_playbook_record_from_the_top_bar",
            login=self.seller.login,
            timeout=180,
        )
        self.assertEqual(self._calls()[0].outcome_id, self.interested)


@tagged("post_install", "-at_install")
class TestToursRecordOnPhone(RecordTourCase):
    """Recording with a thumb."""

    browser_size = "390x844"
    touch_enabled = True

    def test_with_a_thumb(self):
        self.start_tour(
            "/odoo/my-actions",
            "crm_playbook_record_on_a_phone",
            login=self.seller.login,
            timeout=180,
        )
        self.assertEqual(self._calls()[0].outcome_id, self.interested)

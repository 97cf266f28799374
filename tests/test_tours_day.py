from datetime import datetime, time, timedelta

from odoo.tests import HttpCase, tagged

from .common import TeamCase


@tagged("post_install", "-at_install")
class TestToursDay(HttpCase, TeamCase):
    """A salesperson's day in a browser, at a desk and on a phone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = datetime.combine(datetime.now(), time.min)
        place = {
            "phone": "+34 612 34 56 78",
            "country_id": cls.env.ref("base.es").id,
            "city": "Madrid",
        }
        cls.late, cls.anna, cls.bruno, cls.to_take = (
            cls._plan(cls._create_partner(name, **place), days, user)
            for name, days, user in (
                ("Tour Late", -2, cls.seller),
                ("Tour Anna", 0, cls.seller),
                ("Tour Bruno", 0, cls.seller),
                ("Tour Nobody", 0, cls.env["res.users"]),
            )
        )

    @classmethod
    def _plan(cls, partner, days, user):
        return cls.env["crm.action"].create(
            {
                "partner_id": partner.id,
                "action_type_id": cls.visit.id,
                "user_id": user.id,
                "team_id": cls.team.id,
                "date_start": cls.today + timedelta(days=days),
            }
        )

    def test_day_at_a_desk(self):
        self._tour("crm_playbook_salesperson_has_a_day")
        self.assertEqual(self.late.state, "done")
        self.assertEqual(self.anna.mode, "free")
        self.assertEqual(self.bruno.mode, "planned")
        self.assertEqual(
            self.bruno.date_end - self.bruno.date_start, timedelta(hours=1)
        )
        self.assertEqual(self.to_take.user_id, self.seller)

    def test_day_on_a_phone(self):
        self.browser_size, self.touch_enabled = "390x844", True
        self._tour("crm_playbook_field_seller_has_a_day")
        self.assertEqual(self.late.state, "done")
        self.assertEqual(self.anna.mode, "planned")
        self.assertEqual(self.to_take.user_id, self.seller)

    def _tour(self, name):
        self.start_tour("/odoo/my-day", name, login=self.seller.login, timeout=180)

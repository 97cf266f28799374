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

    def test_pages_know_with_which_day_the_week_begins(self):
        self.env.company.crm_week_start = "7"
        self.authenticate(self.seller.login, self.seller.login)
        info = self.make_jsonrpc_request("/web/session/get_session_info")
        company = info["user_companies"]["allowed_companies"][str(self.env.company.id)]
        self.assertEqual(company["crm_week_start"], 7)

    def test_leader_shares_the_work(self):
        self.to_take.cancel()
        self._tour("crm_playbook_leader_shares_the_work", self.leader)
        self.assertEqual(self.anna.user_id, self.other_seller)
        self.assertFalse(self.bruno.user_id)
        self.assertEqual(self.late.user_id, self.seller)

    def test_leader_shares_the_work_on_a_phone(self):
        self.to_take.cancel()
        self.browser_size, self.touch_enabled = "390x844", True
        name = "crm_playbook_leader_shares_the_work_on_a_phone"
        self._tour(name, self.leader, page="/odoo/team-panel")
        self.assertEqual(self.anna.user_id, self.other_seller)
        self.assertEqual(self.bruno.user_id, self.seller)

    def test_panel_is_in_the_menu_of_who_leads(self):
        panel = self.env.ref("crm_playbook.crm_agenda_menu_team").id
        menus = self.env["ir.ui.menu"]
        for user, sees in (
            (self.seller, False),
            (self.leader, True),
            (self.all_documents, True),
        ):
            with self.subTest(user=user.login):
                self.assertEqual(panel in menus.with_user(user).load_menus(False), sees)
        self.team.user_id = self.seller
        self.assertIn(panel, menus.with_user(self.seller).load_menus(False))
        self.assertNotIn(panel, menus.with_user(self.leader).load_menus(False))

    def _tour(self, name, user=None, page="/odoo/my-day"):
        login = (user or self.seller).login
        self.start_tour(page, name, login=login, timeout=180)

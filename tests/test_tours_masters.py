from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .common import PlaybookCase


class MastersTourCase(HttpCase, PlaybookCase):
    """Two entities that are one, and a salesperson with customers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._create_user(
            "clerk", "sales_team.group_sale_manager,base.group_partner_manager"
        )
        place = {"email": "anna@tour.example", "city": "Soria"}
        cls.anna = cls._create_partner("Tour Anna", **place)
        cls.same = cls._create_partner("Anna Tour", **place)
        cls.env.cr.execute(
            "UPDATE res_partner SET create_date = create_date - interval '1 day' "
            "WHERE id = %s",
            [cls.anna.id],
        )
        cls.env.invalidate_all()

    def _tour(self, place, name, login):
        self.start_tour(f"/odoo/{place}", name, login=login, timeout=180)
        self.env.invalidate_all()

    def _form_of_anna(self):
        return f"res.partner/{self.anna.id}"

    def _merge(self):
        lead = self._create_lead(self.same)
        self._tour(
            self._form_of_anna(),
            "crm_playbook_clerk_merges_a_duplicate",
            self.clerk.login,
        )
        self.assertFalse(self.same.exists())
        self.assertEqual(lead.partner_id, self.anna)


@tagged("post_install", "-at_install")
class TestToursMasters(MastersTourCase):
    """At a desk."""

    def test_clerk_merges_a_duplicate(self):
        self._merge()

    def test_clerk_tells_two_apart(self):
        self._tour(
            self._form_of_anna(), "crm_playbook_clerk_tells_two_apart", self.clerk.login
        )
        self.assertEqual(self.anna.told_apart_ids, self.same)

    def test_administrator_archives_a_salesperson(self):
        self.env["res.partner"].search(
            [("user_id", "=", self.seller.id)]
        ).user_id = self.other_seller
        (self.anna | self.same).user_id = self.seller
        lead = self._create_lead(self.anna)
        self._tour(
            "action-base.action_res_users",
            "crm_playbook_administrator_archives_a_salesperson",
            "admin",
        )
        self.assertFalse(self.seller.active)
        self.assertEqual((self.anna | self.same).user_id, self.other_seller)
        self.assertEqual(lead.user_id, self.other_seller)

    def test_manager_hands_over_one_entity(self):
        place = "action-crm_playbook.res_partner_action"
        name = "crm_playbook_manager_hands_over_one_entity"
        self._tour(place, name, self.manager.login)
        self.assertEqual(self.partner.user_id, self.other_seller)
        self.assertEqual(self.anna.user_id, self.seller)

    def test_manager_applies_a_feed(self):
        feed = self.env.ref("crm_playbook.feed_supplier")
        supplier = self._create_partner("Tour supplier")
        line = {"name": "Tour goods", "price_unit": 10, "tax_ids": []}
        bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": supplier.id,
                "invoice_date": "2026-03-02",
                "invoice_line_ids": [Command.create(line)],
            }
        )
        bill.action_post()
        supplier.entity_kind_id = False
        self._tour(
            f"crm.entity.feed/{feed.id}",
            "crm_playbook_manager_applies_a_feed",
            self.manager.login,
        )
        self.assertEqual(supplier.entity_kind_id, feed.kind_id)


@tagged("post_install", "-at_install")
class TestToursMastersOnPhone(MastersTourCase):
    """With a thumb."""

    browser_size = "390x844"
    touch_enabled = True

    def test_clerk_merges_a_duplicate_on_a_phone(self):
        self._merge()

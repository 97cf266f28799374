from odoo.tests import HttpCase, tagged

from .common import PlaybookCase


class OverviewTourCase(HttpCase, PlaybookCase):
    """A company with a contact, an order, an invoice, a quotation and a task."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_partner = cls._create_partner(
            "Tour Company",
            is_company=True,
            phone="612 34 56 78",
            city="Sevilla",
            country_id=cls.env.ref("base.es").id,
        )
        cls.anna = cls._create_partner("Tour Anna", parent_id=cls.company_partner.id)
        cls._create_rule(cls.interested, commercial_status_id=cls.status.id)
        cls.product = cls.env["product.product"].create(
            {
                "name": "Overview product",
                "invoice_policy": "order",
                "taxes_id": False,
            }
        )

    def setUp(self):
        super().setUp()
        self._sell(100).action_confirm()
        order = self._sell(250)
        order.action_confirm()
        order._create_invoices().action_post()
        self._sell(70)
        self.lead = self._start(self._create_lead(self.company_partner))

    def _sell(self, price):
        return self.env["sale.order"].create(
            {
                "partner_id": self.company_partner.id,
                "user_id": self.seller.id,
                "order_line": [
                    (0, 0, {"product_id": self.product.id, "price_unit": price})
                ],
            }
        )

    def _tour(self, path, name):
        self.start_tour(path, name, login=self.seller.login, timeout=180)
        self.env.invalidate_all()
        self.assertIn(self.interested, self.lead.action_ids.outcome_id)


@tagged("post_install", "-at_install")
class TestToursOverview(OverviewTourCase):
    """At a desk."""

    def test_entity_seen_whole(self):
        path = f"/odoo/res.partner/{self.company_partner.id}"
        self._tour(path, "crm_playbook_entity_seen_whole")


@tagged("post_install", "-at_install")
class TestToursOverviewOnPhone(OverviewTourCase):
    """With a thumb."""

    browser_size = "390x844"
    touch_enabled = True

    def test_entity_on_a_phone(self):
        path = f"/odoo/entity/{self.company_partner.id}"
        self._tour(path, "crm_playbook_entity_on_a_phone")

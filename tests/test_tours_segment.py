from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestToursSegment(HttpCase, PlaybookCase):
    """Kinds and segments are made in a browser, by the people who do it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env["product.product"].create(
            {"name": "Tour product", "taxes_id": False}
        )
        for name, price, days in (
            ("Tour Anna", 300, 5),
            ("Tour Bruno", 20, 5),
            ("Tour Celia", 300, 200),
        ):
            partner = cls._create_partner(name, city="Tourville")
            order = cls.env["sale.order"].create(
                {
                    "partner_id": partner.id,
                    "order_line": [
                        (0, 0, {"product_id": cls.product.id, "price_unit": price})
                    ],
                }
            )
            order.action_confirm()
            order.date_order = fields.Datetime.now() - timedelta(days=days)

    def _tour(self, name, user, url):
        self.start_tour(url, name, login=user.login, timeout=180)

    def test_a_kind_with_a_field_of_its_own_that_is_required(self):
        self._tour(
            "crm_playbook_manager_makes_a_kind", self.manager, "/odoo/entity-kinds"
        )
        kind = self.env["crm.entity.kind"].search([("name", "=", "Tour school")])
        (pupils,) = kind.entity_properties_definition
        self.assertEqual((pupils["string"], pupils["type"]), ("Pupils", "integer"))
        self.assertEqual(
            kind.requirement_ids.field_path, f"entity_properties.{pupils['name']}"
        )
        self._tour(
            "crm_playbook_seller_fills_in_a_kind", self.seller, "/odoo/entities/new"
        )
        school = self.env["res.partner"].search([("name", "=", "Tour North")])
        self.assertEqual(school.entity_kind_id, kind)
        self.assertEqual(school.entity_properties[pupils["name"]], 300)

    def test_a_segment_of_a_period_and_its_fixed_copy(self):
        self._tour(
            "crm_playbook_manager_makes_a_segment", self.manager, "/odoo/segments"
        )
        segment = self.env["crm.segment"].search([("name", "=", "Tour segment")])
        self.assertEqual(segment._partners().mapped("name"), ["Tour Anna"])
        copy = self.env["crm.segment"].search([("frozen_from_id", "=", segment.id)])
        self.assertEqual(copy._partners(), segment._partners())

from odoo.tests import HttpCase, tagged

from .common import PlaybookCase


class OpportunityTourCase(HttpCase, PlaybookCase):
    """An opportunity with a past: a call, an order, an invoice, another campaign."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna = cls._create_partner(
            "Tour Anna",
            phone="612 34 56 78",
            city="Sevilla",
            country_id=cls.env.ref("base.es").id,
        )
        cls._create_rule(cls.no_answer, task_type_id=cls.call.id)
        cls._create_rule(cls.interested, commercial_status_id=cls.status.id)
        cls.product = cls.env["product.product"].create(
            {
                "name": "Opportunity product",
                "invoice_policy": "order",
                "taxes_id": False,
            }
        )

    def setUp(self):
        super().setUp()
        campaign = self._create_campaign(self.anna, name="Another campaign")
        campaign.action_launch()
        campaign.lead_ids.user_id = self.seller
        self.lead = self._start(self._create_lead(self.anna))
        self.lead.contact_ids = self._create_partner("Who Decides")
        self._sell()
        self.lead._reopen(self.lead._open_lines("reopened"))
        self.lead.go_to_stage(self.first.id)
        self._do(self.lead, self.no_answer)

    def _sell(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.anna.id,
                "opportunity_id": self.lead.id,
                "user_id": self.seller.id,
                "order_line": [
                    (0, 0, {"product_id": self.product.id, "price_unit": 250})
                ],
            }
        )
        order.action_confirm()
        order._create_invoices().action_post()

    def _tour(self, name):
        self.start_tour(
            f"/odoo/crm.lead/{self.lead.id}",
            name,
            login=self.seller.login,
            timeout=180,
        )
        self.env.invalidate_all()
        self.assertIn(self.interested, self.lead.action_ids.outcome_id)


@tagged("post_install", "-at_install")
class TestToursOpportunity(OpportunityTourCase):
    """At a desk."""

    def test_opportunity_at_a_glance(self):
        self._tour("crm_playbook_opportunity_at_a_glance")


@tagged("post_install", "-at_install")
class TestToursOpportunityOnPhone(OpportunityTourCase):
    """With a thumb."""

    browser_size = "390x844"
    touch_enabled = True

    def test_opportunity_on_a_phone(self):
        self._tour("crm_playbook_opportunity_on_a_phone")

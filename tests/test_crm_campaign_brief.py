from base64 import b64encode

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmCampaignBrief(PlaybookCase):
    """Who works on a campaign reads what it is about; the manager writes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign = cls._create_campaign(
            cls.partner, offer="<p>A term deposit at 3 %</p>"
        ).with_user(cls.manager)

    def _upload(self, name="leaflet.pdf"):
        """A file, as the upload button of an unsaved form makes it."""
        return (
            self.env["ir.attachment"]
            .with_user(self.manager)
            .create(
                {
                    "name": name,
                    "datas": b64encode(name.encode()),
                    "res_model": "crm.campaign",
                    "res_id": 0,
                }
            )
        )

    def _attach(self, campaign=None):
        document = self._upload()
        (campaign or self.campaign).document_ids = [Command.link(document.id)]
        return document

    def test_uploaded_documents_are_attachments_of_the_campaign(self):
        document = self._attach()
        self.assertEqual(document.res_id, self.campaign.id)
        self.campaign.invalidate_recordset()
        self.assertEqual(self.campaign.document_ids, document)

    def test_campaigns_are_made_with_their_documents(self):
        document = self._upload()
        campaign = self._create_campaign(
            self.partner, document_ids=[Command.link(document.id)]
        )
        self.assertEqual(document.res_id, campaign.id)

    def test_documents_of_another_campaign_stay_there(self):
        document = self._attach()
        other = self._create_campaign(self.partner, name="Other")
        self.assertFalse(other.document_ids)
        self.assertEqual(self.campaign.document_ids, document)

    def test_removed_documents_are_gone(self):
        document = self._attach()
        kept = self._attach()
        self.campaign.document_ids = [Command.unlink(document.id)]
        self.assertFalse(document.exists())
        self.assertEqual(self.campaign.document_ids, kept)

    def test_campaign_from_a_template_has_brief_and_documents_of_its_own(self):
        template = self._create_campaign(
            self.partner,
            is_template=True,
            offer="<p>A term deposit</p>",
            audience="<p>Savers</p>",
            objectives="<p>Fifty of them</p>",
        ).with_user(self.manager)
        document = self._attach(template)
        campaign = template.browse(template.action_use_template()["res_id"])
        for name in ("offer", "audience", "objectives"):
            self.assertEqual(campaign[name], template[name])
        self.assertEqual(campaign.document_ids.name, document.name)
        self.assertNotEqual(campaign.document_ids, document)
        self.assertEqual(template.document_ids, document)

    def test_salespeople_read_the_brief_at_their_opportunity(self):
        document = self._attach()
        self.campaign.action_launch()
        lead = self.campaign.lead_ids.with_user(self.seller)
        self.assertTrue(lead.has_brief)
        self.assertIn("term deposit", lead.campaign_offer)
        self.assertEqual(lead.campaign_document_ids, document)
        self.assertEqual(document.with_user(self.seller).raw, b"leaflet.pdf")

    def test_opportunity_of_a_campaign_without_brief_shows_none(self):
        self.campaign.offer = False
        self.campaign.action_launch()
        self.assertFalse(self.campaign.lead_ids.with_user(self.seller).has_brief)

    def test_salespeople_do_not_write_the_brief(self):
        document = self._attach()
        self.campaign.action_launch()
        campaign = self.campaign.with_user(self.seller)
        with self.assertRaises(AccessError):
            campaign.offer = "<p>Free money</p>"
        with self.assertRaises(AccessError):
            campaign.document_ids = [Command.unlink(document.id)]
        lead = self.campaign.lead_ids.with_user(self.seller)
        lead.write({"campaign_offer": "<p>Free</p>", "campaign_document_ids": [(5,)]})
        self.campaign.invalidate_recordset()
        self.assertIn("term deposit", self.campaign.offer)
        self.assertEqual(self.campaign.document_ids, document)

    def test_documents_of_another_company_are_hidden(self):
        document = self._attach()
        self.campaign.company_id = self.env["res.company"].create({"name": "Another"})
        with self.assertRaises(AccessError):
            document.with_user(self.seller).read(["name"])

from io import BytesIO

from freezegun import freeze_time
from pypdf import PdfReader

from odoo.tests import tagged

from .common import PlaybookCase
from .money_set_up import Money


@tagged("post_install", "-at_install")
class TestReportCampaignResults(Money, PlaybookCase):
    """A campaign's results as a PDF, made by the program that makes Odoo's own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.playbook.rule"].search([]).active = False
        cls.entities = cls.env["res.partner"].union(
            *(cls._create_partner(f"Entity {number}") for number in range(4))
        )
        cls.campaign = cls._create_campaign(
            cls.entities,
            name="Spring: “Fünf” für España",
            date_start="2026-01-10",
            fixed_cost=40.0,
            budget=30.0,
            offer="<p>Three months for the price of two</p>",
            expected_opportunity_count=8,
        )
        with freeze_time("2026-01-15 12:00:00"):
            cls.campaign.action_launch()
        cls.lead = cls.campaign.lead_ids[0]

    def _text(self, campaign, user=None):
        """What stands on the pages."""
        self.env.flush_all()
        report = self.env["ir.actions.report"].with_user(user or self.manager)
        content, kind = report.with_context(
            force_report_rendering=True
        )._render_qweb_pdf("crm_playbook.report_campaign_results", campaign.ids)
        self.assertEqual((kind, content[:4]), ("pdf", b"%PDF"))
        pages = PdfReader(BytesIO(content)).pages
        return " ".join(" ".join(page.extract_text().split()) for page in pages)

    def test_figures_stand_on_paper(self):
        with freeze_time("2026-02-03 12:00:00"):
            self._do(self.lead, self.interested)
            self._confirm_order(self.lead, 1234.5)
            self.lead.action_set_won()
        text = self._text(self.campaign)
        for expected in (
            "Spring: “Fünf” für España",
            "Three months for the price of two",
            "1,234.50",
            "42.50",
            "25.0 %",
            "2,804.7 %",
            "Feb 2026",
            "First",
            self.seller.name,
            "Membership",
        ):
            self.assertIn(expected, text)

    def test_goals_and_budget_are_compared(self):
        text = self._text(self.campaign)
        self.assertIn("Against budget and goals", text)
        self.assertIn("50.0 %", text)
        self.assertIn("133.3 %", text)

    def test_campaign_without_results_has_its_page(self):
        draft = self._create_campaign(self.entities, name="Nothing yet")
        self.assertIn("Nothing yet", self._text(draft))

    def test_seller_prints_no_money(self):
        text = self._text(self.campaign, self.seller)
        self.assertIn("Opportunities", text)
        for hidden in ("Revenue", "ROI", "40.00", "Against budget"):
            self.assertNotIn(hidden, text)

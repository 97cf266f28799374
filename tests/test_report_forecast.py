from io import BytesIO

from dateutil.relativedelta import relativedelta
from pypdf import PdfReader

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .clock import turn_clock
from .common import TeamCase


@tagged("post_install", "-at_install")
class TestReportForecast(TeamCase):
    """The forecast as a PDF, made by the program that makes Odoo's own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.env.company._points_today()
        cls.first = cls.today.replace(day=1)
        cls.last = cls.today + relativedelta(day=31)
        turn_clock(cls.env, cls.env.company._points_midnight(cls.first))
        cls.renewal, cls.expansion, cls.late = (
            cls._create_lead(name=name, expected_revenue=amount, date_deadline=cls.last)
            for name, amount in (
                ("Renewal “Fünf”", 1234.0),
                ("Expansion", 567.0),
                ("Slippery", 890.0),
            )
        )
        cls.env.flush_all()
        cls.env.cr.execute("SELECT set_config('crm_playbook.moment', '', true)")
        cls.renewal.forecast_category = "commit"
        cls.late.date_deadline = cls.last + relativedelta(months=2)
        span = str(cls.first), str(cls.last)
        cls.env["crm.forecast.quota"].set_quota(
            cls.team.id, cls.seller.id, *span, 4321.0
        )
        cls.env["crm.forecast.adjustment"].with_user(cls.leader).adjust(
            cls.first, 111.0, "Agreed by telephone", cls.team.id, cls.seller.id
        )
        cls.env.flush_all()

    def _text(self, user, **asked):
        """What stands on the pages."""
        report = self.env["ir.actions.report"].with_user(user)
        content, kind = report.with_context(
            force_report_rendering=True
        )._render_qweb_pdf("crm_playbook.report_forecast", [], data=asked)
        self.assertEqual((kind, content[:4]), ("pdf", b"%PDF"))
        pages = PdfReader(BytesIO(content)).pages
        return " ".join(" ".join(page.extract_text().split()) for page in pages)

    def test_the_meeting_has_all_on_paper(self):
        text = self._text(self.leader)
        for expected in (
            "4,321",
            "Commit",
            "1,345",
            "Test team",
            "playbook_seller",
            "What moved since",
            "Opening",
            "Renewal “Fünf”",
            "Largest slipped opportunities",
            "Slippery",
            "Agreed by telephone",
            "8 of 10 such periods",
        ):
            self.assertIn(expected, text)

    def test_a_person_sees_their_own(self):
        self.expansion.user_id = self.other_seller
        self.env.flush_all()
        text = self._text(self.other_seller)
        self.assertIn("Expansion", text)
        for foreign in ("Renewal", "Slippery", "4,321", "Agreed by telephone"):
            self.assertNotIn(foreign, text)

    def test_one_person_on_a_past_day(self):
        yesterday = self.today - relativedelta(days=1)
        text = self._text(
            self.leader,
            user_id=self.seller.id,
            team_id=False,
            as_of=str(yesterday),
            at=str(self.first),
            first=str(self.first),
            last=str(self.last),
            start=str(yesterday - relativedelta(days=7)),
        )
        self.assertIn(self.seller.name, text)
        self.assertNotIn("8 of 10", text)
        self.assertNotIn("Agreed by telephone", text)

    def test_not_for_who_does_not_sell(self):
        employee = self._create_user("employee", "base.group_user")
        with self.assertRaises(AccessError):
            self._text(employee)

from freezegun import freeze_time

from odoo.tests import tagged

from .common import TeamCase


@tagged("post_install", "-at_install")
class TestCrmSaleEffort(TeamCase):
    """What a sale took, with a campaign or without."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leads = cls.env["crm.lead"]
        for days, visits in ((3, 2), (5, 1)):
            lead = cls._create_lead()
            cls.env.flush_all()
            cls.env.cr.execute(
                "UPDATE crm_lead SET create_date = '2026-03-02 09:00' WHERE id = %s",
                [lead.id],
            )
            lead.invalidate_recordset()
            for _visit in range(visits):
                cls._register(lead, cls.visit)
            cls._register(lead, cls.call)
            with freeze_time(f"2026-03-{2 + days:02} 09:00:00"):
                lead.action_set_won()
                cls.env.flush_all()
            cls.leads |= lead
        cls.leads[1].user_id = cls.other_seller
        cls._create_lead()

    @classmethod
    def _register(cls, lead, action_type):
        cls.env["crm.action"].register(
            {
                "partner_id": lead.partner_id.id,
                "lead_id": lead.id,
                "action_type_id": action_type.id,
                "outcome_id": cls.interested.id,
            }
        )

    def _efforts(self, user):
        efforts = self.env["crm.sale.effort"].with_user(user)
        own = [("lead_id", "in", self.leads.ids)]
        rows = efforts._read_group(
            own,
            ["user_id"],
            ["sale_count:sum", "days:avg", "appointment_count:avg", "action_count:avg"],
        )
        return sorted(rows, key=lambda row: row[0].id)

    def test_averages_are_by_person(self):
        self.assertEqual(
            self._efforts(self.manager),
            [(self.seller, 1, 3.0, 2.0, 3.0), (self.other_seller, 1, 5.0, 1.0, 2.0)],
        )

    def test_team_has_the_average_of_its_sales(self):
        efforts = self.env["crm.sale.effort"].with_user(self.leader)
        [row] = efforts._read_group(
            [("lead_id", "in", self.leads.ids)],
            ["team_id"],
            ["sale_count:sum", "days:avg", "appointment_count:avg"],
        )
        self.assertEqual(row, (self.team, 2, 4.0, 1.5))

    def test_salespeople_see_their_own(self):
        self.assertEqual([row[0] for row in self._efforts(self.seller)], [self.seller])

    def test_other_companies_see_nothing(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        manager = self._create_user(
            "elsewhere",
            "sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        self.assertEqual(self._efforts(manager), [])

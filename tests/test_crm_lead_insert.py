from odoo.tests import tagged
from odoo.tools import SQL

from .common import PlaybookCase

# What says when and in which order a record was made, not what it is.
OF_THE_MOMENT = {
    "id",
    "create_date",
    "write_date",
    "date_open",
    "date_last_stage_update",
}


@tagged("post_install", "-at_install")
class TestCrmLeadInsert(PlaybookCase):
    """Opportunities made in sets are as complete as those made one by one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        spain = cls.env.ref("base.es").id
        company = cls._create_partner(
            "Gimnasio Norte", is_company=True, phone="+34 944 123 456", country_id=spain
        )
        cls.entities = (
            company
            | cls._create_partner(
                "Luz Vega",
                parent_id=company.id,
                function="Coach",
                phone="612 345 678",
                country_id=spain,
                website="https://luz.test.example",
            )
            | cls._create_partner("No Mail", email=False)
            | cls._create_partner("Bad Mail", email="not an address", phone="12")
            | cls._create_partner("Two Mails", email="a@test.example, b@test.example")
            | cls._create_partner(
                "Living Far", street="Calle 1", city="Bilbao", zip="48001", lang="en_US"
            )
        )

    def test_every_column_is_as_created_one_by_one(self):
        inserted, created = self._insert(), self._create_one_by_one()
        self.env.flush_all()
        for one, other in zip(
            self._columns(inserted), self._columns(created), strict=True
        ):
            with self.subTest(entity=one["contact_name"] or one["partner_name"]):
                self.assertEqual(one, other)

    def test_probability_is_odoos_own(self):
        self.env["ir.config_parameter"].set_param("crm.pls_start_date", "2000-01-01")
        for number in range(6):
            lead = self._create_lead(phone=f"+34 61200000{number}")
            lead.action_set_won() if number % 3 else lead.action_set_lost()
        inserted, created = self._insert(), self._create_one_by_one()
        self.assertTrue(any(inserted.mapped("probability")))
        self.assertEqual(inserted.mapped("probability"), created.mapped("probability"))

    def _insert(self):
        return self.env["crm.lead"]._insert_opportunities(
            {
                "partner_id": self.entities.ids,
                "user_id": [self.seller.id] * len(self.entities),
            },
            self._common_values() | {"name": SQL("'Test · ' || partner.name")},
        )

    def _create_one_by_one(self):
        leads = self.env["crm.lead"]
        return leads.concat(
            *(
                leads.create(
                    self._common_values()
                    | {
                        "name": f"Test · {entity.name}",
                        "partner_id": entity.id,
                        "user_id": self.seller.id,
                    }
                )
                for entity in self.entities
            )
        )

    def _common_values(self):
        return {
            "type": "opportunity",
            "team_id": self.team.id,
            "company_id": self.env.company.id,
        }

    def _columns(self, leads):
        self.env.cr.execute(
            "SELECT * FROM crm_lead WHERE id = ANY(%s) ORDER BY id", [leads.ids]
        )
        return [
            {
                name: value or None
                for name, value in row.items()
                if name not in OF_THE_MOMENT
            }
            for row in self.env.cr.dictfetchall()
        ]

import csv
from io import BytesIO, StringIO

from openpyxl import Workbook

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import file_open

from .common import PlaybookCase

HEADINGS = {
    "Name": "name",
    "Email": "email",
    "Phone": "phone",
    "Tax ID": "vat",
    "Country": "country_id",
    "Kind": "entity_kind_id",
    "Commercial Status": "commercial_status_id",
    "Salesperson": "user_id",
    "Related Company": "parent_id",
    "Is a Company": "is_company",
}
OPTIONS = {"has_headers": True, "quoting": '"', "separator": ",", "encoding": "utf-8"}


@tagged("post_install", "-at_install")
class TestResPartnerImport(PlaybookCase):
    """The sales administrator imports lists of entities, as the screen does it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.country_id = cls.env.ref("base.es")
        cls.kind = cls.env["crm.entity.kind"].create({"name": "Test kind"})

    def _import(self, *lines, dryrun=False, **options):
        """Import lines from a CSV file; each says only some columns."""
        text = StringIO()
        writer = csv.DictWriter(text, HEADINGS)
        writer.writeheader()
        writer.writerows(lines)
        return self._execute(
            text.getvalue().encode(), "text/csv", dryrun, OPTIONS | options
        )

    def _execute(self, content, kind, dryrun, options):
        importer = self._importer(content, kind)
        return importer.execute_import(
            list(HEADINGS.values()), list(HEADINGS), options, dryrun=dryrun
        )

    def _importer(self, content, kind):
        importers = self.env["base_import.import"].with_user(self.manager)
        importer = importers.create(
            {"res_model": "res.partner", "file_name": "list", "file_type": kind}
        )
        importer.file = content
        return importer

    def _told(self, result):
        """What is told of each line: (its row as Odoo counts them, column, message)."""
        return [
            (message["rows"]["from"] + 1, message["field"], message["message"])
            for message in result["messages"]
        ]

    def _imported(self, name):
        return self.env["res.partner"].search([("name", "=", name)])

    # === LISTS THAT ARE RIGHT === #

    def test_entities_with_kind_status_and_salesperson(self):
        result = self._import(
            {
                "Name": "Grace Hopper",
                "Email": "Grace@Example.COM",
                "Phone": "612345678",
                "Kind": "Test kind",
                "Commercial Status": "Test planned",
                "Salesperson": self.seller.name,
            }
        )
        self.assertFalse(result["messages"])
        grace = self._imported("Grace Hopper")
        self.assertEqual(grace.ids, result["ids"])
        self.assertEqual(grace.email, "grace@example.com")
        self.assertEqual(grace.phone, "+34 612 34 56 78")
        self.assertEqual(
            [grace.entity_kind_id, grace.user_id], [self.kind, self.seller]
        )
        line = self.env["crm.transition"].search([("partner_id", "=", grace.id)])
        self.assertEqual(line.status_after_id, self.status)

    def test_spreadsheet_is_read_as_well(self):
        book, content = Workbook(), BytesIO()
        book.active.append(list(HEADINGS))
        book.active.append(["Grace Hopper", "grace@example.com"])
        book.save(content)
        result = self._execute(
            content.getvalue(),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            False,
            {"has_headers": True, "sheet": "Sheet", "sheets": ["Sheet"]},
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self._imported("Grace Hopper").email, "grace@example.com")

    def test_number_is_read_by_the_country_of_the_line(self):
        self._import({"Name": "Jo", "Phone": "0711 2345678", "Country": "Germany"})
        self.assertEqual(self._imported("Jo").phone, "+49 711 2345678")

    def test_template_is_understood_and_right(self):
        template = self.env["res.partner"].get_import_templates()[0]["template"]
        with file_open(template.lstrip("/"), "rb") as file:
            importer = self._importer(
                file.read(),
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            )
        preview = importer.parse_preview({"has_headers": True, "advanced": True})
        matched = [
            "/".join(preview["matches"].get(index, [])) or False
            for index in range(len(preview["headers"]))
        ]
        self.assertNotIn(False, matched, preview["headers"])
        result = importer.execute_import(
            matched, preview["headers"], preview["options"], dryrun=True
        )
        self.assertFalse(result["messages"])

    def test_line_may_name_an_earlier_line_as_its_company(self):
        for there in ("tell", "update", "create"):
            company, person = f"Analytical {there}", f"Grace {there}"
            result = self._import(
                {
                    "Name": company,
                    "Email": f"office@{there}.example",
                    "Is a Company": "1",
                },
                {
                    "Name": person,
                    "Email": f"office@{there}.example",
                    "Related Company": company,
                },
                {"Name": "Jo", "Email": f"jo@{there}.example"},
                entities_there=there,
            )
            self.assertFalse(result["messages"])
            self.assertEqual(self._imported(person).parent_id, self._imported(company))

    def test_people_of_one_company_may_share_its_mailbox(self):
        self._create_partner("Acme", is_company=True, email="info@acme.example")
        shared = {"Email": "info@acme.example", "Related Company": "Acme"}
        result = self._import({"Name": "One"} | shared, {"Name": "Two"} | shared)
        self.assertFalse(result["messages"])

    # === LINES THAT ARE WRONG === #

    def test_what_is_wrong_is_told_by_line_and_nothing_is_imported(self):
        result = self._import(
            {"Name": "Good", "Email": "good@example.com"},
            {"Name": "One", "Email": "one at example"},
            {"Name": "Two", "Phone": "12"},
            {"Name": "Three", "Tax ID": "ESB58378432"},
            {"Name": "Four", "Commercial Status": "Nonsense"},
            {"Name": "Five", "Kind": "Nonsense"},
            {"Name": "Six", "Salesperson": "Nobody"},
        )
        told = self._told(result)
        self.assertEqual(
            [(row, column) for row, column, _message in told],
            [
                *((2, "email"), (3, "phone"), (4, "vat")),
                *((5, "commercial_status_id"), (6, "entity_kind_id"), (7, "user_id")),
            ],
        )
        messages = [message for _row, _column, message in told]
        self.assertIn("“one at example” is no e-mail address. Write one", messages[0])
        self.assertIn("“12” is no phone number in Spain. Write it with", messages[1])
        self.assertIn("“ESB58378432” is no tax number", messages[2])
        self.assertIn("Nonsense", messages[3])
        self.assertFalse(self._imported("Good"))

    def test_rehearsal_changes_nothing(self):
        result = self._import({"Name": "Grace Hopper"}, dryrun=True)
        self.assertFalse(result["messages"])
        self.assertFalse(self._imported("Grace Hopper"))

    def test_required_field_of_the_kind_is_told_by_line(self):
        self.kind.requirement_ids = [Command.create({"field_path": "phone"})]
        result = self._import({"Name": "Good"}, {"Name": "Bad", "Kind": "Test kind"})
        [message] = result["messages"]
        self.assertEqual(message["rows"]["from"], 1)
        self.assertIn("Please fill in: Phone", message["message"])

    def test_same_fault_is_told_of_each_line_that_has_it(self):
        self.kind.requirement_ids = [Command.create({"field_path": "phone"})]
        bad = {"Kind": "Test kind"}
        result = self._import(
            {"Name": "One"} | bad, {"Name": "Good"}, {"Name": "One"} | bad
        )
        rows = [message["rows"]["from"] for message in result["messages"]]
        self.assertEqual(rows, [0, 2])

    # === WHO IS THERE ALREADY === #

    def test_who_is_there_is_told_before_anything_is_written(self):
        ada = {"Name": "Ada B.", "Email": "ADA.Bianchi@test.example"}
        for dryrun in (True, False):
            result = self._import({"Name": "Good"}, ada, dryrun=dryrun)
            [(row, column, message)] = self._told(result)
            self.assertEqual([row, column], [2, "email"])
            self.assertIn("Ada Bianchi (same e-mail", message)
            self.assertIn("choose under “Who is there already”", message)
        self.assertFalse(self._imported("Good"))
        self.assertEqual(self.partner.name, "Ada Bianchi")

    def test_who_is_there_is_updated_if_one_says_so(self):
        self.partner.function = "Buyer"
        result = self._import(
            {"Name": "Ada B.", "Email": "ada.bianchi@test.example", "Salesperson": ""},
            {"Name": "Grace Hopper"},
            entities_there="update",
        )
        self.assertFalse(result["messages"])
        self.assertEqual(result["ids"][0], self.partner.id)
        self.assertEqual(
            [self.partner.name, self.partner.function], ["Ada B.", "Buyer"]
        )
        self.assertEqual(
            self.partner.user_id, self.seller, "an empty cell says nothing"
        )
        self.assertTrue(self._imported("Grace Hopper"))

    def test_company_is_not_updated_by_somebody_with_its_mailbox(self):
        acme = self._create_partner("Acme", is_company=True, email="info@acme.example")
        bob = {"Name": "Bob Smith", "Email": "info@acme.example"}
        result = self._import(bob, entities_there="update")
        [(row, column, message)] = self._told(result)
        self.assertEqual([row, column], [1, "email"])
        self.assertIn("One of both is a company", message)
        self.assertEqual(acme.name, "Acme")
        acme_again = bob | {"Name": "ACME, Inc.", "Phone": "612345678"}
        self._import(acme_again, entities_there="update")
        self.assertEqual(acme.phone, "+34 612 34 56 78")

    def test_rehearsal_of_an_update_changes_nothing(self):
        self._import(
            {"Name": "Ada B.", "Email": "ada.bianchi@test.example"},
            entities_there="update",
            dryrun=True,
        )
        self.env.invalidate_all()
        self.assertEqual(self.partner.name, "Ada Bianchi")

    def test_who_is_there_is_made_once_more_if_one_says_so(self):
        result = self._import(
            {"Name": "Ada Bianchi", "Email": "ada.bianchi@test.example"},
            entities_there="create",
        )
        self.assertFalse(result["messages"])
        self.assertEqual(len(self._imported("Ada Bianchi")), 2)

    def test_same_entity_twice_in_the_file_is_told(self):
        result = self._import(
            {"Name": "Grace", "Email": "grace@example.com"},
            {"Name": "Grace H.", "Email": "Grace@example.com"},
        )
        [(row, column, message)] = self._told(result)
        self.assertEqual([row, column], [2, "email"])
        self.assertIn("stands in row 1 already", message)

    def test_entity_of_another_company_is_not_there(self):
        other = self.env["res.company"].create({"name": "Another company"})
        self._create_partner("Foreigner", company_id=other.id, user_id=False)
        result = self._import({"Name": "Mine", "Email": "foreigner@test.example"})
        self.assertFalse(result["messages"])

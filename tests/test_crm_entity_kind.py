from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.engine import as_feed
from .common import PlaybookCase

SIZE, LEVEL, GROUP = "aa11", "bb22", "cc33"


@tagged("post_install", "-at_install")
class TestCrmEntityKind(PlaybookCase):
    """Kinds give entities fields of their own, and say what must be known of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.school = (
            cls.env["crm.entity.kind"]
            .with_user(cls.manager)
            .create(
                {
                    "name": "Test school",
                    "entity_properties_definition": [
                        {"name": GROUP, "string": "Pupils", "type": "separator"},
                        {"name": SIZE, "string": "Size", "type": "integer"},
                        {
                            "name": LEVEL,
                            "string": "Level",
                            "type": "selection",
                            "selection": [["low", "Primary"], ["high", "Secondary"]],
                        },
                    ],
                }
            )
        )
        cls.pupils = cls._create_school("North", {SIZE: 300, LEVEL: "high"})
        cls.other = cls._create_school("South", {SIZE: 80, LEVEL: "low"})
        cls.partners = cls.env["res.partner"].with_user(cls.seller)

    @classmethod
    def _create_school(cls, name, properties=None, **values):
        return cls._create_partner(
            name,
            entity_kind_id=cls.school.id,
            entity_properties=properties or {},
            **values,
        ).with_user(cls.seller)

    def _require(self, *paths):
        self.school.write(
            {"requirement_ids": [Command.create({"field_path": p}) for p in paths]}
        )

    # === FREE FIELDS === #

    def test_free_fields_are_searched_and_grouped_by(self):
        big = self.partners.search([(f"entity_properties.{SIZE}", ">", 100)])
        self.assertEqual(big, self.pupils)
        groups = self.partners.formatted_read_group(
            [("entity_kind_id", "=", self.school.id)],
            [f"entity_properties.{LEVEL}"],
            ["__count"],
        )
        counts = {
            group[f"entity_properties.{LEVEL}"]: group["__count"] for group in groups
        }
        self.assertEqual(counts, {"low": 1, "high": 1})

    def test_free_fields_are_conditions_of_segments(self):
        segment = self.env["crm.segment"].create(
            {"name": "Big", "domain": f"[('entity_properties.{SIZE}', '>', 100)]"}
        )
        self.assertEqual(segment.partner_count, 1)
        self.assertEqual(segment._partners(), self.pupils)

    def test_free_fields_are_written_in_templates(self):
        template = self.env["mail.template"].create(
            {
                "name": "Pupils",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "body_html": "<p>For "
                "<t t-out=\"object.entity_properties.get('aa11')\"/> pupils</p>",
            }
        )
        body = template.with_user(self.manager)._render_field(
            "body_html", self.pupils.ids
        )
        self.assertIn("For 300 pupils", body[self.pupils.id])

    def test_free_fields_are_exported_and_imported(self):
        self.manager.group_ids += self.env.ref("base.group_allow_export")
        manager = self.env["res.partner"].with_user(self.manager)
        name = f"entity_properties.{SIZE}"
        exported = manager.browse(self.pupils.id).export_data(["name", name])
        self.assertEqual(exported["datas"], [["North", 300]])
        content = f"Name,Kind,Size\nEast,{self.school.name},120\n"
        importer = self.env["base_import.import"].with_user(self.manager)
        upload = importer.create(
            {
                "res_model": "res.partner",
                "file": content.encode(),
                "file_name": "schools.csv",
                "file_type": "text/csv",
            }
        )
        result = upload.execute_import(
            ["name", "entity_kind_id", name],
            ["Name", "Kind", "Size"],
            {"quoting": '"', "separator": ",", "has_headers": True},
        )
        self.assertFalse(result["messages"])
        east = manager.browse(result["ids"])
        self.assertEqual(east.entity_properties[SIZE], 120)

    def test_a_manager_edits_the_fields_on_the_specimen_of_the_kind(self):
        kind = self.school.with_user(self.manager)
        fields = kind.read(["specimen_properties"])[0]["specimen_properties"]
        self.assertEqual([field["string"] for field in fields][1:], ["Size", "Level"])
        added = {"name": "dd44", "string": "Bus", "type": "boolean"}
        kind.write(
            {"specimen_properties": [*fields, {**added, "definition_changed": True}]}
        )
        shown = self.pupils.read(["entity_properties"])[0]["entity_properties"]
        self.assertEqual(shown[-1]["string"], "Bus")

    def test_contacts_have_kinds_and_fields_of_their_own(self):
        kind = self.env["crm.entity.kind"].create(
            {
                "name": "Test head",
                "scope": "contact",
                "entity_properties_definition": [
                    {"name": "ee55", "string": "Decides", "type": "boolean"}
                ],
            }
        )
        head = self._create_partner(
            "Head",
            parent_id=self.pupils.id,
            entity_kind_id=kind.id,
            entity_properties={"ee55": True},
        )
        found = self.partners.search([("entity_properties.ee55", "=", True)])
        self.assertEqual(found, head)

    # === REQUIRED FIELDS === #

    def test_giving_the_kind_tells_what_is_missing(self):
        self._require("vat", f"entity_properties.{SIZE}")
        form = Form(self.partners)
        form.name = "West"
        form.entity_kind_id = self.school
        with self.assertRaisesRegex(ValidationError, "Please fill in: Tax ID, Size"):
            form.save()

    def test_emptying_a_required_field_is_refused(self):
        self._require("email")
        with self.assertRaisesRegex(ValidationError, "Please fill in: Email"):
            self.pupils.email = False

    def test_emptying_a_required_free_field_is_refused(self):
        self._require(f"entity_properties.{SIZE}")
        with self.assertRaisesRegex(ValidationError, "Please fill in: Size"):
            self.pupils.entity_properties = {SIZE: False}

    def test_whoever_was_there_before_is_incomplete_and_can_be_worked_on(self):
        self._require("vat", "email")
        self.pupils.city = "Vigo"
        self.assertTrue(self.pupils.is_incomplete)
        self.assertEqual(self.pupils.missing_fields, "Tax ID")
        incomplete = self.partners.search([("is_incomplete", "=", True)])
        self.assertEqual(incomplete, self.pupils | self.other)
        self.pupils.vat = "ES12345678Z"
        self.assertFalse(self.pupils.is_incomplete)
        incomplete = self.partners.search([("is_incomplete", "=", True)])
        self.assertEqual(incomplete, self.other)
        complete = self.partners.search(
            [("is_incomplete", "=", False), ("entity_kind_id", "=", self.school.id)]
        )
        self.assertEqual(complete, self.pupils)

    def test_writing_again_what_was_empty_is_no_emptying(self):
        """As a portal does, or a program that writes whole records."""
        self._require("vat")
        self.pupils.write(
            {"vat": False, "city": "Lugo", "entity_kind_id": self.school.id}
        )
        self.assertEqual(self.pupils.city, "Lugo")
        self.assertTrue(self.pupils.copy().is_incomplete)

    def test_a_zero_is_an_answer(self):
        self._require(f"entity_properties.{SIZE}")
        self.pupils.entity_properties = {SIZE: 0}
        self.assertFalse(self.pupils.is_incomplete)
        incomplete = [("is_incomplete", "=", True)]
        self.assertFalse(self.partners.search(incomplete))

    def test_an_empty_text_is_none(self):
        self.school.entity_properties_definition = [
            {"name": "gg77", "string": "Head", "type": "char"}
        ]
        (self.pupils | self.other).entity_properties = {"gg77": ""}
        self._require("entity_properties.gg77")
        self.assertTrue(self.pupils.is_incomplete)
        incomplete = self.partners.search([("is_incomplete", "=", True)])
        self.assertEqual(incomplete, self.pupils | self.other)

    def test_what_one_may_not_read_may_be_required(self):
        self._require("credit_limit")
        self.assertTrue(self.pupils.is_incomplete)
        self.assertIn(self.pupils, self.partners.search([("is_incomplete", "=", True)]))

    def test_the_form_tells_what_is_still_missing(self):
        self._require("vat")
        spec = {"missing_fields": {}, "is_incomplete": {}, "vat": {}}
        told = self.pupils.onchange({"vat": "ES12345678Z"}, ["vat"], spec)["value"]
        self.assertEqual((told["missing_fields"], told["is_incomplete"]), ("", False))

    def test_a_kind_is_copied_as_often_as_one_likes(self):
        copies = [self.school.copy() for _each in range(2)]
        self.assertEqual(
            [copy.name for copy in copies],
            ["Test school (copy)", "Test school (copy) (copy)"],
        )

    def test_what_comes_in_from_elsewhere_is_kept_incomplete(self):
        self._require("vat")
        fed = as_feed(self.partners).create(
            {"name": "Fed", "entity_kind_id": self.school.id}
        )
        self.assertTrue(fed.is_incomplete)

    def test_no_caller_can_pass_for_a_feed(self):
        self._require("vat")
        forged = self.partners.with_context(crm_playbook_feed=True)
        with self.assertRaises(ValidationError):
            forged.create({"name": "Forged", "entity_kind_id": self.school.id})

    def test_an_import_tells_the_line_that_lacks_something(self):
        self._require("vat")
        result = self.partners.with_user(self.manager).load(
            ["name", "entity_kind_id", "vat"],
            [["East", self.school.name, "ES12345678Z"], ["West", self.school.name, ""]],
        )
        self.assertFalse(result["ids"])
        told = {m["rows"]["from"]: m["message"] for m in result["messages"]}
        self.assertIn("West is of the kind Test school", told[1])

    def test_an_import_gives_kind_and_required_free_field_at_once(self):
        self._require(f"entity_properties.{SIZE}")
        north = self._create_partner("Nobody's kind")
        manager = self.env["res.partner"].with_user(self.manager)
        result = manager.load(
            [".id", "entity_kind_id", f"entity_properties.{SIZE}"],
            [[str(north.id), self.school.name, "50"]],
        )
        self.assertEqual(result["messages"], [])
        self.assertEqual(north.entity_properties[SIZE], 50)

    def test_a_kind_requires_only_fields_that_it_has(self):
        for path in (
            "nothing",
            "is_company",
            f"entity_properties.{GROUP}",
            "entity_properties.zz",
        ):
            with (
                self.subTest(path),
                self.assertRaisesRegex(ValidationError, "cannot require"),
            ):
                self._require(path)

    @mute_logger("odoo.sql_db")
    def test_a_field_is_required_once(self):
        with self.assertRaises(IntegrityError):
            self._require("vat", "vat")

    def test_a_deleted_free_field_is_required_no_more(self):
        self._require(f"entity_properties.{SIZE}")
        self.school.entity_properties_definition = []
        self.assertFalse(self.partners.search([("is_incomplete", "=", True)]))
        self.assertFalse(self.pupils.is_incomplete)

    # === ACCESS === #

    def test_salespeople_use_kinds_and_managers_shape_them(self):
        self.assertEqual(self.school.with_user(self.seller).name, "Test school")
        with self.assertRaises(AccessError):
            self.school.with_user(self.seller).name = "Mine"
        with self.assertRaises(AccessError):
            self.env["crm.entity.kind.requirement"].with_user(self.seller).create(
                {"kind_id": self.school.id, "field_path": "vat"}
            )
        with self.assertRaises(AccessError):
            self.pupils.write(
                {
                    "entity_properties": [
                        {
                            "name": "ff66",
                            "string": "Mine",
                            "type": "char",
                            "definition_changed": True,
                        }
                    ]
                }
            )

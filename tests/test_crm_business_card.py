from base64 import b64encode
from io import BytesIO
from unittest.mock import patch

from PIL import Image, ImageDraw, ImageFont

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.crm_playbook.wizard import card_photo

from .common import PlaybookCase
from .test_card_text import ENGLISH, NEW, OLD_PHONE, USUAL

WITH_WEBSITE = USUAL.replace("TITLE:", "URL:http://rossi.example\nTITLE:")


def picture_of(text):
    """A card as a phone photographs it, bytes of a PNG."""
    picture = Image.new("RGB", (1200, 700), "#f4f1ea")
    font = ImageFont.load_default(size=44)
    ImageDraw.Draw(picture).multiline_text(
        (60, 60), text, fill="#222222", font=font, spacing=28
    )
    content = BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


@tagged("post_install", "-at_install")
class TestCrmBusinessCard(PlaybookCase):
    """A salesperson reads business cards, and looks at them before they are kept."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.spain = cls.env.ref("base.es")
        cls.env.company.country_id = cls.spain
        cls.cards = cls.env["crm.business.card"].with_user(cls.seller)

    def _read(self, text, name="cards.vcf"):
        """The card on the screen after a file was chosen."""
        content = b64encode(text.encode() if isinstance(text, str) else text).decode()
        return self._shown(self.cards.read_file(name, content))

    def _shown(self, action):
        self.assertEqual(action["res_model"], "crm.business.card")
        return self.cards.browse(action["res_id"])

    def _saved(self, card):
        """The entity that is shown after the card is saved."""
        action = card.action_save()
        self.assertEqual(action["res_model"], "res.partner")
        return self.env["res.partner"].browse(action["res_id"])

    # === READING === #

    def test_nothing_is_made_before_it_is_confirmed(self):
        before = self.env["res.partner"].search_count([])
        card = self._read(OLD_PHONE)
        self.assertEqual(card.name, "María García")
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_number_and_address_are_brought_into_normal_form(self):
        card = self._read(
            OLD_PHONE.replace("maria@clinicasol.example", "Maria@CLINICASOL.example")
        )
        self.assertEqual(card.phone, "+34 612 34 56 78")
        self.assertEqual(card.email, "maria@clinicasol.example")
        self.assertEqual(card.country_id, self.spain)
        self.assertEqual(card.state_id, self.env.ref("base.state_es_m"))

    def test_number_is_read_by_the_country_of_the_card(self):
        german = NEW.replace("United States", "Deutschland").replace(
            "tel:+1-202-555-0144", "0711 2345678"
        )
        self.assertEqual(self._read(german).phone, "+49 711 2345678")

    def test_files_of_old_programs_are_read(self):
        card = USUAL.replace("Ada Bianchi", "Adà Bianchì")
        self.assertEqual(self._read(card.encode("cp1252")).name, "Adà Bianchì")
        self.assertEqual(self._read(card.encode("utf-16")).name, "Adà Bianchì")
        self.assertEqual(self._read(card.encode("utf-8-sig")).name, "Adà Bianchì")

    def test_code_before_the_camera(self):
        self.assertEqual(self._shown(self.cards.read_code(USUAL)).name, "Ada Bianchi")
        mecard = self._shown(self.cards.read_code("MECARD:N:Doe,John;TEL:612345678;;"))
        self.assertEqual([mecard.name, mecard.phone], ["John Doe", "+34 612 34 56 78"])

    def test_what_was_edited_is_normal_too(self):
        with Form(
            self._read(USUAL), "crm_playbook.crm_business_card_view_form"
        ) as form:
            form.phone = "611223344"
            form.email = "ADA@rossi.example"
        self.assertEqual(form.record.phone, "+34 611 22 33 44")
        self.assertEqual(form.record.email, "ada@rossi.example")

    def test_what_is_doubtful_is_told(self):
        card = self._read(USUAL)
        self.assertFalse(card.doubts)
        card.write({"phone": "12", "email": "ada at rossi"})
        self.assertIn("12 is not a phone number of Spain", card.doubts)
        self.assertIn("ada at rossi is not an e-mail address", card.doubts)

    # === WHAT CANNOT BE READ === #

    def test_bad_file_says_what_is_wrong(self):
        for content, told in (
            ("hello", "neither a picture nor a vCard file"),
            (b"\x00\xff\x00\x81", "neither a picture nor a vCard file"),
            (
                f"{USUAL}\nBEGIN:VCARD\nVERSION:3.0\nno colon\nEND:VCARD",
                "Card 2 of 2 in cards.vcf is broken.*Nothing was read",
            ),
            ("\n".join([USUAL] * 201), "holds 201 cards"),
        ):
            with self.subTest(told=told), self.assertRaisesRegex(UserError, told):
                self._read(content)
        self.assertFalse(self.cards.search([]))

    def test_half_a_file_is_refused(self):
        with self.assertRaisesRegex(UserError, "did not arrive whole"):
            self.cards.read_file("card.vcf", "no base64!")

    def test_code_of_nobody_is_told(self):
        with self.assertRaisesRegex(UserError, "It says: 4006381333931"):
            self.cards.read_code("4006381333931")

    def test_card_of_nobody_is_not_saved(self):
        card = self._read(USUAL)
        card.write({"name": False, "company_name": False})
        with self.assertRaisesRegex(UserError, "whose card it is"):
            card.action_save()

    # === SOMEBODY NEW === #

    def test_person_and_company_are_made(self):
        card = self._read(OLD_PHONE)
        person = self._saved(card)
        company = person.parent_id
        self.assertEqual([person.name, company.name], ["María García", "Clínica Sol"])
        self.assertTrue(company.is_company)
        self.assertEqual([company.street, company.city], ["Calle Mayor 1", "Madrid"])
        self.assertEqual(person.phone_sanitized, "+34612345678")
        self.assertEqual((person | company).user_id, self.seller)

    def test_website_is_the_companys(self):
        card = self._read(USUAL)
        card.website = "https://rossi.example"
        person = self._saved(card)
        self.assertFalse(person.website)
        self.assertEqual(person.parent_id.website, "https://rossi.example")

    def test_person_without_company_has_the_address(self):
        person = self._saved(self._read(NEW))
        self.assertFalse(person.parent_id or person.is_company)
        self.assertEqual([person.city, person.state_id.code], ["Boston", "MA"])

    def test_company_alone_is_a_company(self):
        card = self._read(OLD_PHONE)
        card.name = False
        company = self._saved(card)
        self.assertEqual([company.name, company.is_company], ["Clínica Sol", True])
        self.assertEqual(company.email, "maria@clinicasol.example")

    def test_card_stays_with_the_entity(self):
        message = self._saved(self._read(USUAL)).message_ids[:1]
        self.assertIn("Met at the fair", message.body)
        self.assertEqual(message.attachment_ids.name, "cards.vcf")
        self.assertIn(b"FN:Ada Bianchi", message.attachment_ids.raw)

    def test_picture_of_the_card_is_the_persons(self):
        self.assertTrue(self._saved(self._read(USUAL)).image_1920)

    def test_broken_picture_is_left_out(self):
        broken = USUAL.replace("iVBORw0KGgo", "AAAAAAAAAAA")
        self.assertFalse(self._saved(self._read(broken)).image_1920)

    def test_address_book_is_looked_through_card_by_card(self):
        first = self._read(f"{OLD_PHONE}\n{USUAL}\n{NEW}")
        self.assertEqual([first.position, first.total], [1, 3])
        second = self._shown(first.action_save())
        third = self._shown(second.action_skip())
        self.assertEqual([second.name, third.name], ["Ada Bianchi", "Bob O'Neil"])
        self.assertEqual(third.action_skip()["type"], "ir.actions.act_window_close")
        found = self.env["res.partner"].search(
            [("name", "in", ["María García", "Ada Bianchi", "Bob O'Neil"])]
        )
        self.assertNotIn("Bob O'Neil", found.mapped("name"))
        kept = found.filtered(lambda entity: entity.name == "María García")
        self.assertNotIn(b"Ada Bianchi", kept.message_ids.attachment_ids[:1].raw)

    # === SOMEBODY WHO IS THERE === #

    def test_who_is_there_is_completed_not_overwritten(self):
        ada = self._create_partner("Ada B.", user_id=self.other_seller.id)
        ada.write({"email": "ADA@rossi.example", "function": "Head of Purchasing"})
        card = self._read(USUAL)
        self.assertEqual(card.partner_id, ada)
        self.assertEqual(card.found_choices[0]["id"], ada.id)
        self.assertEqual(card.differences, "Name, Job Position")
        self.assertEqual(self._saved(card), ada)
        self.assertEqual([ada.name, ada.function], ["Ada B.", "Head of Purchasing"])
        self.assertEqual(ada.phone, "+39 320 123 4567")
        self.assertEqual(ada.user_id, self.other_seller)
        self.assertEqual(ada.parent_id.name, "Rossi e Figli")

    def test_somebody_new_may_be_chosen_all_the_same(self):
        ada = self._create_partner("Ada", email="ada@rossi.example")
        card = self._read(USUAL)
        with Form(card, "crm_playbook.crm_business_card_view_form") as form:
            form.partner_id = self.env["res.partner"]
        self.assertNotEqual(self._saved(card), ada)

    def test_company_that_is_there_is_not_made_again(self):
        rossi = self._create_partner("rossi e figli", is_company=True)
        card = self._read(USUAL)
        self.assertEqual(card.parent_id, rossi)
        self.assertEqual(self._saved(card).parent_id, rossi)

    def test_company_is_found_by_its_domain(self):
        rossi = self._create_partner(
            "Rossi Group", is_company=True, website="https://rossi.example"
        )
        self.assertEqual(self._read(USUAL).parent_id, rossi)

    def test_who_has_changed_company_leaves_the_old_one_as_it_is(self):
        old = self._create_partner("OldCo", is_company=True)
        ada = self._create_partner("Ada", email="ada@rossi.example", parent_id=old.id)
        self.assertEqual(self._saved(self._read(WITH_WEBSITE)), ada)
        self.assertEqual(ada.parent_id, old)
        self.assertFalse(old.website)
        new = self.env["res.partner"].search([("name", "=", "Rossi e Figli")])
        self.assertEqual(new.website, "http://rossi.example")

    def test_company_of_the_entity_is_not_made_again(self):
        rossi = self._create_partner("Rossi e Figli, SRL", is_company=True)
        ada = self._create_partner("Ada", email="ada@rossi.example", parent_id=rossi.id)
        self._saved(self._read(WITH_WEBSITE))
        self.assertEqual(rossi.website, "http://rossi.example")
        self.assertEqual(ada.parent_id.child_ids, ada)

    def test_two_addresses_are_not_mixed(self):
        paco = self._create_partner("Paco", email="jo@home.example", city="Soria")
        card = self.cards.create(
            {"name": "Paco", "email": "jo@home.example", "street": "Calle Mayor 1"}
        )
        self.assertEqual(self._saved(card), paco)
        self.assertFalse(paco.street)

    def test_entities_of_another_company_are_not_found(self):
        other = self.env["res.company"].create({"name": "Another company"}).id
        self._create_partner(
            "Ada Bianchi", email="ada@rossi.example", company_id=other, user_id=False
        )
        self._create_partner("Rossi e Figli", is_company=True, company_id=other)
        card = self._read(USUAL)
        self.assertFalse(card.partner_id)
        self.assertFalse(card.parent_id)
        self.assertEqual(self._saved(card).company_id.id, False)

    def test_saving_twice_makes_one_entity(self):
        card = self._read("BEGIN:VCARD\nVERSION:3.0\nFN:Jo\nEND:VCARD")
        self.assertEqual(self._saved(card), self._saved(card))

    def test_what_a_card_makes_is_found_for_the_next(self):
        card = self._read("\n".join([USUAL, USUAL.replace("ada@", "eva@")]))
        following = self._shown(card.action_save())
        self.assertEqual(following.parent_id, card.parent_id)

    def test_same_person_twice_in_an_address_book_is_one(self):
        card = self._read(f"{USUAL}\n{USUAL}")
        following = self._shown(card.action_save())
        self.assertEqual(self._saved(following), card.partner_id)

    def test_person_is_not_taken_for_the_company(self):
        vat = "ESB58378431"
        clinic = self._create_partner("Clínica Sol", is_company=True, vat=vat)
        card = self._read(OLD_PHONE)
        card.vat = vat
        self.assertFalse(card.partner_id)
        self.assertEqual(card.parent_id, clinic)

    # === PHOTOS === #

    def test_missing_program_says_how_to_get_it(self):
        with patch.object(card_photo.shutil, "which", return_value=None):
            self.assertIn("apt-get install tesseract-ocr", self._photo_help())
        with patch.object(card_photo, "pytesseract", None):
            self.assertIn("pip install pytesseract", self._photo_help())
            with self.assertRaisesRegex(UserError, "pip install pytesseract"):
                self._read(picture_of(ENGLISH), "card.png")

    def test_photo_is_read_by_the_real_program(self):
        if missing := card_photo.missing_part():
            self.skipTest(f"Tesseract absent: {missing} is not installed")
        card = self._read(picture_of(ENGLISH), "card.png")
        self.assertEqual(card.name, "John Smith")
        self.assertEqual(card.company_name, "ACME Industries Ltd")
        self.assertEqual(card.function, "Sales Manager")
        self.assertEqual(card.email, "john.smith@acme.co.uk")
        self.assertEqual(card.phone, "+44 7911 123456")

    def test_picture_of_nothing_is_told(self):
        if missing := card_photo.missing_part():
            self.skipTest(f"Tesseract absent: {missing} is not installed")
        with self.assertRaisesRegex(UserError, "No business card was recognised"):
            self._read(picture_of(""), "card.png")
        with self.assertRaisesRegex(UserError, "could not be read"):
            self._read(picture_of(ENGLISH)[:20], "card.png")

    def test_picture_that_would_fill_the_memory_is_refused(self):
        content = BytesIO()
        Image.new("1", (10_000, 5_001)).save(content, "PNG")
        self.assertFalse(card_photo.is_picture(content.getvalue()))
        with self.assertRaises(card_photo.UnreadablePhoto):
            card_photo.read_photo(content.getvalue(), [])

    def _photo_help(self):
        return self.cards.new().photo_help

    # === WHO MAY === #

    def test_only_salespeople_read_cards(self):
        clerk = self._create_user("clerk", "base.group_user")
        with self.assertRaises(AccessError):
            self.cards.with_user(clerk).read_code("tel:+34612345678")

    def test_cards_of_others_are_not_seen(self):
        card = self._read(USUAL)
        with self.assertRaises(AccessError):
            card.with_user(self.other_seller).read(["name"])

from time import monotonic

from odoo.tests import TransactionCase, tagged

from odoo.addons.crm_playbook.wizard.card_code import (
    UnreadableCard,
    country_code,
    read_code,
    read_vcard,
    split_vcards,
)
from odoo.addons.crm_playbook.wizard.card_text import read_text

SPANISH = """\
Clínica Sol, S.L.
Dra. María García López
Directora comercial

Calle Mayor, 12, 2º B
28013 Madrid
Tel. 91 234 56 78   Móvil: 612 345 678
Fax: 91 234 56 79
maria.garcia@clinicasol.es
www.clinicasol.es
CIF: B-58378431"""
ENGLISH = """\
ACME Industries Ltd
JOHN SMITH
Sales Manager
100 High Street, London
T: +44 20 7946 0958
M: +44 7911 123456
E: john.smith@acme.co.uk"""
GERMAN = """\
John Smith
Head of Purchasing
Müller Maschinen GmbH
Industriestr. 5 · D-70565 Stuttgart
+49 711 2345678
j.smith@mueller.de | mueller.de
USt-IdNr. DE136695976"""
# As a scanner leaves it: dust, and a company that no suffix tells.
SCANNED = """\
[ Ada Bianchi |
~ Buyer
Rossi e Figli
Via Roma 3, 20121 Milano _
tel +39 02 1234567
ada@example.it"""
OLD_PHONE = """\
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Garc=C3=ADa;Mar=C3=ADa;;;
ORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Cl=C3=ADnica Sol
TEL;WORK;VOICE:+34 912 345 678
TEL;FAX:+34 912 345 679
TEL;CELL:612 345 678
EMAIL;INTERNET:maria@clinicasol.example
ADR;WORK;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;;Calle Mayor 1=0D=0A=
2=C2=BA B;Madrid;Madrid;28013;Espa=C3=B1a
END:VCARD"""
USUAL = """\
BEGIN:VCARD
VERSION:3.0
FN:Ada Bianchi
N:Bianchi;Ada;;;
ORG:Rossi e Figli;Purchasing
TITLE:Buyer
TEL;TYPE=HOME:+39 02 7654321
TEL;TYPE=CELL,PREF:+39 320 1234567
EMAIL;TYPE=INTERNET:ada@example.it
EMAIL;TYPE=INTERNET,PREF:ada@rossi.example
PHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
NOTE:Met at the fair\\, likes
  tea
END:VCARD"""
NEW = """\
BEGIN:VCARD
VERSION:4.0
FN:Bob O'Neil
TEL;TYPE="work,voice";VALUE=uri:tel:+1-202-555-0143
TEL;TYPE=home;PREF=1;VALUE=uri:tel:+1-202-555-0144
PHOTO:data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
ADR;TYPE=work:;;100 Main St;Boston;MA;02110;United States
END:VCARD"""


@tagged("post_install", "-at_install")
class TestCardText(TransactionCase):
    """What the lines of a card are: no records, only texts and dictionaries."""

    # === TEXT === #

    def test_spanish_card(self):
        self.assertEqual(
            read_text(SPANISH, "ES"),
            {
                "name": "Dra. María García López",
                "company_name": "Clínica Sol, S.L.",
                "function": "Directora comercial",
                "street": "Calle Mayor, 12, 2º B",
                "zip": "28013",
                "city": "Madrid",
                "phone": "+34 612 34 56 78",
                "note": "+34 912 34 56 78",
                "email": "maria.garcia@clinicasol.es",
                "website": "www.clinicasol.es",
                "vat": "ESB58378431",
            },
        )

    def test_english_card_in_capitals(self):
        card = read_text(ENGLISH, "GB")
        self.assertEqual(card["name"], "John Smith")
        self.assertEqual(card["company_name"], "ACME Industries Ltd")
        self.assertEqual(card["function"], "Sales Manager")
        self.assertEqual(card["phone"], "+44 7911 123456", "people's own come first")

    def test_german_card_on_few_lines(self):
        card = read_text(GERMAN, "ES")
        self.assertEqual(card["name"], "John Smith")
        self.assertEqual(card["company_name"], "Müller Maschinen GmbH")
        self.assertEqual(card["vat"], "DE136695976")
        self.assertEqual(
            [card["street"], card["zip"], card["city"], card["website"]],
            ["Industriestr. 5", "70565", "Stuttgart", "mueller.de"],
        )

    def test_scanned_card(self):
        card = read_text(SCANNED, "IT")
        self.assertEqual(card["name"], "Ada Bianchi")
        self.assertEqual(card["company_name"], "Rossi e Figli")
        self.assertEqual([card["street"], card["city"]], ["Via Roma 3", "Milano"])

    def test_national_number_is_read_by_the_country(self):
        self.assertEqual(read_text("612 345 678", "ES")["phone"], "+34 612 34 56 78")
        self.assertNotIn("phone", read_text("612 345 678"))

    def test_what_only_looks_like_a_tax_number_is_none(self):
        self.assertNotIn("vat", read_text("CIF: B-58378432", "ES"))

    def test_nothing_is_made_of_nothing(self):
        self.assertEqual(read_text("", "ES"), {})
        self.assertEqual(read_text("%% ~~\nx", "ES"), {})

    # === VCARD === #

    def test_vcard_of_an_old_phone(self):
        self.assertEqual(
            read_vcard(OLD_PHONE),
            {
                "name": "María García",
                "company_name": "Clínica Sol",
                "phone": "612 345 678",
                "note": "+34 912 345 678",
                "email": "maria@clinicasol.example",
                "street": "Calle Mayor 1",
                "street2": "2º B",
                "zip": "28013",
                "city": "Madrid",
                "state": "Madrid",
                "country": "España",
            },
        )

    def test_usual_vcard(self):
        card = read_vcard(USUAL)
        self.assertEqual(card["phone"], "+39 320 1234567")
        self.assertEqual(card["email"], "ada@rossi.example")
        self.assertEqual([card["name"], card["function"]], ["Ada Bianchi", "Buyer"])
        self.assertTrue(card["image"].startswith(b"\x89PNG"))
        self.assertEqual(
            card["note"].splitlines(),
            [
                "Purchasing",
                "Met at the fair, likes tea",
                "+39 02 7654321",
                "ada@example.it",
            ],
        )

    def test_new_vcard(self):
        card = read_vcard(NEW)
        self.assertEqual(card["phone"], "+1-202-555-0144")
        self.assertEqual(card["note"], "+1-202-555-0143")
        self.assertTrue(card["image"].startswith(b"\x89PNG"))
        self.assertEqual([card["state"], card["country"]], ["MA", "United States"])

    def test_address_book_is_many_cards(self):
        self.assertEqual(len(split_vcards(f"{OLD_PHONE}\n{USUAL}\n{NEW}")), 3)

    def test_broken_vcard_says_why(self):
        with self.assertRaisesRegex(UnreadableCard, "line 3"):
            read_vcard("BEGIN:VCARD\nVERSION:3.0\nno colon\nEND:VCARD")
        with self.assertRaises(UnreadableCard):
            split_vcards("hello")

    def test_hostile_vcard_is_read_or_refused(self):
        head = "BEGIN:VCARD\nVERSION:3.0\n"
        for lines in (
            "FN:Jo\nTEL;ENCODING=b:AAAA\nEMAIL;ENCODING=b:AAAA\n",
            "FN;ENCODING=b:AAAA\nN:Doe;Jo;;;\nORG;ENCODING=b:AAAA\n",
            "FN:Jo\nN;ENCODING=b:AAAA\nADR;ENCODING=b:AAAA\n",
        ):
            with self.subTest(lines=lines):
                try:
                    card = read_vcard(f"{head}{lines}END:VCARD")
                except UnreadableCard:
                    continue
                self.assertTrue(all(isinstance(text, str) for text in card.values()))
        nested = "BEGIN:VCARD\n" * 5000 + "END:VCARD\n" * 5000
        with self.assertRaises(UnreadableCard):
            read_vcard(nested)

    def test_time_of_reading_does_not_grow_with_the_square(self):
        start = monotonic()
        with self.assertRaises(UnreadableCard):
            split_vcards("BEGIN:VCARD\n" * 100_000)
        self.assertLess(monotonic() - start, 5)
        with self.assertRaises(UnreadableCard):
            read_code("tel:" + "1" * 5000)

    def test_countries_in_several_languages(self):
        names = ("España", "spain", "ES", "Deutschland", "Nowhere")
        self.assertEqual([*map(country_code, names)], ["ES", "ES", "ES", "DE", None])

    # === OTHER CODES === #

    def test_mecard(self):
        card = read_code(
            "MECARD:N:Doe,John;TEL:+13035551212;ORG:A\\;B;EMAIL:j@d.example;;"
        )
        self.assertEqual(
            card,
            {
                "name": "John Doe",
                "phone": "+13035551212",
                "company_name": "A;B",
                "email": "j@d.example",
            },
        )

    def test_links(self):
        self.assertEqual(
            read_code("https://a.example/x"), {"website": "https://a.example/x"}
        )
        self.assertEqual(read_code("tel:+34612345678"), {"phone": "+34612345678"})
        self.assertEqual(
            read_code("mailto:a@b.example?subject=x"), {"email": "a@b.example"}
        )

    def test_plain_text(self):
        self.assertEqual(read_code(SPANISH, "ES")["name"], "Dra. María García López")

    def test_code_of_nobody(self):
        with self.assertRaises(UnreadableCard):
            read_code("0123")

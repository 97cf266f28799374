from io import BytesIO

import qrcode

from odoo.tests import HttpCase, tagged

from .common import PlaybookCase

CODE = """\
BEGIN:VCARD
VERSION:3.0
FN:Tour Zoe
TEL:+34 611 22 33 44
EMAIL:zoe@tour.example
END:VCARD"""


class BusinessCardTourCase(HttpCase, PlaybookCase):
    """A company in Spain, where numbers are written without the country."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.country_id = cls.env.ref("base.es")

    def _walk(self, page, tour):
        self.start_tour(page, tour, login=self.seller.login, timeout=180)
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestToursBusinessCard(BusinessCardTourCase):
    """Reading cards at a desk."""

    def test_address_book_from_a_file(self):
        self._walk("/odoo/entities", "crm_playbook_business_card_file")
        found = self.env["res.partner"].search([("name", "=like", "Tour %")])
        ada = found.filtered(lambda entity: not entity.is_company)
        self.assertEqual([ada.name, ada.parent_id.name], ["Tour Ada", "Tour Rossi"])
        self.assertEqual([ada.function, ada.email], ["Buyer", "ada@tour.example"])
        self.assertEqual(ada.user_id, self.seller)


@tagged("post_install", "-at_install")
class TestToursBusinessCardOnPhone(BusinessCardTourCase):
    """Reading cards with the camera of a phone."""

    browser_size = "390x844"
    touch_enabled = True

    def test_code_before_the_camera(self):
        zoe = self._create_partner("Tour Z.", email="zoe@tour.example")
        picture = BytesIO()
        qrcode.make(CODE).save(picture, "PNG")
        self.env["ir.attachment"].create(
            {
                "name": "code.png",
                "url": "/crm_playbook/tests/code.png",
                "raw": picture.getvalue(),
                "public": True,
            }
        )
        self._walk("/odoo/business-card", "crm_playbook_business_card_code")
        self.assertEqual(zoe.phone, "+34 611 22 33 44")
        self.assertEqual(zoe.name, "Tour Z.")

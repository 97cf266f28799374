from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from ..models.res_partner_duplicate import MOST_ALIKE, ResPartner
from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestResPartnerDuplicate(PlaybookCase):
    """Who is known already is found, whoever wrote it down and however."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.spain = cls.env.ref("base.es")
        cls.clerk = cls._create_user(
            "clerk", "sales_team.group_sale_salesman,base.group_partner_manager"
        )
        cls.ada = cls._create(
            "Ada Bianchi", email="ada@bianchi.example", phone="+34 612 34 56 78"
        )

    @classmethod
    def _create(cls, name, **values):
        values = {"country_id": cls.spain.id, **values}
        return cls.env["res.partner"].create({"name": name, **values})

    def _company(self, name, **values):
        return self._create(name, is_company=True, **values)

    def _check_alike(self, one, another, reason):
        for entity, other in ((one, another), (another, one)):
            entity = entity.with_user(self.clerk)
            self.assertIn(other, entity.duplicate_partner_ids)
            self.assertIn(f"{other.display_name} ({reason})", entity.duplicate_reason)
            self.assertIn(entity, entity.search([("has_duplicates", "=", True)]))

    def _check_apart(self, *entities):
        entities = self.ada.concat(*entities).with_user(self.clerk)
        for entity in entities:
            self.assertFalse(entity.duplicate_partner_ids & entities)
        found = entities.search([("has_duplicates", "=", True)])
        self.assertFalse(found & entities)

    # === WHAT TELLS IT === #

    def test_same_email_however_it_is_written(self):
        other = self._create("A. B.", email='"Ada" <ADA@Bianchi.example>')
        self._check_alike(self.ada, other, "same e-mail")

    def test_same_phone_however_it_is_written(self):
        other = self._create("A. B.", phone="612 345 678")
        self.assertEqual(other.phone_sanitized, "+34612345678")
        self._check_alike(self.ada, other, "same phone number")

    def test_same_number_in_another_country_is_another(self):
        portugal = self.env.ref("base.pt").id
        self._check_apart(self._create("A. B.", phone="612345678", country_id=portugal))

    def test_same_tax_number_with_and_without_country(self):
        one = self._company("Bianchi", vat="ESB83215567")
        another = self._company("Verdi", vat="B83215567")
        self._check_alike(one, another, "same tax number")

    def test_no_tax_number_is_no_likeness(self):
        self._check_apart(self._create("Eva", vat="/"), self._create("Ugo", vat="/"))

    def test_similar_name_in_the_same_city(self):
        one = self._company("Ferretería López, S.L.", city="Soria")
        another = self._company("FERRETERIA LOPES", city="soria")
        self._check_alike(one, another, "similar name")

    def test_same_name_in_another_order_with_the_same_zip(self):
        one = self._create("García Ruiz, Juan", zip="42001")
        another = self._create("Juan Garcia Ruiz", zip="42001")
        self._check_alike(one, another, "similar name")

    def test_similar_name_elsewhere_is_somebody_else(self):
        self._check_apart(
            self._create("Juan García", city="Soria"),
            self._create("Juan García", city="Teruel"),
            self._create("Juan García"),
        )

    def test_same_city_of_another_country_is_elsewhere(self):
        argentina = self.env.ref("base.ar").id
        self._check_apart(
            self._create("Juan García", city="Córdoba"),
            self._create("Juan García", city="Córdoba", country_id=argentina),
        )

    def test_numbered_names_are_not_similar(self):
        self._check_apart(
            *(self._company(f"Tienda {number}", city="Soria") for number in (12, 13))
        )

    def test_what_tells_most_comes_first(self):
        by_phone = self._create("Somebody", phone="612345678")
        by_email = self._create("Somebody else", email="ada@bianchi.example")
        self.assertEqual(
            list(self.ada.with_user(self.clerk).duplicate_partner_ids),
            list(by_email | by_phone),
        )

    def test_what_many_have_in_common_tells_nothing(self):
        def create_many(email, count):
            values = [{"name": f"E{n}", "email": email} for n in range(count)]
            return self.env["res.partner"].create(values)

        self._check_alike(*create_many("some@mail.example", 2), "same e-mail")
        self._check_apart(*create_many("no@mail.example", MOST_ALIKE + 1))

    def test_no_more_are_told_than_one_can_look_at(self):
        same = {"name": "Juan García", "city": "Soria"}
        many = self.env["res.partner"].create([same] * (MOST_ALIKE + 5))
        self.assertEqual(len(many[0].duplicate_partner_ids), MOST_ALIKE)

    # === PEOPLE OF ONE COMPANY === #

    def test_people_of_one_company_share_its_phone_and_mailbox(self):
        shared = {"phone": "975 11 22 33", "email": "info@acme.example"}
        acme = self._company("Acme", city="Soria", **shared)
        eva = self._create("Eva Blanco", parent_id=acme.id, **shared)
        ugo = self._create("Ugo Negro", parent_id=acme.id, **shared)
        delivery = self._create("Acme", parent_id=acme.id, type="delivery", **shared)
        self._check_apart(acme, eva, ugo, delivery)

    def test_people_of_one_company_are_alike_by_name(self):
        acme = self._company("Acme")
        one = self._create("Eva Blanco", parent_id=acme.id)
        another = self._create("Eva María Blanco", parent_id=acme.id)
        self._check_alike(one, another, "similar name")

    def test_switchboard_does_not_tell_people_of_two_companies(self):
        phone = "975 11 22 33"
        eva = self._create("Eva", parent_id=self._company("Acme").id, phone=phone)
        self._check_apart(eva, self._company("Business centre", phone=phone))

    # === WHO MAY KNOW IT === #

    def test_nobody_sees_entities_of_companies_one_is_not_in(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.user.company_ids |= elsewhere
        same = {"email": "ada@bianchi.example", "company_id": elsewhere.id}
        self._create("A. B.", **same)
        self._check_apart()
        found = self.env["res.partner"].with_user(self.clerk)
        self.assertEqual(
            found._find_entities({"email": "ada@bianchi.example"}), self.ada
        )

    def test_entities_of_two_companies_are_two(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.clerk.company_ids |= elsewhere
        self.ada.company_id = self.env.company
        same = {"email": "ada@bianchi.example", "company_id": elsewhere.id}
        other = self._create("A. B.", **same)
        both = self.clerk.company_ids.ids
        entity = self.ada.with_user(self.clerk).with_context(allowed_company_ids=both)
        self.assertIn(other, entity.search([]))
        self.assertFalse(entity.duplicate_partner_ids)

    def test_archived_entities_are_not_proposed(self):
        self._create("A. B.", email="ada@bianchi.example").active = False
        self._check_apart()

    # === SEVERAL AND ALL === #

    def test_filter_finds_those_who_have_duplicates(self):
        self._create("A. B.", email="ada@bianchi.example")
        self._create("Juan García", city="Soria")
        self._create("Juan Garcia", city="Soria")
        entities = self.env["res.partner"].with_user(self.clerk)
        everyone = entities.search([])
        alike = everyone.filtered("has_duplicates")
        self.assertGreaterEqual(len(alike), 4)
        self.assertEqual(entities.search([("has_duplicates", "=", True)]), alike)
        self.assertEqual(
            entities.search([("has_duplicates", "=", False)]), everyone - alike
        )

    def test_one_query_answers_for_many(self):
        many = self.env["res.partner"].union(
            *(self._create(f"Eva {n}", email=f"eva{n}@x.example") for n in range(20))
        )
        for entities in (many[:1], many):
            self.env.flush_all()
            with self.assertQueryCount(1):
                ResPartner._find_alike(entities, {one.id: one for one in entities})

    # === FROM VALUES === #

    def test_values_find_the_entity_that_is_meant(self):
        entities = self.env["res.partner"].with_user(self.clerk)
        bianchi = self._company("Bianchi", vat="ESB83215567", city="Soria")
        for values, entity in (
            ({"email": "Ada <ada@bianchi.example>"}, self.ada),
            ({"phone": "612345678", "country_id": self.spain.id}, self.ada),
            ({"vat": "B83215567", "country_id": self.spain.id}, bianchi),
            ({"name": "Bianchi SL", "city": "SORIA", "is_company": True}, bianchi),
            ({"name": "Nobody", "unknown": 1}, entities),
        ):
            self.assertEqual(entities._find_entities(values), entity, values)

    def test_certain_is_more_than_a_phone_or_a_name(self):
        entities = self.env["res.partner"].with_user(self.clerk)
        phone = {"phone": "612345678", "country_id": self.spain.id}
        self.assertFalse(entities._find_entities(phone, certain=True))
        for values in (
            {**phone, "name": "Bianchi, Ada"},
            {"email": "ada@bianchi.example", "name": "Nobody"},
        ):
            self.assertEqual(entities._find_entities(values, certain=True), self.ada)

    def test_form_of_a_new_entity_tells_it_before_it_is_saved(self):
        with Form(self.env["res.partner"].with_user(self.clerk)) as form:
            form.name = "Somebody"
            self.assertFalse(form.has_duplicates)
            form.email = "ada@bianchi.example"
            self.assertEqual(form.duplicate_reason, "Ada Bianchi (same e-mail)")

    # === TOLD APART === #

    def test_told_apart_is_not_asked_again(self):
        other = self._create("A. B.", email="ada@bianchi.example")
        self.ada.with_user(self.clerk).action_tell_apart()
        self._check_apart(other)
        self.assertEqual(other.told_apart_ids, self.ada)
        self.assertIn("Not the same as Ada Bianchi", other.message_ids[0].body)

    def test_who_may_not_change_entities_cannot_tell_them_apart(self):
        self._create("A. B.", email="ada@bianchi.example")
        reader = self._create_user("reader", "base.group_user")
        with self.assertRaises(AccessError):
            self.ada.with_user(reader).action_tell_apart()

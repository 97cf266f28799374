from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestBasePartnerMerge(PlaybookCase):
    """What is known of an entity twice is known once, and nothing is lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._create_user(
            "clerk", "sales_team.group_sale_manager,base.group_partner_manager"
        )
        cls.other = cls._create_partner("A. Bianchi", email=cls.partner.email)
        cls.env.cr.execute(
            "UPDATE res_partner SET create_date = create_date - interval '1 day' "
            "WHERE id = %s",
            [cls.partner.id],
        )
        cls.env.invalidate_all()

    def _compare(self, entity=None):
        """The dialog that the button of the form opens."""
        entity = (entity or self.other).with_user(self.clerk)
        action = entity.action_compare_duplicates()
        return Form(
            self.env[action["res_model"]]
            .with_user(self.clerk)
            .with_context(**action["context"])
        ).save()

    def test_compare_keeps_the_one_that_is_known_longer(self):
        wizard = self._compare()
        self.assertEqual(wizard.partner_ids, self.partner | self.other)
        self.assertEqual(wizard.dst_partner_id, self.partner)

    def test_merge_keeps_status_ledger_opportunities_and_tasks(self):
        self.other.with_user(self.seller).commercial_status_id = self.status
        lead = self._start(self._create_lead(self.other))
        lines = self.env["crm.transition"].search([("partner_id", "=", self.other.id)])
        self.assertEqual(len(lines), 2)  # the status, and the start of the playbook
        self._compare().action_merge()
        self.assertFalse(self.other.exists())
        self.assertEqual(self.partner.commercial_status_id, self.status)
        self.assertEqual(lines.partner_id, self.partner)
        self.assertEqual(lead.sudo().partner_id, self.partner)
        self.assertEqual(lead.sudo().action_ids.partner_id, self.partner)

    def test_merge_keeps_the_rounds_of_a_campaign(self):
        campaign = self._create_campaign(self.partner | self.other)
        campaign.action_launch()
        self._compare().action_merge()
        rounds = campaign.lead_ids.sorted("campaign_round").mapped("campaign_round")
        self.assertEqual(campaign.lead_ids.partner_id, self.partner)
        self.assertEqual(rounds, [1, 2])

    def test_merge_keeps_who_was_told_apart(self):
        third = self._create_partner("Third", email=self.partner.email)
        self.other._tell_apart(third)
        wizard = self._compare()
        wizard.partner_ids = self.partner | self.other
        wizard.action_merge()
        self.assertEqual(self.partner.told_apart_ids, third)
        self.assertEqual(third.told_apart_ids, self.partner)
        self.assertFalse(third.with_user(self.clerk).has_duplicates)

    def test_compare_may_say_that_they_are_not_the_same(self):
        self._compare().action_tell_apart()
        self.assertFalse(self.partner.with_user(self.clerk).has_duplicates)
        with self.assertRaises(UserError):
            self.other.with_user(self.clerk).action_compare_duplicates()
        said = self.partner.message_ids.filtered(lambda one: "Not the same" in one.body)
        self.assertEqual(len(said), 1)

    def test_who_has_no_email_has_no_other(self):
        self.other.write({"email": False, "phone": "+34 612 34 56 78"})
        self.partner.phone = self.other.phone
        self._compare().action_merge()
        self.assertEqual(self.partner.exists() | self.other.exists(), self.partner)

    def test_other_addresses_and_users_are_for_the_administrator(self):
        self.other.write({"email": "b@test.example", "phone": "+34 612 34 56 78"})
        self.partner.phone = self.other.phone
        with self.assertRaisesRegex(UserError, "same email"):
            self._compare().action_merge()
        self.other.email = False
        self._create_user("portal", "base.group_portal", partner_id=self.partner.id)
        self.partner.write({"email": "ada@test.example", "phone": self.other.phone})
        with self.assertRaisesRegex(UserError, "same email"):
            self._compare().action_merge()

    # === FREE FIELDS === #

    def _create_kind(self, name, *labels):
        fields = [
            {"name": f"{n}{n}", "string": label, "type": "char"}
            for n, label in zip("abcdefgh", labels, strict=False)
        ]
        return self.env["crm.entity.kind"].create(
            {"name": name, "entity_properties_definition": fields}
        )

    def test_free_fields_of_all_are_kept(self):
        kind = self._create_kind("Test club", "Sport", "Members")
        kind.entity_properties_definition += [
            {
                "name": "cc",
                "string": "Owner",
                "type": "many2one",
                "comodel": "res.users",
            },
            {
                "name": "dd",
                "string": "Trainers",
                "type": "many2many",
                "comodel": "res.users",
            },
        ]
        people = {"cc": self.seller.id, "dd": self.manager.ids}
        self.partner.write(
            {"entity_kind_id": kind.id, "entity_properties": {"aa": "Golf"}}
        )
        self.other.write(
            {
                "entity_kind_id": kind.id,
                "entity_properties": {"aa": "Tennis", "bb": "90", **people},
            }
        )
        self._compare().action_merge()
        self.assertEqual(self.partner.entity_kind_id, kind)
        kept = self.partner.entity_properties
        self.assertEqual((kept["aa"], kept["bb"]), ("Golf", "90"))
        self.assertEqual((kept["cc"], kept["dd"]), (self.seller, self.manager))

    def test_entity_without_kind_gets_that_of_the_other(self):
        kind = self._create_kind("Test club", "Sport")
        self.other.write(
            {"entity_kind_id": kind.id, "entity_properties": {"aa": "Golf"}}
        )
        self._compare().action_merge()
        self.assertEqual(self.partner.entity_kind_id, kind)
        self.assertEqual(self.partner.entity_properties["aa"], "Golf")

    def test_chatter_says_what_stood_in_fields_of_another_kind(self):
        club, shop = (
            self._create_kind(*words)
            for words in (("Test club", "Sport"), ("Test shop", "Street"))
        )
        self.partner.write(
            {"entity_kind_id": club.id, "entity_properties": {"aa": "Golf"}}
        )
        self.other.write(
            {"entity_kind_id": shop.id, "entity_properties": {"aa": "Main"}}
        )
        self._compare().action_merge()
        self.assertEqual(self.partner.entity_kind_id, club)
        self.assertEqual(self.partner.entity_properties["aa"], "Golf")
        said = " ".join(self.partner.message_ids.mapped("body"))
        self.assertIn("A. Bianchi was of the kind Test shop: Street: Main", said)

    def test_records_of_another_kind_are_told_by_name(self):
        shop = self._create_kind("Test shop")
        shop.entity_properties_definition = [
            {"name": f"{n}{n}", "string": n, "type": kind, "comodel": "res.users"}
            for n, kind in (("a", "many2one"), ("b", "many2many"))
        ]
        people = {"aa": self.seller.id, "bb": (self.seller | self.manager).ids}
        self.partner.entity_kind_id = self._create_kind("Test club")
        self.other.write({"entity_kind_id": shop.id, "entity_properties": people})
        self._compare().action_merge()
        seller, manager = self.seller.display_name, self.manager.display_name
        said = " ".join(self.partner.message_ids.mapped("body"))
        self.assertIn(f"Test shop: a: {seller}, b: {seller}, {manager}", said)

    def test_fields_that_everybody_has_are_kept(self):
        definition = self.partner.properties_base_definition_id
        definition.properties_definition = [
            {"name": f"{n}{n}", "string": n, "type": "char"} for n in "ab"
        ]
        self.partner.properties = {"aa": "Golf"}
        self.other.write(
            {
                "entity_kind_id": self._create_kind("Test club").id,
                "properties": {"aa": "Tennis", "bb": "90"},
            }
        )
        self._compare().action_merge()
        kept = self.partner.properties
        self.assertEqual((kept["aa"], kept["bb"]), ("Golf", "90"))

    def test_incomplete_entities_can_be_merged(self):
        kind = self._create_kind("Test club", "Sport")
        (self.partner | self.other).write({"entity_kind_id": kind.id})
        kind.requirement_ids = [Command.create({"field_path": "vat"})]
        self._compare().action_merge()
        self.assertTrue(self.partner.is_incomplete)

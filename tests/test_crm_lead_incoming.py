from datetime import timedelta
from email.message import EmailMessage

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import MessageCase

GATEWAY_LOGS = (
    "odoo.addons.mail.models.mail_thread",
    "odoo.addons.mail.models.mail_mail",
)


@tagged("post_install", "-at_install")
class TestCrmLeadIncoming(MessageCase):
    """Mail that comes in to the address of a team, as Odoo's gateway brings it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domain = cls.env["mail.alias.domain"].create(
            {
                "name": "shop.test.example",
                "bounce_alias": "bounce",
                "catchall_alias": "catchall",
                "company_ids": [(4, cls.env.company.id)],
            }
        )
        cls.leader = cls._create_user("leader", "sales_team.group_sale_salesman")
        cls.team.write(
            {
                "alias_name": "welcome",
                "alias_domain_id": cls.domain.id,
                "user_id": cls.leader.id,
            }
        )
        cls.acme = cls._create_partner(
            "Acme",
            is_company=True,
            email="office@acme.example",
            website="https://www.acme.example/about",
            user_id=False,
        )
        cls.number = 0

    @mute_logger(*GATEWAY_LOGS, "odoo.addons.crm_playbook.models.crm_lead_incoming")
    def _receive(self, sender, subject="Hello", to="welcome", **headers):
        """A mail as the gateway reads it; the opportunities it is kept in."""
        type(self).number += 1
        mail = EmailMessage()
        mail["From"] = sender
        mail["To"] = f"{to}@shop.test.example"
        mail["Subject"] = subject
        mail["Message-Id"] = f"<{self.number}@sender.example>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content("Could you call me, please?")
        gateway = self.env["mail.thread"].with_user(self.env.ref("base.user_admin"))
        gateway.message_process(False, mail.as_bytes())
        messages = self.env["mail.message"].search(
            [("message_id", "=", mail["Message-Id"]), ("model", "=", "crm.lead")]
        )
        return self.env["crm.lead"].browse(messages.mapped("res_id"))

    def _entities(self, email):
        return self.env["res.partner"].search([("email_normalized", "=", email)])

    # === WHO WRITES === #

    def test_unknown_sender_becomes_an_entity_with_an_opportunity(self):
        lead = self._receive("Grace Hopper <Grace@Example.COM>", "A question")
        entity = self._entities("grace@example.com")
        self.assertEqual((entity.name, lead.partner_id), ("Grace Hopper", entity))
        self.assertEqual((lead.name, lead.team_id), ("A question", self.team))
        self.assertEqual(lead.message_ids[:1].author_id, entity)

    def test_new_entity_and_opportunity_are_the_team_leaders(self):
        lead = self._receive("grace@example.com")
        self.assertEqual(lead.user_id, self.leader)
        self.assertEqual(lead.partner_id.user_id, self.leader)

    def test_known_entity_keeps_its_salesperson(self):
        lead = self._receive("ADA.bianchi@test.example")
        self.assertEqual((lead.partner_id, lead.user_id), (self.partner, self.seller))
        self.assertEqual(len(self._entities("ada.bianchi@test.example")), 1)

    def test_salesperson_sees_the_mail(self):
        lead = self._receive("ADA.bianchi@test.example").with_user(self.seller)
        self.assertIn("call me", lead.message_ids[:1].body)
        self.assertIn(self.seller.partner_id, lead.message_partner_ids)

    def test_unknown_sender_belongs_to_the_one_company_of_its_domain(self):
        lead = self._receive("Bob <bob@acme.example>")
        self.assertEqual(lead.partner_id.parent_id, self.acme)

    def test_domain_of_two_companies_says_nothing(self):
        self._create_partner("Acme B", is_company=True, website="acme.example")
        self.assertFalse(self._receive("bob@acme.example").partner_id.parent_id)

    def test_domain_of_a_mail_provider_says_nothing(self):
        self._create_partner("Cafe", is_company=True, email="cafebob@gmail.com")
        self.assertFalse(self._receive("bob@gmail.com").partner_id.parent_id)

    def test_address_of_a_company_does_not_make_its_domain_its_own(self):
        self._create_partner(
            "Bar Pepe",
            is_company=True,
            email="barpepe@provider.example",
            website="https://barpepe.provider.example",
        )
        self.assertFalse(self._receive("bob@provider.example").partner_id.parent_id)

    def test_new_entity_is_of_the_company_of_its_parent_or_of_the_team(self):
        self.assertFalse(self._receive("grace@example.com").partner_id.company_id)
        self.acme.company_id = self.env.company
        bob = self._receive("bob@acme.example").partner_id
        self.assertEqual(bob.company_id, self.env.company)
        self.team.company_id = self.env.company
        jo = self._receive("jo@example.com").partner_id
        self.assertEqual(jo.company_id, self.env.company)

    def test_opportunity_goes_to_nobody_who_left(self):
        self.partner.user_id = self.other_seller
        self.other_seller.active = False
        lead = self._receive(self.partner.email)
        self.assertEqual(lead.user_id, self.leader)

    def test_entity_of_another_company_is_not_known(self):
        other = self.env["res.company"].create({"name": "Another company"})
        foreign = self._create_partner("Foreigner", company_id=other.id, user_id=False)
        lead = self._receive(foreign.email)
        self.assertTrue(lead.partner_id)
        self.assertNotEqual(lead.partner_id, foreign)

    # === WHERE IT BELONGS === #

    def test_second_mail_joins_the_open_opportunity_whatever_its_subject(self):
        first = self._receive("grace@example.com", "A question")
        second = self._receive("grace@example.com", "Something else")
        self.assertEqual(first, second)
        self.assertEqual(first.name, "A question")
        self.assertEqual(len(self._entities("grace@example.com")), 1)

    def test_colleague_of_the_customer_joins_the_opportunity_of_the_company(self):
        lead = self._create_lead(self.acme)
        bob = self._create_partner(
            "Bob", parent_id=self.acme.id, email="bob@acme.example"
        )
        self.assertEqual(self._receive("bob@acme.example"), lead)
        self.assertEqual(lead.partner_id, self.acme)
        self.assertEqual(lead.message_ids[:1].author_id, bob)

    def test_whose_company_is_guessed_joins_no_opportunity_of_others(self):
        lead = self._create_lead(self.acme)
        own = self._receive("bob@acme.example")
        self.assertNotEqual(own, lead)
        self.assertEqual(own.partner_id.parent_id, self.acme)

    def test_closed_opportunity_is_left_alone(self):
        lead = self._create_lead()
        lead.action_set_lost()
        self.assertNotEqual(self._receive(self.partner.email), lead)

    def test_own_opportunity_comes_before_one_of_the_company(self):
        bob = self._create_partner(
            "Bob", parent_id=self.acme.id, email="bob@acme.example"
        )
        own = self._create_lead(bob, team_id=False)
        self._create_lead(self.acme)
        self.assertEqual(self._receive("bob@acme.example"), own)

    def test_opportunity_of_the_team_comes_before_those_of_others(self):
        of_team = self._create_lead()
        other_team = self.env["crm.team"].create({"name": "Others"})
        self._create_lead(team_id=other_team.id)
        self.assertEqual(self._receive(self.partner.email), of_team)

    def test_of_several_the_one_with_the_latest_action_is_meant(self):
        early = self._start()
        late = self._create_lead()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s WHERE id IN %s",
            (fields.Datetime.now() - timedelta(days=9), (early.id, late.id)),
        )
        self.env.cr.execute(
            "UPDATE mail_message SET date = %s WHERE res_id IN %s AND model = %s",
            (
                fields.Datetime.now() - timedelta(days=9),
                (early.id, late.id),
                "crm.lead",
            ),
        )
        self.env.invalidate_all()
        self._do(early, self.sent)
        self.assertEqual(self._receive(self.partner.email), early)

    def test_opportunity_without_entity_gets_it(self):
        lead = self.env["crm.lead"].create(
            {"name": "From the web", "email_from": "grace@example.com"}
        )
        self.assertEqual(self._receive("Grace <grace@example.com>"), lead)
        self.assertEqual(lead.partner_id, self._entities("grace@example.com"))
        self.assertEqual(lead.partner_id.name, "Grace")

    def test_answer_to_a_message_goes_where_the_message_was_written(self):
        lead = self._start_automatic()
        sent = self._message(lead.action_ids[:1]).mail_message_id
        self._create_lead()  # the latest
        answered = self._receive(self.partner.email, References=sent.message_id)
        self.assertEqual(answered, lead)
        self.assertEqual(
            lead.action_ids.mailing_trace_ids.mapped("trace_status"), ["reply"]
        )

    def test_mail_to_two_teams_makes_one_opportunity(self):
        self.env["crm.team"].create(
            {
                "name": "Others",
                "alias_name": "others",
                "alias_domain_id": self.domain.id,
            }
        )
        to = "welcome@shop.test.example, others"
        self.assertEqual(len(self._receive("grace@example.com", to=to)), 1)

    # === WHO MAKES NONE === #

    def test_colleague_makes_none_and_hears_so(self):
        before = self.env["mail.mail"].search([])
        self.assertFalse(self._receive(f"Seller <{self.seller.email}>"))
        told = self.env["mail.mail"].search([]) - before
        self.assertIn("colleague", told.body_html)
        self.assertIn(self.seller.email, told.email_to)

    def test_colleague_still_answers_on_the_opportunity(self):
        lead = self._receive("grace@example.com")
        mail = self._receive(
            self.seller.email, References=lead.message_ids[:1].message_id
        )
        self.assertEqual(mail, lead)

    def test_note_of_absence_makes_none(self):
        for name, value in (
            ("Auto_Submitted", "auto-replied"),
            ("X_Autoreply", "yes"),
            ("Precedence", "auto_reply"),
            ("X_Autorespond", "Away"),
            ("Return_Path", "<>"),
        ):
            self.assertFalse(self._receive("grace@example.com", **{name: value}))
        self.assertFalse(self._entities("grace@example.com"))

    def test_mail_written_by_hand_says_no(self):
        self.assertTrue(self._receive("grace@example.com", Auto_Submitted="no"))

    def test_bounce_makes_none(self):
        self.assertFalse(self._receive("MAILER-DAEMON@example.com"))
        self.assertFalse(self._entities("mailer-daemon@example.com"))

    def test_own_address_becomes_no_entity(self):
        lead = self._receive("catchall@shop.test.example")
        self.assertFalse(lead.partner_id)

    # === TURNS === #

    def test_senders_are_forgotten(self):
        self._receive("bob@acme.example")
        senders = self.env["crm.incoming.sender"]
        kept = senders.search([("address", "=", "@acme.example")])
        self.assertTrue(kept)
        with self._at(fields.Datetime.now() + timedelta(days=2)):
            senders._forget_senders()
        self.assertFalse(kept.exists())

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.event import Event
from .common import TeamCase

RULES = "odoo.addons.crm_playbook.models.crm_playbook_rule_answer"


@tagged("post_install", "-at_install")
class TestRuleTells(TeamCase):
    """A rule tells colleagues by e-mail what happened and what follows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.user_id = cls.other_seller

    def _mails(self):
        """What waits in Odoo's queue and tells of a ledger line."""
        return self.env["mail.mail"].sudo().search([("model", "=", "crm.transition")])

    def _told(self):
        """Who is written to, in the order of the mails."""
        partners = self._mails().recipient_ids.with_context(active_test=False)
        return partners.user_ids

    def _do_with_rule(self, **values):
        """A call that ends so that the rule tells."""
        self._create_rule(self.interested, **values)
        lead = self._start()
        self._do(lead, self.interested, note="Wants an offer")
        return lead

    # === WHOM === #

    def test_each_of_those_whom_the_rule_names_is_told_once(self):
        self._do_with_rule(
            tell_journey_salesperson=True,
            tell_entity_salesperson=True,
            tell_doer=True,
            tell_team_leader=True,
            tell_user_ids=(self.manager | self.seller).ids,
        )
        mail = self._mails()
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(
            sorted(mail.recipient_ids.ids),
            sorted(
                (
                    self.seller | self.other_seller | self.leader | self.manager
                ).partner_id.ids
            ),
        )

    def test_each_way_of_naming_tells_its_own(self):
        for name, user in (
            ("tell_entity_salesperson", self.other_seller),
            ("tell_team_leader", self.leader),
        ):
            with self.subTest(name=name):
                self.env["crm.playbook.rule"].search(
                    [("playbook_id", "=", self.playbook.id)]
                ).active = False
                self._mails().unlink()
                self._do_with_rule(**{name: True})
                self.assertEqual(self._told(), user)

    def test_salesperson_is_told_of_what_a_colleague_did(self):
        self._create_rule(self.interested, tell_journey_salesperson=True)
        lead = self._start()
        self._planned(lead).with_user(self.manager).done(self.interested.id)
        self.assertEqual(self._told(), self.seller)

    def test_nobody_is_told_of_what_they_alone_did(self):
        lead = self._do_with_rule(tell_doer=True, tell_journey_salesperson=True)
        self.assertFalse(self._mails())
        line = lead.sudo().transition_ids[0]
        self.assertEqual(line.effects, "Nobody to tell by e-mail")

    def test_who_has_left_is_not_told(self):
        self.leader.action_archive()
        self._do_with_rule(tell_team_leader=True, tell_user_ids=self.manager.ids)
        self.assertEqual(self._told(), self.manager)

    # === WHAT === #

    def test_mail_says_what_happened_who_did_it_and_what_follows(self):
        lead = self._do_with_rule(
            tell_team_leader=True, task_type_id=self.visit.id, move="next"
        )
        mail = self._mails()
        self.assertIn("Ada Bianchi", mail.subject)
        self.assertIn("Test interested", mail.subject)
        for text in (
            *("Test call", "Test interested", self.seller.name, "Wants an offer"),
            *("Stage: Second", "Planned: Test visit"),
            f"/mail/view?model=crm.lead&amp;res_id={lead.id}",
        ):
            self.assertIn(text, mail.body_html)

    def test_template_of_ones_own_is_used(self):
        template = self.env["mail.template"].create(
            {
                "name": "Own",
                "model_id": self.env["ir.model"]._get_id("crm.transition"),
                "subject": "Look at {{ object.partner_id.name }}",
                "body_html": "<p>Look</p>",
                "partner_to": str(self.partner.id),
            }
        )
        self._do_with_rule(tell_team_leader=True, tell_template_id=template.id)
        mail = self._mails()
        self.assertEqual(mail.subject, "Look at Ada Bianchi")
        self.assertEqual(mail.recipient_ids, self.leader.partner_id, "nobody else")

    def test_template_for_something_else_is_refused(self):
        template = self.env["mail.template"].create(
            {"name": "Other", "model_id": self.env["ir.model"]._get_id("crm.lead")}
        )
        with self.assertRaises(ValidationError):
            self._create_rule(self.interested, tell_template_id=template.id)

    def test_each_is_told_in_their_own_language(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.leader.lang = "es_ES"
        template = self.env.ref("crm_playbook.mail_template_rule_tells")
        template.with_context(lang="es_ES").subject = "Novedad"
        self._do_with_rule(tell_team_leader=True, tell_user_ids=self.manager.ids)
        subjects = {mail.recipient_ids: mail.subject for mail in self._mails()}
        self.assertEqual(subjects[self.leader.partner_id], "Novedad")
        self.assertIn("Ada Bianchi", subjects[self.manager.partner_id])

    # === WHEN === #

    def test_event_told_twice_is_told_to_nobody_twice(self):
        self._create_rule(trigger="mail_opened", tell_journey_salesperson=True)
        action = self._planned(self._start()).sudo()
        event = Event.of_action("mail_opened", action)
        self.env["crm.playbook.rule"]._tell(event)
        self.env["crm.playbook.rule"]._tell(event)
        self.assertEqual(len(self._mails()), 1)

    def test_many_events_are_told_as_a_set(self):
        self._create_rule(trigger="mail_opened", tell_journey_salesperson=True)
        leads = [self._start(self._create_lead()) for _number in range(3)]
        events = [
            Event.of_action("mail_opened", self._planned(lead).sudo()) for lead in leads
        ]
        with self.assertNoLogs(RULES):
            self.env["crm.playbook.rule"]._tell_all(events)
        mails = self._mails()
        self.assertEqual(len(mails), 3)
        self.assertEqual(mails.recipient_ids, self.seller.partner_id)

    def test_broken_template_is_an_error_that_the_ledger_tells(self):
        template = self.env["mail.template"].create(
            {
                "name": "Broken",
                "model_id": self.env["ir.model"]._get_id("crm.transition"),
                "subject": "{{ object.no_such_field }}",
                "body_html": "<p>Look</p>",
            }
        )
        self._create_rule(
            trigger="mail_opened",
            tell_journey_salesperson=True,
            tell_template_id=template.id,
            commercial_status_id=self.status.id,
        )
        lead = self._start()
        event = Event.of_action("mail_opened", self._planned(lead).sudo())
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            with self.assertLogs(RULES, "WARNING"):
                line = self.env["crm.playbook.rule"]._tell(event)
        self.assertIn("could not be applied", line.effects)
        self.assertFalse(lead.commercial_status_id)
        self.assertFalse(self._mails())

    # === WORDS === #

    def test_sentence_and_preview_say_whom_it_tells(self):
        rule = self._create_rule(
            self.interested, tell_team_leader=True, tell_user_ids=self.manager.ids
        )
        self.assertIn(
            f"tell the team's leader, {self.manager.name} by e-mail", rule.sentence
        )
        action = self._planned(self._start()).with_user(self.seller)
        told = [
            item["text"]
            for item in action.preview(self.interested.id)
            if item["kind"] == "mail"
        ]
        self.assertEqual(
            told, [f"Told by e-mail: {self.leader.name}, {self.manager.name}"]
        )
        self.assertFalse(self._mails(), "a preview writes to nobody")

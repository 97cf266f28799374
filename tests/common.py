from datetime import datetime

from freezegun import freeze_time

from odoo.tests import TransactionCase, new_test_user

MONDAY = datetime(2026, 3, 2, 9, 0)


class PlaybookCase(TransactionCase):
    """A small company: a manager, two salespeople, a playbook of three calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "UTC"
        cls.team = cls.env["crm.team"].create({"name": "Test team"})
        cls.manager = cls._create_user("manager", "sales_team.group_sale_manager")
        cls.seller = cls._create_user("seller", "sales_team.group_sale_salesman")
        cls.other_seller = cls._create_user("other", "sales_team.group_sale_salesman")
        cls.team.member_ids = cls.seller | cls.other_seller
        cls.partner = cls._create_partner("Ada Bianchi")
        cls.interested = cls._create_outcome("Test interested", "positive")
        cls.declined = cls._create_outcome("Test declined", "negative")
        cls.no_answer = cls._create_outcome("Test no answer")
        cls.sent = cls._create_outcome("Test sent")
        outcomes = cls.interested | cls.declined | cls.no_answer
        cls.call = cls._create_type("Test call", outcomes, marginal_cost=2.5)
        cls.visit = cls._create_type(
            "Test visit", outcomes, channel="visit", duration=1
        )
        cls.playbook = cls.env["crm.playbook"].create({"name": "Three calls"})
        cls.first, cls.second, cls.third = (
            cls._create_stage(name, sequence=position)
            for position, name in enumerate(("First", "Second", "Third"))
        )
        cls.status = cls.env["crm.commercial.status"].create({"name": "Test planned"})

    @classmethod
    def _create_user(cls, login, groups, **values):
        return new_test_user(
            cls.env,
            f"playbook_{login}",
            groups,
            tz="UTC",
            email=f"{login}@test.example",
            **values,
        )

    @classmethod
    def _create_partner(cls, name, **values):
        email = f"{name.lower().replace(' ', '.')}@test.example"
        return cls.env["res.partner"].create(
            {"name": name, "email": email, "user_id": cls.seller.id, **values}
        )

    @classmethod
    def _create_outcome(cls, name, tone="neutral"):
        return cls.env["crm.outcome"].create({"name": name, "tone": tone})

    @classmethod
    def _create_type(cls, name, outcomes, **values):
        return cls.env["crm.action.type"].create(
            {"name": name, "outcome_ids": [(6, 0, outcomes.ids)], **values}
        )

    @classmethod
    def _create_message_type(cls):
        """An e-mail, which the scheduler can do by itself."""
        return cls._create_type(
            "Test e-mail", cls.sent, channel="email", sent_outcome_id=cls.sent.id
        )

    @classmethod
    def _create_stage(cls, name, playbook=None, **values):
        return cls.env["crm.playbook.stage"].create(
            {
                "name": name,
                "playbook_id": (playbook or cls.playbook).id,
                "task_type_id": cls.call.id,
                **values,
            }
        )

    @classmethod
    def _create_rule(cls, outcome=None, **values):
        return cls.env["crm.playbook.rule"].create(
            {
                "playbook_id": cls.playbook.id,
                "outcome_id": outcome.id if outcome else False,
                **values,
            }
        )

    @classmethod
    def _create_lead(cls, partner=None, **values):
        return cls.env["crm.lead"].create(
            {
                "name": "Test opportunity",
                "partner_id": (partner or cls.partner).id,
                "user_id": cls.seller.id,
                "team_id": cls.team.id,
                **values,
            }
        )

    @classmethod
    def _create_segment(cls, partners):
        return cls.env["crm.segment"].create(
            {"name": "Test segment", "domain": f"[('id', 'in', {partners.ids})]"}
        )

    @classmethod
    def _create_campaign(cls, partners, **values):
        return cls.env["crm.campaign"].create(
            {
                "name": "Test campaign",
                "playbook_id": cls.playbook.id,
                "segment_id": cls._create_segment(partners).id,
                "team_id": cls.team.id,
                "user_id": cls.manager.id,
                **values,
            }
        )

    @classmethod
    def _create_broken_campaign(cls):
        """A running campaign whose playbook has lost its only stage."""
        playbook = cls.env["crm.playbook"].create({"name": "Empty"})
        stage = cls._create_stage("Only", playbook=playbook)
        campaign = cls._create_campaign(cls.env["res.partner"], playbook_id=playbook.id)
        campaign.action_launch()
        stage.unlink()
        return campaign

    def _start(self, lead=None):
        """An opportunity in the first stage, as its salesperson sees it."""
        lead = (lead or self._create_lead()).with_user(self.seller)
        lead.start_playbook(self.playbook.id)
        return lead

    def _planned(self, record):
        """The planned actions of an opportunity or an entity."""
        field = "lead_id" if record._name == "crm.lead" else "partner_id"
        return self.env["crm.action"].search(
            [(field, "=", record.id), ("state", "=", "planned")]
        )

    def _do(self, lead, outcome, **values):
        """Do the planned action of an opportunity as its salesperson."""
        self._planned(lead).with_user(self.seller).done(outcome.id, **values)

    def _run_cron(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f"crm_playbook.{name}").method_direct_trigger()
        self.env.invalidate_all()

    def _at(self, moment):
        return freeze_time(moment)


class TeamCase(PlaybookCase):
    """The same company: its team has a leader, and there is another team."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leader = cls._create_user("leader", "sales_team.group_sale_salesman")
        cls.team.user_id = cls.leader
        cls.all_documents = cls._create_user(
            "all", "sales_team.group_sale_salesman_all_leads"
        )
        cls.foreign_team = cls.env["crm.team"].create({"name": "Another team"})


class MessageCase(PlaybookCase):
    """The same company, whose first task is an e-mail that the scheduler sends."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lead_model = cls.env["ir.model"]._get_id("crm.lead")
        cls.mail_template = cls.env["mail.template"].create(
            {
                "name": "Offer",
                "model_id": lead_model,
                "subject": "For {{ object.partner_id.name }}",
                "body_html": '<p>Dear <t t-out="object.partner_id.name"/>, see '
                '<a href="https://shop.test.example/offer">the offer</a>.</p>',
                "email_from": "sales@test.example",
            }
        )
        cls.sms_template = cls.env["sms.template"].create(
            {
                "name": "Short",
                "model_id": lead_model,
                "body": "Hi {{ object.partner_id.name }}",
            }
        )
        cls.email = cls._create_type(
            "Test e-mail",
            cls.sent,
            channel="email",
            sent_outcome_id=cls.sent.id,
            mail_template_id=cls.mail_template.id,
            marginal_cost=0.1,
        )
        cls.sms = cls._create_type(
            "Test SMS",
            cls.sent,
            channel="sms",
            sent_outcome_id=cls.sent.id,
            sms_template_id=cls.sms_template.id,
        )
        cls.first.task_type_id = cls.email
        cls.partner.write(
            {"phone": "+34 612 34 56 78", "country_id": cls.env.ref("base.es").id}
        )

    def _start_automatic(self, partner=None):
        """An opportunity whose first message is in Odoo's queue."""
        lead = self._start(self._create_lead(partner))
        self._run_cron("ir_cron_run_due_actions")
        return lead.sudo()

    def _message(self, action):
        """The mail or SMS of an action."""
        name = "sms.sms" if action.channel == "sms" else "mail.mail"
        return self.env[name].sudo().search([("crm_action_id", "=", action.id)])

    def _put_in_doubt(self, lead):
        """As a queue leaves a message that it has handed over, without its commit."""
        message = self._message(lead.action_ids)
        message.write({"state": message._failed_state, "failure_type": "in_doubt"})
        message._traces()._doubt()
        return message

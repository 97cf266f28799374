"""What is shipped as data does what it says: the club, the playbooks, the messages."""

from datetime import date, timedelta

from freezegun import freeze_time

from odoo.fields import Command

from .common import MONDAY, PlaybookCase

WAYS_OUT = ("next", "stage", "won", "lost")


class ShippedCase(PlaybookCase):
    """The shipped scheme in the hands of a salesperson, on a Monday morning."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.entity = cls._create_entity("Vera Lindt")

    def setUp(self):
        super().setUp()
        freezer = freeze_time(MONDAY)
        self.clock = freezer.start()
        self.addCleanup(freezer.stop)

    @classmethod
    def _create_entity(cls, name, **values):
        country = cls.env.ref("base.us").id
        defaults = {"phone": "+1 202-555-0188", "country_id": country}
        return cls._create_partner(name, **(defaults | values))

    @classmethod
    def _shipped(cls, name):
        return cls.env.ref(f"crm_playbook.{name}")

    def _register(self, action_type, outcome, **values):
        """Record an action as the salesperson."""
        actions = self.env["crm.action"].with_user(self.seller)
        action_id = actions.register(
            {
                "action_type_id": self._shipped(f"action_type_{action_type}").id,
                "outcome_id": self._shipped(f"outcome_{outcome}").id,
                **values,
            }
        )
        return self.env["crm.action"].browse(action_id)


class TestSportsClub(ShippedCase):
    """Each line of the club's scheme, for somebody whose status was Prospect."""

    def setUp(self):
        super().setUp()
        self.entity.commercial_status_id = self._shipped("status_prospect")

    def _after(self, action_type, outcome):
        """Status, points and days until the next meeting, after such an action."""
        action = self._register(action_type, outcome, partner_id=self.entity.id)
        planned = self._planned(self.entity)
        self.assertLessEqual(
            planned.action_type_id, self._shipped("action_type_meeting")
        )
        self.assertLessEqual(planned.user_id, self.seller)
        days = planned and (planned.date_start - MONDAY).days
        status = self.entity.commercial_status_id.name
        return status, action.points, days or None

    def test_tour_that_signs_up_makes_a_member(self):
        after = self._after("spontaneous_tour", "signs_up")
        self.assertEqual(after, ("Member", 15, None))

    def test_tour_that_does_not_sign_up_is_missed(self):
        after = self._after("spontaneous_tour", "does_not_sign_up")
        self.assertEqual(after, ("Missed", 0, None))

    def test_interested_guest_is_met_in_two_days(self):
        after = self._after("guest_pass", "interested")
        self.assertEqual(after, ("Planned", 1, 2))

    def test_guest_who_is_not_interested_is_no_member(self):
        after = self._after("guest_pass", "not_interested")
        self.assertEqual(after, ("Non-member", 0, None))

    def test_meeting_that_signs_up_makes_a_member(self):
        after = self._after("meeting", "signs_up")
        self.assertEqual(after, ("Member", 10, None))

    def test_meeting_that_does_not_sign_up_is_missed(self):
        after = self._after("meeting", "does_not_sign_up")
        self.assertEqual(after, ("Missed", 0, None))

    def test_check_up_leaves_the_status(self):
        self.assertEqual(self._after("check_up", "done"), ("Prospect", 1, None))

    def test_interested_on_the_telephone_is_met_in_two_days(self):
        after = self._after("telemarketing", "interested")
        self.assertEqual(after, ("Planned", 1, 2))

    def test_not_interested_on_the_telephone_is_missed(self):
        after = self._after("telemarketing", "not_interested")
        self.assertEqual(after, ("Missed", 0, None))

    def test_early_renewal_makes_a_member(self):
        after = self._after("early_renewal", "signs_up")
        self.assertEqual(after, ("Member", 10, None))

    def test_refused_early_renewal_leaves_the_status(self):
        after = self._after("early_renewal", "does_not_sign_up")
        self.assertEqual(after, ("Prospect", 0, None))

    def test_renewal_makes_a_member(self):
        self.assertEqual(self._after("renewal", "renews"), ("Member", 5, None))

    def test_refused_renewal_leaves_the_status(self):
        after = self._after("renewal", "does_not_renew")
        self.assertEqual(after, ("Prospect", 0, None))

    def test_not_renewed_at_expiry_is_no_member(self):
        self.assertEqual(self._after("not_renewed", "done"), ("Non-member", 0, None))

    def test_long_expired_is_a_former_member(self):
        after = self._after("long_expired", "done")
        self.assertEqual(after, ("Former member", 0, None))

    def test_quotation_is_delivered_and_answered(self):
        for outcome in ("delivered", "interested", "not_interested"):
            after = self._after("quotation", outcome)
            self.assertEqual(after, ("Prospect", 0, None))


class PlaybookRun(ShippedCase):
    """Travel a shipped playbook from a campaign made of its template."""

    def _launch(self, name, entity=None):
        """Launch a campaign made of the shipped template; the opportunity it brings."""
        template = self._shipped(f"campaign_template_{name}").with_user(self.manager)
        campaign = template.browse(template.action_use_template()["res_id"])
        campaign.write(
            {
                "segment_id": self._create_segment(entity or self.entity).id,
                "team_id": self.team.id,
            }
        )
        campaign.action_launch()
        self._run_cron("ir_cron_run_due_actions")
        return campaign.lead_ids.with_user(self.seller)

    def _pass(self, **span):
        """Let time pass, and the schedulers work."""
        self.clock.tick(timedelta(**span))
        self._run_cron("ir_cron_run_due_actions")
        self._run_cron("ir_cron_watch_idle")
        self._run_cron("ir_cron_run_due_actions")

    def _record(self, lead, action_type, *outcomes):
        for outcome in outcomes:
            self._register(action_type, outcome, lead_id=lead.id)

    def _answer_survey(self, lead, score):
        """Have the customer answer the survey, each question worth ``score`` of 4."""
        answer = lead.sudo().action_ids.survey_answer_id
        self.env["survey.user_input.line"].create(
            [
                {
                    "user_input_id": answer.id,
                    "question_id": question.id,
                    "answer_type": "suggestion",
                    "suggested_answer_id": question.suggested_answer_ids.filtered(
                        lambda choice: choice.answer_score == score
                    ).id,
                }
                for question in answer.survey_id.question_ids
                if question.question_type == "simple_choice"
            ]
        )
        answer._mark_done()
        self.env.invalidate_all()
        return answer

    def _confirm_order(self, lead):
        product = self.env["product.product"].create({"name": "Test", "list_price": 90})
        order = self.env["sale.order"].create(
            {
                "partner_id": lead.partner_id.id,
                "opportunity_id": lead.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )
        order.action_confirm()
        self.env.invalidate_all()

    def assertStage(self, lead, name):
        stage = lead.playbook_stage_id.get_external_id()[lead.playbook_stage_id.id]
        self.assertEqual(stage, f"crm_playbook.stage_{name}")
        self.assertEqual(lead.won_status, "pending")

    def assertTask(self, lead, action_type, days=0):
        """The one thing to do next, and in how many days."""
        task = self._planned(lead)
        self.assertEqual(
            task.action_type_id, self._shipped(f"action_type_{action_type}")
        )
        self.assertEqual((task.date_start.date() - date.today()).days, days)

    def assertClosed(self, lead, status, reason=None):
        self.assertEqual(lead.won_status, status)
        reason = self._shipped(f"lost_reason_{reason}") if reason else False
        self.assertEqual(lead.lost_reason_id or False, reason)
        self.assertFalse(self._planned(lead))


class TestAcquisition(PlaybookRun):
    def test_travels_from_the_email_to_the_last_call(self):
        lead = self._launch("acquisition")
        self.assertStage(lead, "acquisition_sms")
        self._pass(days=3)
        self.assertStage(lead, "acquisition_call")
        self._record(lead, "call", "no_answer", "no_answer", "no_answer")
        self.assertStage(lead, "acquisition_second_sms")
        self._pass(days=3)
        self.assertStage(lead, "acquisition_second_call")
        self._record(lead, "call", "no_answer", "no_answer", "no_answer")
        self.assertClosed(lead, "lost", "not_reached")

    def test_both_messages_are_queued(self):
        lead = self._launch("acquisition")
        self._pass(days=3)
        messages = lead.action_ids.filtered(lambda action: action.state == "done")
        self.assertEqual(messages.mapped("channel"), ["sms", "email"])
        traces = messages.sudo().mailing_trace_ids
        self.assertTrue(traces.mail_mail_id)
        self.assertTrue(traces.sms_id)

    def test_whoever_answers_the_email_is_called(self):
        lead = self._launch("acquisition")
        lead.sudo().action_ids.mailing_trace_ids.set_replied()
        self.assertStage(lead, "acquisition_call")
        self.assertTask(lead, "call", days=1)

    def test_whoever_clicks_is_called(self):
        lead = self._launch("acquisition")
        lead.sudo().action_ids.mailing_trace_ids.set_clicked()
        self.assertStage(lead, "acquisition_call")

    def test_whoever_has_no_address_gets_the_sms(self):
        lead = self._launch("acquisition", self._create_entity("No Mail", email=False))
        self.assertStage(lead, "acquisition_sms")

    def test_whoever_has_no_number_is_still_on_the_list_of_calls(self):
        lead = self._launch("acquisition", self._create_entity("No Phone", phone=False))
        self._pass(days=3)
        self.assertStage(lead, "acquisition_call")

    def test_whoever_is_interested_is_visited_in_two_days(self):
        lead = self._launch("acquisition")
        self._pass(days=3)
        self._record(lead, "call", "interested")
        self.assertTask(lead, "visit", days=4)  # two days after Thursday nobody works
        self.assertEqual(self.entity.commercial_status_id.name, "Planned")

    def test_visit_leads_to_the_quotation_and_the_quotation_to_a_call(self):
        lead = self._launch("acquisition")
        self._pass(days=3)
        self._record(lead, "call", "interested")
        self._record(lead, "visit", "interested")
        self.assertTask(lead, "quotation", days=1)
        self._record(lead, "quotation", "delivered")
        self.assertTask(lead, "call", days=3)

    def test_confirmed_order_makes_a_customer(self):
        lead = self._launch("acquisition")
        self._confirm_order(lead)
        self.assertClosed(lead, "won")
        self.assertEqual(self.entity.commercial_status_id.name, "Customer")

    def test_whoever_is_not_interested_is_missed(self):
        lead = self._launch("acquisition")
        self._pass(days=3)
        self._record(lead, "call", "not_interested")
        self.assertClosed(lead, "lost", "not_interested")
        self.assertEqual(self.entity.commercial_status_id.name, "Missed")

    def test_whoever_is_undecided_gets_a_second_sms(self):
        lead = self._launch("acquisition")
        self._pass(days=3)
        self._record(lead, "call", "done")
        self.assertStage(lead, "acquisition_second_sms")

    def test_call_back_is_planned_at_an_hour(self):
        lead = self._launch("acquisition")
        self._pass(days=3)
        self._record(lead, "call", "call_back")
        self.assertTask(lead, "call", days=4)  # two days after Thursday nobody works
        self.assertEqual(self._planned(lead).mode, "planned")


class TestLoyalty(PlaybookRun):
    def _to_survey(self):
        lead = self._launch("loyalty")
        self.assertStage(lead, "loyalty_follow_up")
        self._pass(days=14)
        self.assertStage(lead, "loyalty_survey")
        self._pass(days=14)
        return lead

    def test_travels_from_the_welcome_to_the_evaluation(self):
        lead = self._to_survey()
        self._answer_survey(lead, 4)
        self.assertStage(lead, "loyalty_call")
        self.assertTask(lead, "satisfaction_call", days=2)
        self._record(lead, "satisfaction_call", "satisfied")
        self.assertStage(lead, "loyalty_evaluation")
        self._record(lead, "satisfaction_evaluation", "satisfied")
        self.assertClosed(lead, "won")
        self.assertEqual(self.entity.commercial_status_id.name, "Customer")

    def test_whoever_is_not_satisfied_is_called_at_once(self):
        lead = self._to_survey()
        self._answer_survey(lead, 1)
        self.assertStage(lead, "loyalty_survey")
        self.assertTask(lead, "satisfaction_call")
        self._record(lead, "satisfaction_call", "dissatisfied")
        self.assertStage(lead, "loyalty_evaluation")

    def test_unanswered_survey_is_followed_by_a_call_after_a_week(self):
        lead = self._to_survey()
        self._pass(days=6)
        self.assertStage(lead, "loyalty_survey")
        self._pass(days=1)
        self.assertStage(lead, "loyalty_call")

    def test_whoever_has_no_address_is_called(self):
        lead = self._launch("loyalty", self._create_entity("No Mail", email=False))
        self.assertStage(lead, "loyalty_call")

    def test_whoever_answers_a_message_is_called(self):
        lead = self._launch("loyalty")
        lead.sudo().action_ids.mailing_trace_ids.set_replied()
        tasks = self._planned(lead).action_type_id
        self.assertIn(self._shipped("action_type_satisfaction_call"), tasks)
        self.assertStage(lead, "loyalty_follow_up")

    def test_whoever_cannot_be_reached_is_evaluated(self):
        lead = self._to_survey()
        self._answer_survey(lead, 4)
        self._record(lead, "satisfaction_call", "no_answer", "no_answer", "no_answer")
        self.assertStage(lead, "loyalty_evaluation")

    def test_dissatisfied_customer_is_lost(self):
        lead = self._to_survey()
        lead.go_to_stage(self._shipped("stage_loyalty_evaluation").id)
        self._record(lead, "satisfaction_evaluation", "dissatisfied")
        self.assertClosed(lead, "lost", "dissatisfied")


class TestSurveys(PlaybookRun):
    def test_travels_from_the_survey_to_the_call(self):
        lead = self._launch("surveys")
        self.assertStage(lead, "surveys_survey")
        self._pass(days=7)
        self.assertStage(lead, "surveys_reminder")
        self._answer_survey(lead, 1)
        self.assertStage(lead, "surveys_call")
        self._record(lead, "satisfaction_call", "dissatisfied")
        self._record(lead, "satisfaction_evaluation", "satisfied")
        self.assertClosed(lead, "won")

    def test_good_answer_closes_the_opportunity(self):
        lead = self._launch("surveys")
        answer = self._answer_survey(lead, 3)
        self.assertEqual(answer.scoring_percentage, 75)
        self.assertClosed(lead, "won")

    def test_reminder_holds_the_link_to_the_same_survey(self):
        lead = self._launch("surveys")
        self._pass(days=7)
        answer = lead.sudo().action_ids.survey_answer_id
        mail = lead.sudo().action_ids.mailing_trace_ids.mail_mail_id.filtered(
            lambda mail: "still" in mail.subject
        )
        links = self.env["link.tracker"].search([("url", "like", answer.access_token)])
        self.assertTrue(any(url in mail.body_html for url in links.mapped("short_url")))

    def test_whoever_never_answers_is_let_be(self):
        lead = self._launch("surveys")
        self._pass(days=7)
        self._pass(days=7)
        self.assertClosed(lead, "lost", "no_survey_answer")

    def test_customer_is_asked_again_after_half_a_year(self):
        lead = self._launch("surveys")
        self._answer_survey(lead, 4)
        campaign = lead.crm_campaign_id
        self.assertEqual(campaign.with_user(self.manager).generate(), 0)
        self.clock.tick(timedelta(days=181))
        self.assertEqual(campaign.with_user(self.manager).generate(), 1)


class TestUnpaid(PlaybookRun):
    """Over a posted invoice that is really overdue."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env.company
        if not company.chart_template:
            cls.env["account.chart.template"].try_loading(
                "generic_coa", company, install_demo=False
            )

    def setUp(self):
        super().setUp()
        self.invoice = self._create_invoice(self.entity, days_late=1)

    def _create_invoice(self, entity, days_late):
        due = MONDAY.date() - timedelta(days=days_late)
        line = {"name": "Test", "quantity": 1, "price_unit": 100, "tax_ids": []}
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": entity.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [Command.create(line)],
            }
        )
        invoice.action_post()
        return invoice

    def _pay(self, invoice):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({}).action_create_payments()
        self.env.invalidate_all()

    def test_segment_finds_whoever_owes_money(self):
        self._create_invoice(self._create_entity("Late Larry"), days_late=30)
        found = {
            name: self._shipped(f"segment_{name}")._partners().mapped("name")
            for name in ("unpaid", "unpaid_new", "unpaid_late", "unpaid_long")
        }
        self.assertIn("Vera Lindt", found["unpaid"])
        self.assertIn("Late Larry", found["unpaid"])
        self.assertIn("Vera Lindt", found["unpaid_new"])
        self.assertNotIn("Late Larry", found["unpaid_new"])
        self.assertIn("Late Larry", found["unpaid_late"])
        self.assertNotIn("Late Larry", found["unpaid_long"])

    def test_travels_from_the_reminder_to_the_last_call(self):
        lead = self._launch("unpaid")
        self.assertStage(lead, "unpaid_sms")
        self._pass(days=7)
        self.assertStage(lead, "unpaid_call")
        self._record(lead, "collection_call", "refuses_to_pay")
        self.assertStage(lead, "unpaid_notice")
        self._pass(days=7)
        self.assertStage(lead, "unpaid_last_call")
        self._record(lead, "collection_call", "refuses_to_pay")
        self.assertClosed(lead, "lost", "debt_collection")

    def test_reminder_names_the_invoice(self):
        lead = self._launch("unpaid")
        mail = lead.sudo().action_ids.mailing_trace_ids.mail_mail_id
        self.assertIn(self.invoice.name, mail.body_html)

    def test_paid_invoice_closes_as_won_whatever_the_stage(self):
        lead = self._launch("unpaid")
        self._pass(days=7)
        self._pay(self.invoice)
        self.assertClosed(lead, "won")

    def test_one_of_two_invoices_is_not_enough(self):
        self._create_invoice(self.entity, days_late=5)
        lead = self._launch("unpaid")
        self._pay(self.invoice)
        self.assertStage(lead, "unpaid_sms")

    def test_broken_promise_brings_the_notice(self):
        lead = self._launch("unpaid")
        self._pass(days=7)
        self._record(lead, "collection_call", "promises_to_pay")
        self.assertTask(lead, "collection_call", days=7)
        self._record(lead, "collection_call", "promises_to_pay")
        self.assertStage(lead, "unpaid_notice")

    def test_disputed_invoice_is_reviewed(self):
        lead = self._launch("unpaid")
        self._pass(days=7)
        self._record(lead, "collection_call", "disputes")
        self.assertTask(lead, "dispute_review", days=1)
        self._record(lead, "dispute_review", "claim_accepted")
        self.assertClosed(lead, "lost", "claim_accepted")


class TestCrossSelling(PlaybookRun):
    def test_travels_from_the_email_to_the_call(self):
        lead = self._launch("cross_selling")
        self.assertStage(lead, "cross_selling_email")
        self._pass(days=2)
        self.assertStage(lead, "cross_selling_email")
        self._pass(days=1)
        self.assertStage(lead, "cross_selling_call")
        self._record(lead, "call", "interested")
        self.assertTask(lead, "quotation", days=1)
        self._confirm_order(lead)
        self.assertClosed(lead, "won")

    def test_whoever_clicks_is_called_at_once(self):
        lead = self._launch("cross_selling")
        lead.sudo().action_ids.mailing_trace_ids.set_clicked()
        self.assertStage(lead, "cross_selling_call")
        self.assertTask(lead, "call")

    def test_segment_by_products_finds_who_bought_one_and_not_the_other(self):
        machine, beans = self.env["product.product"].create(
            [{"name": "Machine"}, {"name": "Beans"}]
        )
        both = self._create_entity("Has Both")
        for buyer, products in ((self.entity, machine), (both, machine | beans)):
            self.env["sale.order"].create(
                {
                    "partner_id": buyer.id,
                    "order_line": [
                        Command.create({"product_id": p.id}) for p in products
                    ],
                }
            ).action_confirm()
        segment = self.env["crm.segment"].create(
            {
                "name": "Machine without beans",
                "domain": f"[('bought_product_ids', 'in', {machine.ids}), "
                f"('bought_product_ids', 'not in', {beans.ids})]",
            }
        )
        self.assertEqual(segment.with_user(self.seller)._partners(), self.entity)


class TestCompanySales(PlaybookRun):
    def setUp(self):
        super().setUp()
        self.lead = self._create_lead(self.entity).with_user(self.seller)
        self.lead.start_playbook(self._shipped("playbook_company_sales").id)

    def _to_decision(self):
        self._record(self.lead, "needs_analysis", "needs_identified")
        self._record(self.lead, "presentation", "interested")

    def test_travels_from_the_needs_to_the_sale(self):
        self.assertStage(self.lead, "company_sales_needs")
        self.assertEqual(self._planned(self.lead).mode, "planned")
        self._record(self.lead, "needs_analysis", "needs_identified")
        self.assertStage(self.lead, "company_sales_presenting")
        self._record(self.lead, "presentation", "interested")
        self.assertStage(self.lead, "company_sales_deciding")
        self._record(self.lead, "decision", "postponed")
        self.assertStage(self.lead, "company_sales_postponed")
        self.assertTask(self.lead, "decision", days=30)
        self._record(self.lead, "decision", "accepts")
        self.assertClosed(self.lead, "won")
        self.assertEqual(self.entity.commercial_status_id.name, "Customer")

    def test_pipeline_moves_along(self):
        self.assertEqual(self.lead.stage_id, self.env.ref("crm.stage_lead1"))
        self._to_decision()
        self.assertEqual(self.lead.stage_id, self.env.ref("crm.stage_lead3"))

    def test_declined_offer_is_lost(self):
        self._to_decision()
        self._record(self.lead, "decision", "declines")
        self.assertClosed(self.lead, "lost", "declined")

    def test_decision_is_not_postponed_for_ever(self):
        self._to_decision()
        self._record(self.lead, "decision", *["postponed"] * 4)
        self.assertClosed(self.lead, "lost", "no_decision")

    def test_whoever_needs_nothing_is_lost(self):
        self._record(self.lead, "needs_analysis", "no_need")
        self.assertClosed(self.lead, "lost", "no_need")


class TestShippedScheme(ShippedCase):
    """What holds for all that is shipped, so that no stage is a dead end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        names = ("acquisition", "loyalty", "surveys", "unpaid", "cross_selling")
        cls.campaigns = cls.env["crm.campaign"]
        for name in names:
            cls.campaigns |= cls._shipped(f"campaign_template_{name}")
        cls.playbooks = cls.campaigns.playbook_id
        cls.playbooks |= cls._shipped("playbook_company_sales")
        cls.stages = cls.playbooks.stage_ids

    def _rules(self, stage, *triggers):
        """The rules that may answer such an event in the stage."""
        return stage.playbook_id.rule_ids.filtered(
            lambda rule: rule.stage_id <= stage and rule.trigger in triggers
        )

    def test_every_outcome_of_a_rule_is_one_of_its_type(self):
        rules = self.env["crm.playbook.rule"].search([("action_type_id", "!=", False)])
        for rule in rules:
            self.assertLessEqual(rule.outcome_id, rule.action_type_id.outcome_ids)

    def test_every_outcome_of_a_task_is_answered(self):
        for stage in self.stages.filtered(lambda stage: stage.task_mode != "automatic"):
            for outcome in stage.task_type_id.outcome_ids:
                answers = self._rules(stage, "outcome").filtered(
                    lambda rule, stage=stage, outcome=outcome: (
                        rule.action_type_id <= stage.task_type_id
                        and rule.outcome_id == outcome
                    )
                )
                self.assertTrue(answers, f"{stage.name}: {outcome.name}")

    def test_every_task_of_a_rule_is_answered(self):
        for rule in self.playbooks.rule_ids.filtered("task_type_id"):
            answered = rule.playbook_id.rule_ids.filtered(
                lambda answer, rule=rule: answer.action_type_id == rule.task_type_id
            )
            self.assertEqual(answered.outcome_id, rule.task_type_id.outcome_ids)

    def test_every_message_stage_is_left_when_sent_or_after_a_while(self):
        for stage in self.stages.filtered(lambda stage: stage.task_mode == "automatic"):
            ways = self._rules(stage, "outcome", "idle").filtered(
                lambda rule, stage=stage: (
                    rule.move in WAYS_OUT
                    and (
                        rule.trigger == "idle"
                        or rule.outcome_id == stage.task_type_id.sent_outcome_id
                    )
                )
            )
            self.assertTrue(ways, stage.name)

    def test_every_message_that_cannot_be_delivered_is_answered(self):
        for stage in self.stages.filtered(lambda stage: stage.task_mode == "automatic"):
            trigger = "sms_failed" if stage.task_channel == "sms" else "mail_bounced"
            ways = self._rules(stage, trigger)
            self.assertTrue(set(ways.mapped("move")) & set(WAYS_OUT), stage.name)

    def test_every_message_stage_has_its_text(self):
        for stage in self.stages.filtered(lambda stage: stage.task_mode == "automatic"):
            texts = {
                "email": stage._mail_template(stage.task_type_id),
                "sms": stage._sms_template(stage.task_type_id),
                "survey": stage._survey(stage.task_type_id),
            }
            self.assertTrue(texts[stage.task_channel], stage.name)

    def test_every_message_may_be_declined_but_reminders_of_debts(self):
        for stage in self.stages.filtered("mail_template_id"):
            lead = self._create_lead(self.entity)
            lead.start_playbook(stage.playbook_id.id)
            mail = stage.mail_template_id.send_mail_batch(lead.ids)
            self.assertIn("Vera Lindt", mail.body_html)
            asks_for_money = stage.playbook_id.purpose == "collection"
            declined = "/unsubscribe_from_list" in mail.body_html
            self.assertNotEqual(declined, asks_for_money, stage.name)

    def test_every_campaign_of_the_shelf_runs_but_one_that_needs_a_segment(self):
        needy = self.campaigns.filtered(lambda campaign: not campaign.segment_id)
        self.assertEqual(needy, self._shipped("campaign_template_cross_selling"))
        self.assertEqual(set(self.campaigns.mapped("state")), {"draft"})

    def test_whoever_uses_a_template_is_responsible(self):
        template = self.campaigns[0].with_user(self.manager)
        made = template.browse(template.action_use_template()["res_id"])
        self.assertEqual(made.user_id, self.manager)
        self.assertFalse(made.is_template)

    def test_segments_can_be_read_by_a_salesperson(self):
        for segment in self.campaigns.segment_id.with_user(self.seller):
            self.assertGreaterEqual(segment.partner_count, 0)

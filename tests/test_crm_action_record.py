from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import PlaybookCase


@tagged("post_install", "-at_install")
class TestCrmActionRecord(PlaybookCase):
    """The one dialog, from wherever it is opened."""

    # === WHAT IT IS ABOUT === #

    def test_planned_task_is_done_with_its_outcome(self):
        self._create_rule(self.interested, task_type_id=self.visit.id)
        action = self._task()
        form = self._dialog(action)
        self.assertEqual(form.action_type_id, self.call)
        form.outcome_id = self.interested
        form.note = "Wants the figures"
        told = form.save().action_record()["params"]
        self.assertEqual(action.state, "done")
        self.assertEqual(action.note, "Wants the figures")
        following = self._planned(action.lead_id).filtered(
            lambda task: task.action_type_id == self.visit
        )
        self.assertIn("Test visit", told["message"])
        self.assertEqual(told["links"][0]["url"], f"/odoo/actions/{following.id}")

    def test_what_was_ticked_off_without_outcome_gets_it(self):
        action = self._task()
        activity = self.env["mail.activity"].search([("crm_action_id", "=", action.id)])
        activity.with_user(self.seller).action_done()
        self.assertTrue(action.lacks_outcome)
        self._wizard(action, outcome_id=self.interested.id).action_record()
        self.assertEqual(action.outcome_id, self.interested)
        self.assertFalse(self._dialog(action).may_record)

    def test_outcome_has_to_be_chosen(self):
        with self.assertRaisesRegex(UserError, "how it ended"):
            self._wizard(self._task()).action_record()

    def test_entity_with_one_open_task_has_it_chosen(self):
        action = self._task()
        form = self._dialog(self.partner)
        self.assertEqual(form.task_id, action)
        self.assertEqual([task["id"] for task in form.task_choices], action.ids)

    def test_what_was_done_besides_leaves_the_open_task(self):
        action = self._task()
        form = self._dialog(self.partner)
        form.task_id = self.env["crm.action"]
        form.action_type_id = self.visit
        form.outcome_id = self.interested
        form.save().action_record()
        self.assertEqual(action.state, "planned")
        done = self.partner.crm_action_ids.filtered(lambda a: a.state == "done")
        self.assertEqual(done.action_type_id, self.visit)

    def test_opportunity_order_and_invoice_lead_to_the_same_opportunity(self):
        lead = self._start()
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "opportunity_id": lead.id,
                "user_id": self.seller.id,
                "order_line": [
                    (0, 0, {"product_id": self._product().id, "price_unit": 100})
                ],
            }
        )
        order.action_confirm()
        invoice = order._create_invoices()
        for record in (lead, order, invoice):
            with self.subTest(model=record._name):
                form = self._dialog(record)
                self.assertEqual(form.lead_id, lead)
                self.assertEqual(form.partner_id, self.partner)
                self.assertEqual(form.task_id, self._planned(lead))

    def test_document_of_a_foreign_opportunity_is_about_its_entity(self):
        lead = self._create_lead(user_id=self.other_seller.id)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "opportunity_id": lead.id,
                "user_id": self.seller.id,
            }
        )
        form = self._dialog(order)
        self.assertFalse(form.lead_id)
        self.assertEqual(form.partner_id, self.partner)

    def test_nothing_chosen_asks_with_whom(self):
        form = Form(self.env["crm.action.record"].with_user(self.seller))
        form.partner_id = self.partner
        form.action_type_id = self.call
        form.outcome_id = self.interested
        form.save().action_record()
        self.assertEqual(self.partner.crm_action_ids.state, "done")

    def test_another_entity_has_another_opportunity(self):
        form = self._dialog(self._create_lead())
        form.partner_id = self._create_partner("Somebody Else")
        self.assertFalse(form.lead_id)

    # === MANY AT ONCE === #

    def test_many_tasks_are_done_at_once(self):
        actions = self._task() | self._task()
        form = self._dialog(actions)
        self.assertEqual(form.several, 2)
        form.outcome_id = self.interested
        form.save().action_record()
        self.assertEqual(actions.mapped("state"), ["done", "done"])

    def test_tasks_of_several_types_have_no_outcome_together(self):
        lead = self._start()
        other = (
            self.env["crm.action"]
            .with_user(self.seller)
            .create({"lead_id": lead.id, "action_type_id": self.visit.id})
        )
        form = self._dialog(self._planned(lead) | other)
        self.assertFalse(form.may_record)
        self.assertIn("reassign", self._instead(form))

    def test_one_that_cannot_be_done_is_named_and_none_is_done(self):
        planned, done = self._task(), self._task(self._create_partner("Gone Already"))
        done.done(self.interested.id)
        wizard = self._wizard(planned | done, outcome_id=self.interested.id)
        with self.assertRaisesRegex(UserError, "Gone Already"):
            with self.env.cr.savepoint():
                wizard.action_record()
        self.assertEqual(planned.state, "planned")

    def test_error_of_a_rule_names_whose_it_is(self):
        self._create_rule(self.interested, commercial_status_id=self.status.id)
        named = self._create_partner("The Odd One")
        actions = self._task() | self._task(named)

        def refuse(_rule, lines):
            if lines.partner_id == named:
                raise UserError(self.env._("It does not go"))
            return []

        self.patch(self.env.registry["crm.playbook.rule"], "_apply_status", refuse)
        with self.assertRaisesRegex(UserError, "The Odd One.*It does not go"):
            with self.env.cr.savepoint():
                actions.done(self.interested.id)
        self.assertEqual(actions.mapped("state"), ["planned", "planned"])

    def test_many_entities_and_opportunities(self):
        partners = self._create_partner("One") | self._create_partner("Two")
        wizard = self._wizard(
            partners, action_type_id=self.call.id, outcome_id=self.interested.id
        )
        wizard.action_record()
        self.assertEqual(partners.crm_action_ids.mapped("state"), ["done", "done"])
        leads = self._start() | self._start()
        planned = self.env["crm.action"].search([("lead_id", "in", leads.ids)])
        wizard = self._wizard(
            leads, action_type_id=self.call.id, outcome_id=self.interested.id
        )
        wizard.action_record()
        self.assertEqual(planned.mapped("state"), ["done", "done"])

    # === INSTEAD === #

    def test_instead_tasks_are_replanned_given_or_cancelled(self):
        actions = self._task() | self._task()
        self._instead_of(actions, "reschedule", date="2027-01-04 10:00:00")
        self.assertEqual(
            actions.mapped(lambda action: str(action.date_start)),
            ["2027-01-04 10:00:00"] * 2,
        )
        self._instead_of(actions, "reschedule", date="2027-01-04 11:00:00", mode="free")
        self.assertEqual(actions.mapped("mode"), ["free"] * 2)
        self._instead_of(
            actions, "reschedule", date="2027-01-04 12:00:00", mode="planned", hours=2
        )
        self.assertEqual(
            actions.mapped(lambda action: str(action.date_end)),
            ["2027-01-04 14:00:00"] * 2,
        )
        self._instead_of(actions, "cancel", reason="They called us")
        self.assertEqual(actions.mapped("cancel_reason"), ["They called us"] * 2)
        self._instead_of(actions, "reschedule", date="2027-01-05 10:00:00")
        self._instead_of(actions, "reassign", user_id=self.other_seller.id)
        self.assertEqual(actions.sudo().user_id, self.other_seller)

    def test_instead_the_opportunity_moves_or_is_closed(self):
        reason = self.env["crm.lost.reason"].create({"name": "Too dear"})
        action = self._task()
        lead = action.lead_id
        self._instead_of(action, "stage", stage_id=self.third.id)
        self.assertEqual(lead.playbook_stage_id, self.third)
        self._instead_of(lead, "lost", lost_reason_id=reason.id)
        self.assertEqual((lead.won_status, lead.lost_reason_id), ("lost", reason))
        lead.action_restore()
        self._instead_of(self._planned(lead), "won")
        self.assertEqual(lead.won_status, "won")

    def test_instead_another_campaign_starts(self):
        campaign = self._create_campaign(self.env["res.partner"])
        campaign.action_launch()
        action = self._task()
        self._instead_of(action, "campaign", campaign_id=campaign.id)
        self.assertEqual(campaign.lead_ids.partner_id, self.partner)
        self.assertEqual(campaign.lead_ids.origin_action_id, action)
        with self.assertRaisesRegex(UserError, "already"):
            self._instead_of(action, "campaign", campaign_id=campaign.id)

    def test_only_what_is_possible_is_offered(self):
        entity = self._dialog(self._create_partner("Without Anything"))
        self.assertEqual(self._instead(entity), ["campaign"])
        task = self._dialog(self._task())
        self.assertEqual(
            self._instead(task),
            ["reschedule", "reassign", "stage", "won", "lost", "campaign", "cancel"],
        )

    def test_what_is_not_possible_any_more_is_refused(self):
        wizard = self._wizard(self._create_partner("Without Anything"))
        wizard.instead = "cancel"
        with self.assertRaisesRegex(UserError, "choose again"):
            wizard.action_record()

    def test_closed_opportunities_stay_as_they_closed(self):
        won, still_open = self._start(), self._start()
        won.action_set_won()
        self._instead_of(won | still_open, "lost")
        self.assertEqual((won.won_status, won.active), ("won", True))
        self.assertEqual(still_open.won_status, "lost")

    def test_what_the_scheduler_will_send_stays_to_be_sent(self):
        letter = self._create_type("Letter", self.sent, channel="email")
        self.first.task_type_id = letter
        lead = self._start()
        self.env["crm.action"].with_user(self.seller).register(
            {
                "lead_id": lead.id,
                "action_type_id": letter.id,
                "outcome_id": self.sent.id,
            }
        )
        self.assertEqual(self._planned(lead).mode, "automatic")

    # === WHAT HELPS === #

    def test_latest_five_actions_of_the_entity(self):
        for _number in range(6):
            self._task().done(self.interested.id)
        form = self._dialog(self._task())
        latest = self.env["crm.action"].browse(form.latest_action_ids.ids)
        self.assertEqual(latest.mapped("state"), ["done"] * 5)
        self.assertEqual(latest.partner_id, self.partner)

    def test_number_is_international(self):
        self.partner.write(
            {"phone": "612 34 56 78", "country_id": self.env.ref("base.es").id}
        )
        action = self._task()
        self.assertEqual(action.phone_international, "+34 612 34 56 78")
        self.assertEqual(action.phone_dialled, "+34612345678")
        links = self._dialog(action).contact_links
        self.assertEqual(links["dialled"], "+34612345678")

    def test_number_without_country_is_of_the_company(self):
        self.env.company.country_id = self.env.ref("base.fr")
        self.partner.write({"phone": "06 12 34 56 78", "country_id": False})
        self.assertEqual(self._task().phone_international, "+33 6 12 34 56 78")

    def test_what_is_no_number_stays_as_typed(self):
        self.partner.phone = "ask for Ada"
        action = self._task()
        self.assertEqual(action.phone_international, "ask for Ada")
        self.assertFalse(action.phone_dialled)

    # === ACCESS === #

    def test_seller_does_not_record_the_task_of_a_colleague(self):
        lead = self._create_lead(user_id=self.other_seller.id)
        lead.with_user(self.other_seller).start_playbook(self.playbook.id)
        foreign = self._planned(lead)
        with self.assertRaises(AccessError):
            self._wizard(foreign, outcome_id=self.interested.id).action_record()
        self.assertEqual(foreign.state, "planned")

    def test_who_does_not_sell_has_no_dialog(self):
        employee = self._create_user("employee", "base.group_user")
        with self.assertRaises(AccessError):
            self.env["crm.action.record"].with_user(employee).create({})

    def test_campaign_is_not_started_for_the_action_of_a_colleague(self):
        campaign = self._create_campaign(self.env["res.partner"])
        campaign.action_launch()
        lead = self._create_lead(user_id=self.other_seller.id)
        lead.with_user(self.other_seller).start_playbook(self.playbook.id)
        with self.assertRaises(AccessError):
            campaign.with_user(self.seller).start_from(
                self.partner.id, self._planned(lead).id
            )

    # === HELPERS === #

    def _task(self, partner=None):
        lead = self._start(self._create_lead(partner))
        return self._planned(lead).with_user(self.seller)

    def _about(self, records):
        return (
            self.env["crm.action.record"]
            .with_user(self.seller)
            .with_context(
                active_model=records._name,
                active_id=records.ids[0],
                active_ids=records.ids,
            )
        )

    def _dialog(self, records):
        return Form(self._about(records))

    def _wizard(self, records, **values):
        return self._about(records).create(values)

    def _instead_of(self, records, instead, **values):
        return self._wizard(records, instead=instead, **values).action_record()

    def _instead(self, form):
        return [choice["id"] for choice in form.instead_choices]

    def _product(self):
        return self.env["product.product"].create(
            {"name": "Test product", "list_price": 100, "invoice_policy": "order"}
        )

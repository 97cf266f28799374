from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import MONDAY, PlaybookCase


class TimelineCase(PlaybookCase):
    """A story with something of each kind."""

    def _story(self):
        """An opportunity with something of each kind, and the titles in their order."""
        told, moment = [], MONDAY

        def at(title):
            nonlocal moment
            moment += timedelta(hours=1)
            told.append(title)
            return self._at(moment)

        lead = self._create_lead()
        with at("First"):
            self._start(lead)
        with at("Test call: Test interested"):
            self._do(lead, self.interested)
        with at("Budget?"):
            self._message(lead, "comment", "Budget?", "mail.mt_comment", moment)
        with at("Remember"):
            self._message(lead, "comment", "Remember", "mail.mt_note", moment)
        with at("Lunch"):
            self.env["calendar.event"].with_context(
                default_opportunity_id=lead.id, mail_notrack=True
            ).create(
                {
                    "name": "Lunch",
                    "start": moment,
                    "stop": moment + timedelta(hours=1),
                    "opportunity_id": lead.id,
                }
            )
        with at("Survey answered: Happy?"):
            survey = self.env["survey.survey"].create({"title": "Happy?"})
            answer = self.env["survey.user_input"].create(
                {"survey_id": survey.id, "lead_id": lead.id}
            )
            answer.write({"state": "done", "end_datetime": moment})
        with at("Quotation"):
            order = self._order(lead)
            self._date(order, "create_date", moment)
        told[-1] = f"Quotation {order.name}"
        with at(f"Order {order.name} confirmed"):
            order.action_confirm()
        # A rule that is shipped wins whatever is ordered.
        told += ["Won", "Status: Customer"]
        with at("Invoice"):
            invoice = order._create_invoices()
            invoice.action_post()
            self._date(invoice, "create_date", moment)
        told[-1] = f"Invoice {invoice.name}"
        # Odoo writes of meetings and orders in the chatter too: these are no mails.
        self._forget_other_messages(lead, told)
        return lead.with_user(self.manager), told

    def _turn_pages(self, record, limit, **asked):
        """The titles of all pages, each of which goes on where one ended."""
        titles, page = [], {"before": None, "has_more": True}
        while page["has_more"]:
            page = record.timeline(limit=limit, before=page["before"], **asked)
            titles += [item["title"] for item in page["items"]]
        return titles

    def _message(self, lead, kind, subject, subtype, moment):
        lead.message_post(
            body="What they say",
            subject=subject,
            message_type=kind,
            subtype_xmlid=subtype,
            date=moment,
        )

    def _forget_other_messages(self, lead, told):
        lead.message_ids.filtered(
            lambda message: message.subject not in told
        ).sudo().unlink()

    def _date(self, record, name, moment):
        record.flush_recordset()
        self.env.cr.execute(
            f"UPDATE {record._table} SET {name} = %s WHERE id = %s",
            [moment, record.id],
        )
        record.invalidate_recordset()

    def _order(self, lead, price=100):
        product = self.env["product.product"].search(
            [("name", "=", "Timeline product")]
        ) or self.env["product.product"].create(
            {
                "name": "Timeline product",
                "invoice_policy": "order",
                "taxes_id": False,
            }
        )
        return self.env["sale.order"].create(
            {
                "partner_id": lead.partner_id.id,
                "opportunity_id": lead.id,
                "user_id": self.seller.id,
                "order_line": [(0, 0, {"product_id": product.id, "price_unit": price})],
            }
        )


@tagged("post_install", "-at_install")
class TestCrmLeadTimeline(TimelineCase):
    """All that happened with an opportunity, in one list."""

    def test_everything_is_there_the_newest_first(self):
        """A story told once for each kind, hour by hour."""
        lead, told = self._story()
        self.assertEqual(
            [item["title"] for item in lead.timeline()["items"]], told[::-1]
        )
        dates = [item["date"] for item in lead.timeline()["items"]]
        self.assertEqual(dates, sorted(dates, reverse=True))

    def test_pages_are_the_whole_without_gap_or_double(self):
        lead, told = self._story()
        titles, offset, has_more = [], 0, True
        while has_more:
            page = lead.timeline(offset=offset, limit=2)
            titles += [item["title"] for item in page["items"]]
            offset, has_more = offset + 2, page["has_more"]
        self.assertEqual(titles, told[::-1])
        self.assertEqual(self._turn_pages(lead, 2), told[::-1])

    def test_each_kind_by_itself(self):
        lead, told = self._story()
        by_kind = {
            kind["id"]: {
                item["title"] for item in lead.timeline(kind=kind["id"])["items"]
            }
            for kind in lead.timeline_kinds()
        }
        self.assertEqual(set().union(*by_kind.values()), set(told))
        self.assertEqual(sum(map(len, by_kind.values())), len(told))
        self.assertEqual(by_kind["call"], {"Test call: Test interested"})
        self.assertEqual(by_kind["visit"], {"Lunch"})

    def test_queries_do_not_grow_with_the_number(self):
        lead = self._start()
        self._do(lead, self.interested)
        lead.timeline()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        lead.timeline()
        few = self.env.cr.sql_log_count - before
        actions = self.env["crm.action"].with_user(self.seller)
        for _number in range(15):
            actions.register(
                {
                    "lead_id": lead.id,
                    "action_type_id": self.call.id,
                    "outcome_id": self.interested.id,
                }
            )
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertEqual(len(lead.timeline()["items"]), 17)
        self.assertLessEqual(self.env.cr.sql_log_count - before, few)

    def test_mail_of_an_automatic_task_is_told_once(self):
        lead = self._start()
        action = self._planned(lead)
        message = lead.sudo().message_post(
            body="The offer", message_type="email_outgoing", subject="The offer"
        )
        self.env["mailing.trace"].sudo().create(
            {
                "trace_type": "mail",
                "model": "crm.lead",
                "res_id": lead.id,
                "email": "ada@test.example",
                "message_id": message.message_id,
                "crm_action_id": action.id,
            }
        )
        self.assertNotIn("The offer", [i["title"] for i in lead.timeline()["items"]])

    def test_visit_in_the_calendar_is_told_once(self):
        lead = self._start()
        visit = (
            self.env["crm.action"]
            .with_user(self.seller)
            .create({"lead_id": lead.id, "action_type_id": self.visit.id})
        )
        visit.plan(MONDAY)
        event = self.env["calendar.event"].search([("crm_action_id", "=", visit.id)])
        self.assertEqual(event.opportunity_id, lead)
        visit.done(self.interested.id)
        kinds = [item["title"] for item in lead.timeline(kind="visit")["items"]]
        self.assertEqual(kinds, ["Test visit: Test interested"])

    # === ACCESS === #

    def test_seller_does_not_see_that_of_a_colleague(self):
        lead = self._create_lead(user_id=self.other_seller.id)
        with self.assertRaises(AccessError):
            lead.with_user(self.seller).timeline()

    def test_what_the_user_may_not_see_is_not_there(self):
        lead = self._start()
        order = self._order(lead)
        order.sudo().user_id = self.other_seller
        titles = [item["title"] for item in lead.timeline()["items"]]
        self.assertNotIn(f"Quotation {order.name}", titles)

    # === MONEY === #

    def test_money_is_that_of_orders_and_invoices(self):
        lead = self._start()
        order, cancelled = self._order(lead, 100), self._order(lead, 70)
        self._order(lead, 30)
        order.action_confirm()
        cancelled.action_confirm()
        cancelled._action_cancel()
        invoice = order._create_invoices()
        self.assertEqual(self._money(lead), (100, 0, 0))
        invoice.action_post()
        self.assertEqual(self._money(lead), (100, 100, invoice.amount_residual))
        self._refund(invoice, 40)
        self.assertEqual(self._money(lead), (100, 60, 60))

    def test_invoice_of_two_opportunities_is_shared_by_its_lines(self):
        lead, other = self._start(), self._start()
        orders = self._order(lead, 100) | self._order(other, 300)
        orders.action_confirm()
        invoice = orders._create_invoices()
        self.assertEqual(len(invoice), 1)
        invoice.action_post()
        self.assertEqual(self._money(lead), (100, 100, 100))
        self.assertEqual(self._money(other), (300, 300, 300))

    def test_money_is_told_to_who_has_the_opportunity_whosever_the_invoice_is(self):
        lead = self._start()
        order = self._order(lead, 100)
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        invoice.invoice_user_id = order.user_id = self.other_seller
        lead = lead.with_user(self.seller)
        names = ["sale_amount_total", "invoiced_amount", "due_amount"]
        for order_of_reading in (names, names[::-1]):
            self.env.invalidate_all()
            [read] = lead.read(order_of_reading)
            self.assertEqual((read["invoiced_amount"], read["due_amount"]), (100, 100))

    def test_what_is_still_to_come_has_not_happened(self):
        lead = self._start()
        start = fields.Datetime.now() + timedelta(days=30)
        self.env["calendar.event"].create(
            {
                "name": "Next month",
                "opportunity_id": lead.id,
                "start": start,
                "stop": start,
            }
        )
        titles = [item["title"] for item in lead.timeline()["items"]]
        self.assertNotIn("Next month", titles)

    def test_sms_of_people_are_messages(self):
        lead = self._start()
        self._message(lead, "sms", "By SMS", "mail.mt_note", fields.Datetime.now())
        [item] = lead.timeline(kind="message")["items"]
        self.assertEqual((item["kind"], item["title"]), ("sms", "By SMS"))

    # === AROUND === #

    def test_other_campaigns_of_the_same_company(self):
        company = self._create_partner("The Company", is_company=True)
        person = self._create_partner("The Person", parent_id=company.id)
        campaign = self._create_campaign(company | self.partner)
        campaign.action_launch()
        lead = self._create_lead(person)
        taken = campaign.lead_ids.filtered(lambda one: one.partner_id == company)
        as_seller = lead.with_user(self.seller)
        self.assertEqual(as_seller.other_campaign_lead_ids, taken)
        taken.sudo().user_id = self.other_seller
        as_seller.invalidate_recordset()
        self.assertFalse(as_seller.other_campaign_lead_ids)

    def test_products_are_those_of_quotations(self):
        lead = self._start()
        order = self._order(lead)
        self.assertEqual(lead.offered_product_ids, order.order_line.product_template_id)
        order._action_cancel()
        self.assertFalse(lead.offered_product_ids)

    def test_merging_keeps_who_and_what_is_around(self):
        first, second = self._create_lead(), self._create_lead()
        rival = self._create_partner("Rival")
        second.write(
            {"competitor_ids": [(4, rival.id)], "prescriber_id": self.partner.id}
        )
        merged = (first | second).with_user(self.manager).merge_opportunity()
        self.assertEqual(merged.competitor_ids, rival)
        self.assertEqual(merged.prescriber_id, self.partner)

    def test_who_to_call_before_there_is_a_customer(self):
        lead = self._create_lead(partner_id=False, phone="+34 612 34 56 78")
        self.assertEqual(lead.contact_links["dialled"], "+34612345678")

    def test_form_opens_for_the_salesperson(self):
        form = Form(self._start())
        form.contact_ids.add(self._create_partner("Who Decides"))
        self.assertEqual(len(form.save().contact_ids), 1)

    # === HELPERS === #

    def _refund(self, invoice, amount):
        """A credit note on part of an invoice, set off against it."""
        refund = invoice._reverse_moves(
            [{"invoice_date": invoice.invoice_date}], cancel=False
        )
        refund.invoice_line_ids.price_unit = amount
        refund.action_post()
        (refund | invoice).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).reconcile()

    def _money(self, lead):
        self.env.invalidate_all()
        return lead.sale_amount_total, lead.invoiced_amount, lead.due_amount

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.res_partner_overview import MOST
from .common import MONDAY, PlaybookCase


class OverviewCase(PlaybookCase):
    """A company with two contacts, whose orders are those of two salespeople."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Who orders is given a first status otherwise: there are tests of that.
        cls.env["crm.entity.feed"].search([]).active = False
        cls.company_partner = cls._create_partner("The Company", is_company=True)
        cls.partner.parent_id = cls.company_partner
        cls.buyer = cls._create_partner("Buyer", parent_id=cls.company_partner.id)
        cls.accountant = cls._create_user(
            "accountant",
            "sales_team.group_sale_salesman_all_leads,account.group_account_user",
        )
        cls.chair, cls.desk, cls.lamp = (
            cls.env["product.product"].create(
                {"name": f"View {name}", "invoice_policy": "order", "taxes_id": False}
            )
            for name in ("chair", "desk", "lamp")
        )

    def _order(self, partner, *sold, date=None, confirm=True, **values):
        """An order of products with their prices."""
        order = self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "user_id": self.seller.id,
                "order_line": [
                    (0, 0, {"product_id": product.id, "price_unit": price})
                    for product, price in sold
                ],
                **values,
            }
        )
        if confirm:
            order.action_confirm()
        if date:
            order.date_order = date
        return order

    def _invoice(self, order, due=None):
        invoice = order._create_invoices()
        if due:
            invoice.invoice_payment_term_id = False
            invoice.invoice_date_due = due
        invoice.action_post()
        return invoice

    def _overview(self, user=None, partner=None):
        self.env.flush_all()
        self.env.invalidate_all()
        partner = partner or self.company_partner
        return partner.with_user(user or self.seller).get_overview()

    def _figures(self, user=None, partner=None):
        figures = self._overview(user, partner)["figures"]
        return {figure["name"]: figure for figure in figures}

    def _behind(self, name, user=None):
        """The records that a click on a figure shows."""
        partner = self.company_partner.with_user(user or self.accountant)
        action = partner.open_figure(name)
        return (
            partner.env[action["res_model"]]
            .with_context(**action["context"])
            .search(action["domain"])
        )


@tagged("post_install", "-at_install")
class TestResPartnerOverview(OverviewCase):
    """The figures of an entity are those of Odoo's own reports."""

    def setUp(self):
        super().setUp()
        today = fields.Date.today()
        self._order(self.company_partner, (self.chair, 100), (self.desk, 50))
        self._order(self.buyer, (self.chair, 30), user_id=self.other_seller.id)
        self._order(
            *(self.partner, (self.desk, 7)),
            date=fields.Datetime.now() - relativedelta(years=1),
        )
        self._order(self.partner, (self.lamp, 11), confirm=False)
        self._order(self._create_partner("Stranger"), (self.lamp, 9000))
        self.today = today

    # === THE SAME AS ODOO'S REPORTS === #

    def test_sales_are_those_of_the_sales_report(self):
        figures = self._figures(self.accountant)
        report = self.env["sale.report"].with_user(self.accountant)
        of_entity = [("commercial_partner_id", "=", self.company_partner.id)]
        [[ordered]] = report._read_group(
            [*of_entity, ("state", "=", "sale")], [], ["price_subtotal:sum"]
        )
        [[quoted]] = report._read_group(
            [*of_entity, ("state", "=", "draft")], [], ["price_subtotal:sum"]
        )
        self.assertEqual((ordered, quoted), (187, 11))
        self.assertEqual(figures["ordered"]["value"], ordered)
        self.assertEqual(figures["quotations"]["value"], quoted)
        self.assertEqual(figures["ordered_this_year"]["value"], 180)
        self.assertEqual(figures["ordered_last_year"]["value"], 7)

    def test_invoiced_and_due_are_those_of_odoos_contact(self):
        orders = self.company_partner.sale_order_ids | self.buyer.sale_order_ids
        for order in orders:
            self._invoice(order)
        refund = self._invoice(
            self._order(self.company_partner, (self.chair, 20))
        )._reverse_moves([{"invoice_date": self.today}])
        refund.action_post()
        partner = self.company_partner.with_user(self.accountant)
        figures = self._figures(self.accountant)
        self.assertEqual(figures["invoiced"]["value"], partner.total_invoiced)
        self.assertEqual(figures["due"]["value"], partner.credit)
        self.assertEqual((partner.total_invoiced, partner.credit), (180, 180))

    def test_overdue_is_what_the_entitys_field_says(self):
        order = self.company_partner.sale_order_ids
        self._invoice(order, due=self.today - timedelta(days=12))
        self._invoice(self.buyer.sale_order_ids, due=self.today + timedelta(days=3))
        figures = self._figures()
        self.assertEqual(figures["overdue"]["value"], 150)
        self.assertEqual(self.company_partner.overdue_amount, 150)
        self.assertEqual(figures["overdue"]["detail"], "for 12 days")
        self.assertEqual(figures["due"]["value"], 180)

    def test_months_are_all_there_and_add_up(self):
        months = self._overview()["months"]
        self.assertEqual(len(months), 24)
        self.assertEqual(months[-1]["month"], str(self.today.replace(day=1)))
        self.assertEqual(sum(month["amount"] for month in months), 187)
        self.assertEqual(months[-13]["amount"], 7)

    def test_year_begins_where_the_user_is(self):
        """The last hour of the year in New York is in the new one in London."""
        new_year = fields.Datetime.now().replace(
            month=1, day=1, hour=2, minute=0, second=0
        )
        partner = self._create_partner("Night")
        self._order(partner, (self.chair, 5), date=new_year)
        for zone, this_year in (("UTC", 5), ("America/New_York", 0)):
            there = partner.with_user(self.accountant).with_context(tz=zone)
            figures = self._figures(self.accountant, there)
            self.assertEqual(figures["ordered_this_year"]["value"], this_year)
            action = there.open_figure("ordered_this_year")
            orders = self.env["sale.order"].search(action["domain"])
            self.assertEqual(sum(orders.mapped("amount_untaxed")), this_year)

    def test_orders_of_next_year_are_not_behind_this_years_figure(self):
        next_year = fields.Datetime.now() + relativedelta(years=1)
        self._order(self.partner, (self.chair, 5), date=next_year)
        behind = sum(self._behind("ordered_this_year").mapped("amount_untaxed"))
        self.assertEqual(behind, self._figures()["ordered_this_year"]["value"])

    def test_only_payments_of_customers_are_returned(self):
        for kind in ("supplier", "customer"):
            payment = self.env["account.payment"].create(
                {
                    "partner_id": self.company_partner.id,
                    "partner_type": kind,
                    "payment_type": "inbound",
                    "amount": 10,
                }
            )
            payment.action_post()
            payment.action_reject()
        self.assertEqual(self._figures()["returned"]["value"], 1)
        self.assertEqual(self.company_partner.returned_payment_count, 1)

    def test_answers_that_tried_the_survey_out_do_not_count(self):
        self._answer(80)
        self._answer(0).test_entry = True
        self.assertEqual(self._figures()["satisfaction"]["value"], 80)

    # === THE RECORDS BEHIND === #

    def test_behind_each_figure_there_are_its_records(self):
        self._invoice(
            self.company_partner.sale_order_ids, due=self.today - timedelta(days=2)
        )
        self._invoice(self.buyer.sale_order_ids)
        self._answer(80)
        self.env["crm.action"].with_user(self.accountant).register(
            {
                "partner_id": self.buyer.id,
                "action_type_id": self.call.id,
                "outcome_id": self.interested.id,
            }
        )
        self.accountant.group_ids |= self.env.ref("survey.group_survey_user")
        measures = {
            "sale.order": "amount_untaxed",
            "account.move": "amount_untaxed_signed",
            "account.move.line": "amount_residual",
        }
        figures = self._figures(self.accountant)
        self.assertLessEqual(
            {"ordered", "quotations", "invoiced", "due", "overdue", "contacts"},
            set(figures),
        )
        for name, figure in figures.items():
            records = self._behind(name)
            if figure["type"] == "money":
                amount = sum(records.mapped(measures[records._name]))
                self.assertEqual(figure["value"], amount, name)
            elif figure["type"] == "count":
                self.assertEqual(figure["value"], len(records), name)
        self.assertEqual(figures["satisfaction"]["value"], 80)
        self.assertEqual(len(self._behind("satisfaction")), 1)

    def test_no_such_figure_is_said(self):
        with self.assertRaises(UserError):
            self.company_partner.open_figure("nonsense")

    # === THE ENTITY === #

    def test_seen_from_a_contact_it_is_the_whole_company(self):
        seen = self._overview(partner=self.partner)
        whole = self._overview()
        self.assertEqual(seen["entity"].pop("seen_from")["id"], self.partner.id)
        self.assertFalse(whole["entity"].pop("seen_from"))
        self.assertEqual(seen, whole)

    def test_people_and_how_they_are_reached(self):
        self.buyer.write({"phone": "+34 612 34 56 78", "function": "Purchasing"})
        people = {person["id"]: person for person in self._overview()["people"]}
        self.assertEqual(set(people), {self.partner.id, self.buyer.id})
        buyer = people[self.buyer.id]
        self.assertEqual(buyer["function"], "Purchasing")
        self.assertEqual(buyer["links"]["dialled"], "+34612345678")

    def test_free_fields_of_its_kind(self):
        kind = self.env["crm.entity.kind"].create(
            {
                "name": "Test school",
                "entity_properties_definition": [
                    {"name": "pupils", "string": "Pupils", "type": "integer"},
                    {"name": "empty", "string": "Empty", "type": "char"},
                    {"name": "boarding", "string": "Boarding", "type": "boolean"},
                    {
                        "name": "level",
                        "string": "Level",
                        "type": "selection",
                        "selection": [["a", "Primary"], ["b", "Secondary"]],
                    },
                ],
            }
        )
        self.company_partner.entity_kind_id = kind
        self.company_partner.entity_properties = {
            "pupils": 300,
            "boarding": True,
            "level": "b",
        }
        entity = self._overview()["entity"]
        self.assertEqual(entity["kind"], "Test school")
        self.assertEqual(
            [(free["label"], free["text"]) for free in entity["free_fields"]],
            [("Pupils", "300"), ("Boarding", "Yes"), ("Level", "Secondary")],
        )

    def test_what_it_bought_and_what_others_buy(self):
        for number in range(3):
            self._order(self._create_partner(f"Other {number}"), (self.lamp, 10))
        self._order(self._create_partner("One more"), (self.chair, 10))
        overview = self._overview()
        self.assertEqual(
            [(product["name"], product["amount"]) for product in overview["products"]],
            [("View chair", 130), ("View desk", 57)],
        )
        names = [product["name"] for product in overview["missing_products"]]
        self.assertEqual(names[0], "View lamp")
        self.assertNotIn("View chair", names)
        # Three others, and the stranger.
        self.assertEqual(overview["missing_products"][0]["customers"], 4)

    def test_next_tasks_and_open_opportunities(self):
        rival = self._create_partner("Rival")
        lead = self._create_lead(competitor_ids=[(6, 0, rival.ids)])
        self._start(lead)
        lost = self._create_lead()
        lost.action_set_lost()
        overview = self._overview()
        [task] = overview["tasks"]
        self.assertEqual((task["name"], task["lead"]), ("Test call", lead.name))
        [opportunity] = overview["opportunities"]
        self.assertEqual(opportunity["id"], lead.id)
        self.assertEqual(opportunity["stage"], "First")
        [competitor] = overview["competitors"]
        self.assertEqual((competitor["id"], competitor["count"]), (rival.id, 1))

    def test_task_with_a_contact_of_another_company_has_its_name(self):
        other = self.env["res.company"].create({"name": "Other company"})
        lead = self._start()
        self.partner.company_id = other
        self.env.invalidate_all()
        [task] = self._overview()["tasks"]
        self.assertEqual((task["partner"], task["lead"]), ("Ada Bianchi", lead.name))

    def test_points_of_contact_by_type(self):
        lead = self._start()
        self._do(lead, self.interested)
        [point] = self._overview()["contact_points"]
        self.assertEqual((point["name"], point["count"]), ("Test call", 1))

    # === WHO SEES WHAT === #

    def test_seller_sees_the_sums_of_the_whole_and_opens_their_own(self):
        figures = self._figures()
        self.assertEqual(figures["ordered"]["value"], 187)
        own = self._behind("ordered", self.seller)
        self.assertEqual(own.user_id, self.seller)

    def test_colleagues_tasks_and_opportunities_are_not_there(self):
        lead = self._create_lead(user_id=self.other_seller.id)
        lead.with_user(self.other_seller).start_playbook(self.playbook.id)
        overview = self._overview()
        self.assertFalse(overview["tasks"])
        self.assertFalse(overview["opportunities"])
        self.assertEqual(len(self._overview(self.manager)["tasks"]), 1)

    def test_who_neither_sells_nor_keeps_accounts_sees_who_it_is(self):
        employee = self._create_user("employee", "base.group_user")
        overview = self._overview(employee)
        self.assertEqual(overview["entity"]["name"], "The Company")
        self.assertEqual(len(overview["people"]), 2)
        self.assertEqual(overview["figures"], [])
        self.assertNotIn("tasks", overview)
        self.assertNotIn("months", overview)
        for name in ("ordered", "due"):
            with self.assertRaises(AccessError):
                self.company_partner.with_user(employee).open_figure(name)

    def test_accountant_who_does_not_sell_sees_what_is_due(self):
        self._invoice(
            self.company_partner.sale_order_ids, due=self.today - timedelta(days=2)
        )
        for group in (
            "account.group_account_readonly",
            "account.group_account_invoice",
        ):
            user = self._create_user(group.split(".")[1], group)
            figures = self._figures(user)
            self.assertEqual(set(figures), {"invoiced", "due", "overdue"}, group)
            partner = self.company_partner.with_user(user)
            self.assertEqual(partner.overdue_amount, 150)

    def test_who_may_not_read_the_contact_sees_nothing(self):
        with self.assertRaises(AccessError):
            self._overview(self.env.ref("base.public_user"))

    def test_only_of_the_companies_one_works_in(self):
        other = self.env["res.company"].create({"name": "Other company"})
        self.seller.write({"company_ids": [(4, other.id)]})
        there = self.company_partner.with_company(other)
        order = self._order(there, (self.chair, 1000), company_id=other.id)
        self.assertEqual(order.company_id, other)
        here = self.company_partner.with_context(
            allowed_company_ids=self.env.company.ids
        )
        self.assertEqual(self._figures(partner=here)["ordered"]["value"], 187)
        both = self.company_partner.with_context(
            allowed_company_ids=[self.env.company.id, other.id]
        )
        self.assertEqual(self._figures(partner=both)["ordered"]["value"], 1187)

    def test_segments_it_is_in_are_told_to_who_sells(self):
        segment = self._create_segment(self.company_partner)
        self._create_segment(self.partner)
        told = self.partner.with_user(self.seller).get_segments()
        self.assertIn(segment.id, [one["id"] for one in told])
        self.assertNotIn(
            self.env["crm.segment"].search([], order="id desc", limit=1).id,
            [one["id"] for one in told],
        )
        employee = self._create_user("clerk", "base.group_user")
        self.assertEqual(self.partner.with_user(employee).get_segments(), [])

    # === STATUS === #

    def test_history_of_the_status_says_from_to_when_why_and_who(self):
        self._create_rule(self.interested, commercial_status_id=self.status.id)
        hot = self.env["crm.commercial.status"].create({"name": "Test hot"})
        with self._at(MONDAY):
            self.partner.with_user(self.seller).commercial_status_id = hot
        with self._at(MONDAY + timedelta(days=1)):
            lead = self._start()
            self._do(lead, self.interested)
        by_rule, by_hand = self._overview()["statuses"]
        self.assertEqual(
            (by_rule["before"], by_rule["status"], by_rule["is_rule"]),
            ("Test hot", "Test planned", True),
        )
        self.assertEqual(by_rule["lead"]["id"], lead.id)
        self.assertEqual(by_rule["date"], "2026-03-03 09:00:00")
        self.assertEqual(
            (by_hand["before"], by_hand["status"], by_hand["is_rule"]),
            (False, "Test hot", False),
        )
        self.assertEqual(by_hand["user"], self.seller.name)
        self.assertEqual(by_hand["partner"], "Ada Bianchi")

    def test_what_gave_the_same_status_again_hides_no_change(self):
        self._create_rule(self.interested, commercial_status_id=self.status.id)
        hot = self.env["crm.commercial.status"].create({"name": "Test hot"})
        self.partner.with_user(self.seller).commercial_status_id = hot
        for _number in range(MOST + 1):
            self._do(self._start(), self.interested)
        told = self._overview()["statuses"]
        self.assertEqual(
            [(step["before"], step["status"]) for step in told],
            [("Test hot", "Test planned"), (False, "Test hot")],
        )
        items = self.company_partner.with_user(self.seller).timeline(kind="status")
        self.assertEqual(
            [item["title"] for item in items["items"]],
            ["Status: Test planned", "Status: Test hot"],
        )

    def test_history_names_no_opportunity_that_one_may_not_see(self):
        self._create_rule(self.interested, commercial_status_id=self.status.id)
        lead = self._start()
        self._do(lead, self.interested)
        lead.sudo().user_id = self.other_seller
        [line] = self._overview()["statuses"]
        self.assertFalse(line["lead"])

    # === SPEED === #

    def test_queries_do_not_grow_with_what_has_happened(self):
        self._live()
        few = self._count_queries()
        for number in range(6):
            self._live(number)
        self.assertLessEqual(self._count_queries(), few)

    def _live(self, number=0):
        """One more order, and one more opportunity with a done action."""
        self._order(self.company_partner, (self.chair, 10 + number))
        self._do(self._start(), self.interested)
        self._start()

    def _count_queries(self):
        self._overview()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.company_partner.with_user(self.seller).get_overview()
        return self.env.cr.sql_log_count - before

    def _answer(self, score):
        survey = self.env["survey.survey"].create(
            {"title": "Happy?", "scoring_type": "scoring_without_answers"}
        )
        answer = self.env["survey.user_input"].create(
            {"survey_id": survey.id, "partner_id": self.partner.id, "state": "done"}
        )
        self.env.flush_all()
        answer.scoring_percentage = score
        answer.end_datetime = fields.Datetime.now()
        return answer

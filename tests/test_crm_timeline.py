from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import MONDAY
from .test_crm_lead_timeline import TimelineCase


@tagged("post_install", "-at_install")
class TestCrmTimeline(TimelineCase):
    """All that happened with an entity: with the company and with its people."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Who orders is given a first status otherwise: there are tests of that.
        cls.env["crm.entity.feed"].search([]).active = False
        cls.company_partner = cls._create_partner("The Company", is_company=True)
        cls.partner.parent_id = cls.company_partner

    def test_all_that_its_opportunity_tells_is_there(self):
        """An order once, though: not as a quotation besides."""
        _lead, told = self._story()
        once = [title for title in told if not title.startswith("Quotation")]
        self.assertEqual(self._titles(self.company_partner), once[::-1])

    def test_company_is_told_of_its_contacts_a_contact_of_itself(self):
        colleague = self._create_partner("Colleague", parent_id=self.company_partner.id)
        mine, theirs = self._call(self.partner, "Mine"), self._call(colleague, "Theirs")
        self.assertEqual(self._notes(self.company_partner), {mine, theirs})
        self.assertEqual(self._notes(colleague), {theirs})
        [item] = colleague.timeline()["items"]
        self.assertFalse(item["partner"])
        items = self.company_partner.timeline()["items"]
        self.assertEqual({i["partner"] for i in items}, {"Ada Bianchi", "Colleague"})

    def test_archived_contacts_have_their_history(self):
        self._call(self.partner, "Before")
        self.partner.active = False
        self.assertEqual(self._notes(self.company_partner), {"Before"})

    def test_status_by_hand_by_rule_and_of_the_opportunity_alone(self):
        self._create_rule(self.interested, commercial_status_id=self.status.id)
        with self._at(MONDAY):
            lead = self._start()
            self._do(lead, self.interested)
        hot = self.env["crm.commercial.status"].create({"name": "Test hot"})
        cold = self.env["crm.commercial.status"].create({"name": "Test cold"})
        with self._at(MONDAY + timedelta(hours=1)):
            lead.commercial_status_id = cold
        with self._at(MONDAY + timedelta(hours=2)):
            self.partner.commercial_status_id = hot
        with self._at(MONDAY + timedelta(hours=3)):
            self.partner.commercial_status_id = False
        self.assertEqual(
            self._titles(self.company_partner, kind="status"),
            ["Status: none", "Status: Test hot", "Status: Test planned"],
        )
        self.assertEqual(
            self._titles(lead, kind="status"),
            ["Status: Test cold", "Status: Test planned"],
        )

    def test_campaign_that_took_it_up_even_where_it_was_lost(self):
        campaign = self._create_campaign(self.company_partner)
        campaign.action_launch()
        campaign.lead_ids.action_set_lost()
        self.assertEqual(
            self._titles(self.company_partner, kind="campaign"),
            ["Taken up by campaign Test campaign"],
        )

    def test_payments_and_those_that_the_bank_gave_back(self):
        paid, returned = self._pay(100), self._pay(40)
        returned.state = "rejected"
        self._pay(30, state="draft")
        told = self.company_partner.with_user(self.seller).timeline(kind="money")
        self.assertEqual(
            [(item["title"], item["tone"], item["model"]) for item in told["items"]],
            [("Payment returned", "negative", False), ("Payment", "positive", False)],
        )
        accountant = self._create_user(
            "accountant",
            "sales_team.group_sale_salesman_all_leads,account.group_account_invoice",
        )
        [_, item] = self.company_partner.with_user(accountant).timeline()["items"]
        self.assertEqual(
            (item["model"], item["record_id"]), ("account.payment", paid.id)
        )

    def test_payments_are_told_to_who_sells_or_keeps_accounts_alone(self):
        self._pay(100)
        for groups, count in (
            ("base.group_user", 0),
            ("sales_team.group_sale_salesman", 1),
            ("account.group_account_readonly", 1),
            ("account.group_account_invoice", 1),
        ):
            user = self._create_user(groups.split(".")[1], groups)
            told = self.company_partner.with_user(user).timeline(kind="money")
            self.assertEqual(len(told["items"]), count, groups)

    def test_who_does_not_sell_is_told_what_they_may_see(self):
        """Nothing of opportunities, but what was said to the entity itself."""
        self._story()
        self._message(
            *(self.company_partner, "comment", "For all", "mail.mt_comment"),
            MONDAY,
        )
        for groups, kinds in (
            ("base.group_user", {"email"}),
            ("account.group_account_invoice", {"email", "order", "invoice"}),
        ):
            user = self._create_user(groups.split(".")[1], groups)
            self.env.invalidate_all()
            told = self.company_partner.with_user(user).timeline()
            self.assertEqual({item["kind"] for item in told["items"]}, kinds)

    def test_answers_that_tried_the_survey_out_are_not_there(self):
        survey = self.env["survey.survey"].create({"title": "Happy?"})
        for is_test in (True, False):
            self.env["survey.user_input"].create(
                {
                    "survey_id": survey.id,
                    "partner_id": self.partner.id,
                    "state": "done",
                    "end_datetime": MONDAY,
                    "test_entry": is_test,
                }
            )
        titles = self._titles(self.company_partner, kind="survey")
        self.assertEqual(titles, ["Survey answered: Happy?"])

    def test_contact_of_another_company_hides_no_message_and_keeps_its_name(self):
        other = self.env["res.company"].create({"name": "Other company"})
        theirs = self._create_partner("Theirs", parent_id=self.company_partner.id)
        self._call(theirs, "A call")
        theirs.company_id = other
        for number in range(5):
            self._message(
                *(theirs, "comment", f"Secret {number}", "mail.mt_comment"),
                MONDAY + timedelta(days=1, hours=number),
            )
        self._message(
            *(self.partner, "comment", "For all", "mail.mt_comment"),
            MONDAY,
        )
        self.env.invalidate_all()
        partner = self.company_partner.with_user(self.seller)
        page = partner.timeline(limit=2, kind="message")
        self.assertEqual([item["title"] for item in page["items"]], ["For all"])
        [call] = partner.timeline(kind="call")["items"]
        self.assertEqual(call["partner"], "Theirs")

    def test_payments_of_another_company_are_not_there(self):
        self._pay(100)
        other = self.env["res.company"].create({"name": "Other company"})
        self.seller.write(
            {"company_ids": [(4, other.id)], "company_id": other.id},
        )
        partner = self.company_partner.with_user(self.seller)
        self.assertFalse(partner.with_company(other).timeline(kind="money")["items"])
        both = partner.with_context(allowed_company_ids=[other.id, self.env.company.id])
        self.assertEqual(len(both.timeline(kind="money")["items"]), 1)

    def test_what_a_colleague_wrote_to_their_customer_does_not_hide_what_is_behind(
        self,
    ):
        """Of what the user may not see, nothing is read: no page is cut short by it."""
        others = self._create_lead(user_id=self.other_seller.id)
        for number in range(5):
            self._message(
                *(others, "comment", f"Secret {number}", "mail.mt_comment"),
                MONDAY + timedelta(days=1, hours=number),
            )
        self._message(
            *(self.partner, "comment", "For all", "mail.mt_comment"),
            MONDAY,
        )
        partner = self.company_partner.with_user(self.seller)
        page = partner.timeline(limit=2, kind="message")
        self.assertEqual([item["title"] for item in page["items"]], ["For all"])

    def test_seller_sees_what_they_may_see_of_documents(self):
        _lead, _told = self._story()
        self.env["sale.order"].search([]).user_id = self.other_seller
        partner = self.company_partner.with_user(self.seller)
        kinds = {item["kind"] for item in partner.timeline()["items"]}
        self.assertNotIn("order", kinds)

    def test_who_may_not_see_the_entity_does_not_see_its_timeline(self):
        public = self.env.ref("base.public_user")
        with self.assertRaises(AccessError):
            self.company_partner.with_user(public).timeline()

    # === PAGES === #

    def test_pages_of_each_length_are_the_whole(self):
        """Days and hours, and things of the same second from several sources."""
        self._story()
        with self._at(MONDAY + timedelta(hours=5)):
            for number in range(4):
                self._call(self.partner, f"Call {number}")
                self._pay(10 + number)
        partner = self.company_partner.with_user(self.manager)
        whole = self._told(partner.timeline(limit=200)["items"])
        self.assertEqual(len(set(whole)), len(whole))
        for limit in (1, 2, 3, 5, 7):
            told, page = [], {"before": None, "has_more": True}
            while page["has_more"]:
                page = partner.timeline(limit=limit, before=page["before"])
                told += self._told(page["items"])
            self.assertEqual(told, whole)

    def test_day_ends_where_the_user_is(self):
        """What has no hour stands above all else of its day, wherever the user is."""
        for zone in ("Pacific/Auckland", "America/Los_Angeles", "UTC"):
            self.manager.tz = zone
            partner = self.company_partner.with_user(self.manager)
            partner = partner.with_context(tz=zone)
            day = fields.Datetime.context_timestamp(partner, MONDAY).date()
            payment = self._pay(10, date=day)
            with self._at(MONDAY):
                self._call(self.partner, zone)
            page = partner.timeline(limit=1)
            [newest] = page["items"]
            self.assertEqual(newest["record_id"], payment.id)
            self.assertTrue(newest["is_day"])
            [call] = partner.timeline(limit=1, before=page["before"])["items"]
            self.assertEqual(call["text"], zone)
            payment.state = "draft"

    def test_a_place_that_no_page_gave_is_refused(self):
        with_zone = "2026-01-01T10:00:00+02:00/actions/1"
        for place in ("nonsense", "2026-01-01/nothing/1", "x/actions/1", with_zone):
            with self.assertRaises(UserError):
                self.company_partner.timeline(before=place)

    def test_queries_do_not_grow_with_the_number(self):
        self._call(self.partner, "One")
        self._pay(10)
        partner = self.company_partner.with_user(self.manager)
        partner.timeline()
        few = self._count_queries(partner)
        for number in range(15):
            self._call(self.partner, f"More {number}")
            self._pay(10)
        self.assertLessEqual(self._count_queries(partner), few)

    # === HELPERS === #

    def _count_queries(self, partner):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        partner.timeline()
        return self.env.cr.sql_log_count - before

    def _titles(self, record, **asked):
        items = record.with_user(self.manager).timeline(**asked)["items"]
        return [item["title"] for item in items]

    def _told(self, items):
        return [(item["id"], item["date"]) for item in items]

    def _notes(self, record):
        return {item["text"] for item in record.timeline()["items"]}

    def _call(self, partner, note):
        actions = self.env["crm.action"].with_user(self.seller)
        actions.register(
            {
                "partner_id": partner.id,
                "action_type_id": self.call.id,
                "outcome_id": self.interested.id,
                "note": note,
            }
        )
        return note

    def _pay(self, amount, state="paid", **values):
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.company_partner.id,
                "partner_type": "customer",
                "payment_type": "inbound",
                "amount": amount,
                **values,
            }
        )
        payment.state = state
        return payment

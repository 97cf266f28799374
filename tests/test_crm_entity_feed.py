from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..models.crm_entity_feed import CrmEntityFeed
from .common import PlaybookCase

LOGGER = "odoo.addons.crm_playbook.models.crm_entity_feed"


@tagged("post_install", "-at_install")
class TestCrmEntityFeed(PlaybookCase):
    """Who comes in becomes an entity of the kind that the company has set."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kinds = {
            name: cls.env["crm.entity.kind"].create({"name": f"Test {name}"})
            for name in ("customer", "supplier", "user", "lead", "other")
        }
        feeds = cls.env["crm.entity.feed"].with_context(active_test=False)
        feeds.search([]).unlink()
        cls.feeds = {
            source: feeds.create({"source": source, "kind_id": cls.kinds[source].id})
            for source in ("customer", "supplier", "user", "lead")
        }
        cls.feeds["customer"].status_id = cls.status
        cls.product = cls.env["product.product"].create(
            {"name": "Test product", "type": "service", "invoice_policy": "order"}
        )
        cls.partner.user_id = False
        cls.accountant = cls._create_user("accountant", "account.group_account_invoice")

    def _order(self, partner, **values):
        order = (
            self.env["sale.order"]
            .with_user(self.manager if "user_id" in values else self.seller)
            .create(
                {
                    "partner_id": partner.id,
                    "user_id": self.seller.id,
                    "order_line": [Command.create({"product_id": self.product.id})],
                    **values,
                }
            )
        )
        order.action_confirm()
        return order

    def _bill(self, partner, move_type="in_invoice"):
        line = {"product_id": self.product.id, "price_unit": 10, "tax_ids": []}
        bill = (
            self.env["account.move"]
            .with_user(self.accountant)
            .create(
                {
                    "move_type": move_type,
                    "partner_id": partner.id,
                    "invoice_date": "2026-03-02",
                    "invoice_line_ids": [Command.create(line)],
                }
            )
        )
        bill.action_post()

    def _ask(self, **values):
        values = {"name": "Question", "user_id": self.seller.id, **values}
        return self.env["crm.lead"].with_user(self.seller).create(values)

    # === WHO COMES IN === #

    def test_first_order_makes_a_customer(self):
        person = self._create_partner("Eva", parent_id=self.partner.id, user_id=False)
        self._order(person)
        self.assertEqual(self.partner.entity_kind_id, self.kinds["customer"])
        self.assertFalse(person.entity_kind_id)
        self.assertEqual(self.partner.user_id, self.seller)

    def test_status_stands_in_the_ledger(self):
        self._order(self.partner)
        self.assertEqual(self.partner.commercial_status_id, self.status)
        self.assertTrue(self.partner.commercial_status_date)
        lines = self.env["crm.transition"].search(
            [("partner_id", "=", self.partner.id)]
        )
        self.assertEqual(lines.mapped("trigger"), ["fed"])
        self.assertEqual(lines.status_after_id, self.status)
        self.assertEqual(lines.user_id, self.seller)

    def test_who_has_kind_status_and_salesperson_keeps_them(self):
        other_status = self.env["crm.commercial.status"].create({"name": "Test other"})
        self.partner.write(
            {
                "entity_kind_id": self.kinds["other"].id,
                "user_id": self.other_seller.id,
                "commercial_status_id": other_status.id,
            }
        )
        self._order(self.partner)
        self.assertEqual(self.partner.entity_kind_id, self.kinds["other"])
        self.partner.entity_kind_id = False
        self._order(self.partner)
        self.assertEqual(self.partner.entity_kind_id, self.kinds["customer"])
        self.assertEqual(self.partner.user_id, self.other_seller)
        self.assertEqual(self.partner.commercial_status_id, other_status)

    def test_posted_documents_make_customers_and_suppliers(self):
        buyer, seller = self._create_partner("Buyer"), self._create_partner("Shop")
        self._bill(seller)
        self._bill(buyer, "out_invoice")
        self.assertEqual(seller.entity_kind_id, self.kinds["supplier"])
        self.assertEqual(buyer.entity_kind_id, self.kinds["customer"])

    def test_who_is_only_asked_for_has_not_bought(self):
        partner = (
            self.env["res.partner"]
            .with_context(res_partner_search_mode="customer")
            .create({"name": "New"})
        )
        self._run_cron("ir_cron_feed_entities")
        self.assertEqual(partner.customer_rank, 1)
        self.assertFalse(partner.entity_kind_id)
        self.assertNotIn(partner, self.feeds["customer"]._waiting())

    def test_internal_users_become_entities_and_portal_users_do_not(self):
        internal = self._create_user("new", "base.group_user")
        portal = self._create_user("portal", "base.group_portal")
        self.assertEqual(internal.partner_id.entity_kind_id, self.kinds["user"])
        self.assertFalse(portal.partner_id.entity_kind_id)

    def test_what_the_kind_requires_may_be_missing(self):
        self.kinds["customer"].requirement_ids = [Command.create({"field_path": "vat"})]
        self._order(self.partner)
        self.assertTrue(self.partner.is_incomplete)

    # === WHO ASKS === #

    def test_who_asks_and_is_known_is_found(self):
        lead = self._ask(contact_name="Ada", email_from=f"Ada <{self.partner.email}>")
        self.assertEqual(lead.partner_id, self.partner)
        self.assertEqual(self.partner.entity_kind_id, self.kinds["lead"])

    def test_who_asks_and_is_new_becomes_an_entity(self):
        lead = self._ask(
            contact_name="Eva", partner_name="Acme", email_from="eva@acme.example"
        )
        self.assertEqual(lead.partner_id.name, "Eva")
        acme = lead.partner_id.commercial_partner_id
        self.assertEqual((acme.name, acme.user_id), ("Acme", self.seller))
        self.assertEqual(acme.entity_kind_id, self.kinds["lead"])

    def test_who_does_not_say_who_they_are_is_nobody(self):
        leads = self._ask(contact_name="Eva") | self._ask(email_from="x@acme.example")
        self.assertFalse(leads.partner_id)

    def test_customers_of_another_company_are_not_found(self):
        self.partner.company_id = self.env["res.company"].create({"name": "Elsewhere"})
        lead = self._ask(contact_name="Ada", email_from=self.partner.email)
        self.assertNotEqual(lead.partner_id, self.partner)
        self.assertEqual(lead.partner_id.name, "Ada")

    def test_switched_off_feed_does_nothing(self):
        self.feeds["lead"].active = False
        self.assertFalse(
            self._ask(contact_name="Eva", email_from="e@x.example").partner_id
        )

    def test_who_asks_with_another_number_is_called_by_that(self):
        self.partner.phone = "+34 612 34 56 78"
        lead = self._ask(
            contact_name="Ada", email_from=self.partner.email, phone="+34 655 55 55 55"
        )
        self.assertEqual(lead.partner_id, self.partner)
        self.assertEqual(lead.phone, "+34 655 55 55 55")
        self.assertEqual(self.partner.phone, "+34 612 34 56 78")
        silent = self._ask(contact_name="Ada", email_from=self.partner.email)
        self.assertEqual(silent.phone, self.partner.phone)

    def test_two_people_of_one_company_ask(self):
        leads = self.env["crm.lead"].concat(
            *(
                self._ask(
                    contact_name=name,
                    partner_name=company,
                    email_from=f"{name}@x.example",
                )
                for name, company in (("Eva", "Testacme, S.L."), ("Ugo", "TESTACME"))
            )
        )
        self.assertEqual(leads.partner_id.mapped("name"), ["Eva", "Ugo"])
        self.assertEqual(leads.partner_id.parent_id.mapped("name"), ["Testacme, S.L."])

    # === WHICH FEED === #

    def test_switched_off_feed_stays_off_whoever_asks_first(self):
        self.feeds["lead"].active = False
        feeds = self.env["crm.entity.feed"].with_context(active_test=False)
        self.assertFalse(feeds._ids_of_source("lead"))
        self.assertFalse(self.env["crm.entity.feed"]._ids_of_source("lead"))

    def test_first_feed_that_fits_counts(self):
        feeds = self.env["crm.entity.feed"].with_user(self.manager)
        spain = self.env.ref("base.es")
        feeds.create(
            {
                "source": "customer",
                "sequence": 1,
                "kind_id": self.kinds["other"].id,
                "domain": f"[('country_id', '=', {spain.id})]",
                "salesperson": "fixed",
                "user_id": self.other_seller.id,
            }
        )
        self.partner.country_id = spain
        foreigner = self._create_partner("Foreigner", user_id=False)
        self._order(self.partner)
        self._order(foreigner)
        self.assertEqual(self.partner.entity_kind_id, self.kinds["other"])
        self.assertEqual(self.partner.user_id, self.other_seller)
        self.assertEqual(foreigner.entity_kind_id, self.kinds["customer"])

    def test_feed_of_another_company_does_nothing_here(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.feeds["customer"].company_id = elsewhere
        self._order(self.partner)
        self.assertFalse(self.partner.entity_kind_id)

    def test_conditions_that_cannot_be_read_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "cannot be read"):
            self.feeds["customer"].domain = "[('nothing', '=', 1)]"

    def test_conditions_find_out_nothing_that_one_may_not_read(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        feed = self.feeds["customer"].with_user(self.manager)
        self._order(self.partner)
        self.partner.entity_kind_id = False
        self.assertIn(self.partner, feed._waiting())
        waiting = feed.waiting_count
        self.partner.company_id = elsewhere
        feed.invalidate_recordset(["waiting_count"])
        self.assertNotIn(self.partner, feed._waiting())
        self.assertEqual(feed.waiting_count, waiting - 1)
        with self.assertRaises(AccessError):
            feed.domain = "[('signup_type', '=', 'reset')]"

    # === NEVER IN THE WAY === #

    def test_error_of_the_work_itself_is_raised(self):
        another = self._create_partner("Another")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db", LOGGER):
            another.name = False
            self.env["crm.entity.feed"]._feed("customer", self.partner)

    def test_order_is_confirmed_whatever_the_feed_does(self):
        failing = patch.object(
            CrmEntityFeed, "_salespeople", side_effect=ValueError("x")
        )
        with failing, self.assertLogs(LOGGER, "ERROR"):
            order = self._order(self.partner)
        self.assertEqual(order.state, "sale")
        self.assertFalse(self.partner.entity_kind_id)
        with failing, mute_logger(LOGGER):
            self._run_cron("ir_cron_feed_entities")
        self.assertEqual(self.feeds["customer"].error, "x")
        self._run_cron("ir_cron_feed_entities")
        self.assertFalse(self.feeds["customer"].error)
        self.assertEqual(self.partner.entity_kind_id, self.kinds["customer"])

    def test_who_has_a_kind_costs_nothing(self):
        self.partner.entity_kind_id = self.kinds["other"]
        feeds = self.env["crm.entity.feed"].with_user(self.seller)
        with self.assertQueryCount(0):
            feeds._feed("customer", self.partner, self.seller)

    def test_many_cost_as_many_statements_as_few(self):
        feeds = self.env["crm.entity.feed"].with_user(self.seller)
        few, many = (
            self.env["res.partner"].create([{"name": f"E{n}"} for n in range(count)])
            for count in (10, 200)
        )
        feeds._feed("customer", self._create_partner("First"))
        counts = []
        for entities in (few, many):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            feeds._feed("customer", entities, self.seller)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    # === WHO IS THERE ALREADY === #

    def test_those_who_are_there_are_fed_when_asked_for_once(self):
        self.feeds["customer"].active = False
        self._order(self.partner)
        self._run_cron("ir_cron_feed_entities")
        self.assertFalse(self.partner.entity_kind_id)
        feed = self.feeds["customer"].with_user(self.manager)
        with self.assertRaisesRegex(UserError, "switch the feed on"):
            feed.action_apply()
        feed.active = True
        waiting = feed.waiting_count
        found = self.env["res.partner"].search(feed.action_view_waiting()["domain"])
        self.assertIn(self.partner, found)
        self.assertEqual(len(found), waiting)
        feed.action_apply()
        self.assertEqual(self.partner.entity_kind_id, self.kinds["customer"])
        self.assertEqual(self.partner.commercial_status_id, self.status)
        feed.invalidate_recordset()
        self.assertEqual(feed.waiting_count, 0)
        lines = [("partner_id", "=", self.partner.id), ("trigger", "=", "fed")]
        feed.action_apply()
        self.assertEqual(self.env["crm.transition"].search_count(lines), 1)

    def _make_as_old(self, *records):
        for record in records:
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET create_date = '2020-01-01' WHERE id = %s",
                    SQL.identifier(record._table),
                    record.id,
                )
            )
        self.env.invalidate_all()

    def test_hourly_run_leaves_alone_who_was_there_before(self):
        order = self._order(self.partner)
        self.partner.entity_kind_id = False
        self._make_as_old(order)
        order.date_order = "2020-01-01"
        self._run_cron("ir_cron_feed_entities")
        self.assertFalse(self.partner.entity_kind_id)

    def test_hourly_run_feeds_who_was_known_long_before(self):
        shop = self._create_partner("Shop")
        self._bill(shop)
        self._bill(self.partner, "out_invoice")
        (shop | self.partner).entity_kind_id = False
        self._make_as_old(shop, self.partner)
        self._run_cron("ir_cron_feed_entities")
        self.assertEqual(shop.entity_kind_id, self.kinds["supplier"])
        self.assertEqual(self.partner.entity_kind_id, self.kinds["customer"])

    def test_documents_of_another_company_are_not_asked(self):
        self._bill(self.partner, "out_invoice")
        self.partner.entity_kind_id = False
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.feeds["customer"].company_id = elsewhere
        self.assertNotIn(self.partner, self.feeds["customer"]._waiting())
        self.feeds["customer"].company_id = self.env.company
        self.assertIn(self.partner, self.feeds["customer"]._waiting())

    def test_those_who_are_there_get_the_salesperson_of_the_latest_document(self):
        for source, document in (
            ("customer", self._order),
            ("lead", self._create_lead),
        ):
            partner = self._create_partner(f"Of {source}", user_id=False)
            for user in (self.other_seller, self.seller):
                document(partner, user_id=user.id)
            partner.write({"entity_kind_id": False, "user_id": False})
            self.feeds[source].with_user(self.manager).action_apply()
            self.assertEqual(partner.entity_kind_id, self.kinds[source])
            self.assertEqual(partner.user_id, self.seller)

    def test_who_has_left_gets_nobody(self):
        self.other_seller.action_archive()
        self._order(self.partner, user_id=self.other_seller.id)
        self.assertTrue(self.partner.entity_kind_id)
        self.assertFalse(self.partner.user_id)
        self.feeds["customer"].write(
            {"salesperson": "fixed", "user_id": self.other_seller.id}
        )
        another = self._create_partner("Another", user_id=False)
        self._order(another)
        self.assertTrue(another.entity_kind_id)
        self.assertFalse(another.user_id)

    # === WHO MAY === #

    def test_only_sales_administrators_shape_feeds(self):
        feed = self.feeds["customer"]
        with self.assertRaises(AccessError):
            feed.with_user(self.seller).action_apply()
        with self.assertRaises(AccessError):
            feed.with_user(self.seller).sequence = 1
        feed.with_user(self.manager).sequence = 1

    def test_feeds_of_other_companies_are_not_seen(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.feeds["customer"].company_id = elsewhere
        seen = self.env["crm.entity.feed"].with_user(self.manager).search([])
        self.assertEqual(
            seen & self.env["crm.entity.feed"].concat(*self.feeds.values()),
            self.env["crm.entity.feed"].concat(*self.feeds.values())
            - self.feeds["customer"],
        )

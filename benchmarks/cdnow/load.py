"""The load itself: every step goes on from what it finds, and repeats nothing."""

import json
from pathlib import Path

from replay.contract import Contract, batches
from replay.replay import connect, server
from replay.stopwatch import Stopwatch

from .purchases import REFERENCE
from .questions import questions

CUSTOMERS_AT_ONCE = 1000
ORDERS_AT_ONCE = 500
# What happened long ago is news to nobody.
QUIETLY = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "tracking_disable": True,
}


class Load:
    """Loads the purchases as confirmed orders, and asks the segments about them."""

    def __init__(self, purchases, database, say=print):
        self.purchases = purchases
        self.database = server.Database(database)
        self.stopwatch = Stopwatch(say)

    def run(self):
        """Do what is left to do.

        :return: {name of a segment: references of who is in it}
        """
        account = self._prepare()
        with server.OdooServer(self.database, "--limit-time-real", "3600") as odoo:
            connection = connect(
                *("json2", odoo.url, self.database.name),
                *(account["login"], account["key"]),
            )
            contract = Contract(connection)
            self._load_customers(contract)
            self._load_orders(contract, account["product"])
            self.loyalty = contract.call("crm.loyalty", "get_loyalty")
            return self._ask(contract)

    def totals(self):
        """What the database holds: orders, their sum, customers who ordered.

        :return: tuple of texts, as PostgreSQL writes them
        """
        (row,) = self.database.rows(
            "SELECT count(*), sum(amount_untaxed), count(DISTINCT partner_id)"
            " FROM sale_order WHERE state = 'sale' AND name LIKE 'CDNOW-%'"
        )
        return row

    def _prepare(self):
        if self.database.exists():
            self.database.disconnect()
        else:
            self.database.make()
        return json.loads(self.database.run(Path(__file__).with_name("set_up.py")))

    def _load_customers(self, contract):
        with self.stopwatch.phase("Customers", "customers") as progress:
            known = _known_customers(contract)
            references = sorted({one.reference for one in self.purchases} - set(known))
            progress.expect(len(references))
            for batch in batches(references, CUSTOMERS_AT_ONCE):
                values = [
                    {"name": f"Customer {reference}", "ref": reference}
                    for reference in batch
                ]
                contract.call(
                    "res.partner", "create", vals_list=values, context=QUIETLY
                )
                progress.add(len(batch))

    def _load_orders(self, contract, product):
        """As an import does, by Odoo's ORM: written, then set to confirmed as a batch.

        Odoo's own confirmation would date each of today, and write to its customer.
        """
        with self.stopwatch.phase("Orders", "orders") as progress:
            customers = _known_customers(contract)
            loaded = list(
                contract.read_all(
                    "sale.order", [["name", "=like", "CDNOW-%"]], ["name", "state"]
                )
            )
            names = {order["name"] for order in loaded}
            missing = [one for one in self.purchases if one.name not in names]
            progress.expect(len(missing))
            drafts = [order["id"] for order in loaded if order["state"] != "sale"]
            if drafts:  # of the batch at which a load was cut off
                _confirm(contract, drafts)
            for batch in batches(missing, ORDERS_AT_ONCE):
                values = [
                    _order_values(one, customers[one.reference], product)
                    for one in batch
                ]
                orders = contract.call(
                    "sale.order", "create", vals_list=values, context=QUIETLY
                )
                _confirm(contract, orders)
                progress.add(len(batch))

    def _ask(self, contract):
        """Who is in each segment, by the product."""
        answers, ids = {}, {}
        with self.stopwatch.phase("Segments", "segments") as progress:
            asked = questions(self.purchases)
            progress.expect(len(asked))
            for question in asked:
                domain = _with_ids(question.domain, ids)
                ids[question.name] = contract.ensure(
                    "crm.segment", question.name, domain=repr(domain), **question.period
                )
                answers[question.name] = self._members(contract, ids[question.name])
                progress.add(1)
        return answers

    def _members(self, contract, segment):
        """Who is in it, told by the list, which has to be as long as its count."""
        found = contract.call(
            "res.partner",
            "search_read",
            domain=[["crm_segment_ids", "in", [segment]]],
            fields=["ref"],
        )
        (counted,) = contract.call(
            "crm.segment", "read", ids=[segment], fields=["partner_count"]
        )
        if counted["partner_count"] != len(found):
            raise AssertionError(f"Segment {segment} counts otherwise than it lists")
        return {person["ref"] for person in found}


def _known_customers(contract):
    found = contract.read_all(
        "res.partner", [["ref", "=like", f"{REFERENCE}%"]], ["ref"]
    )
    return {person["ref"]: person["id"] for person in found}


def _confirm(contract, orders):
    values = {"state": "sale"}
    contract.call("sale.order", "write", ids=orders, vals=values, context=QUIETLY)


def _order_values(purchase, customer, product):
    line = {
        "product_id": product,
        "name": "Disc",
        "product_uom_qty": purchase.discs,
        "price_unit": float(purchase.amount / purchase.discs),
        "tax_ids": [[5]],
        "analytic_distribution": False,
    }
    return {
        "name": purchase.name,
        "partner_id": customer,
        "date_order": f"{purchase.day} 12:00:00",
        "order_line": [[0, 0, line]],
    }


def _with_ids(domain, ids):
    return [
        [name, operator, [ids[one] for one in value]]
        if name == "crm_segment_ids"
        else [name, operator, value]
        for name, operator, value in domain
    ]

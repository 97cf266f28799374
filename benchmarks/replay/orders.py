"""A confirmed order for each client who subscribed."""

from .bank_file import PRICE
from .contract import batches
from .lane import Lane
from .people import known_people

ORDERS_AT_ONCE = 50


class Orders:
    """Writes the orders that are missing, and confirms those that are not confirmed."""

    def __init__(self, contract, scene, product, progress):
        self.contract = contract
        self.scene = scene
        self.product = product
        self.progress = progress

    def sell(self, journeys):
        """Sell the product to everybody who subscribed."""
        buyers = [journey for journey in journeys if journey.client.subscribes]
        known = self._known_orders()
        drafts = [order["id"] for order in known if order["state"] != "sale"]
        served = {order["opportunity_id"] for order in known}
        missing = [buyer for buyer in buyers if buyer.lead not in served]
        self.progress.expect(len(drafts) + len(missing))
        people = known_people(self.contract)
        with Lane() as confirming:
            for batch in batches(drafts, ORDERS_AT_ONCE):
                confirming.do(self._confirm, batch)
            for batch in batches(missing, ORDERS_AT_ONCE):
                values = [
                    self._values(buyer, people[buyer.client.reference])
                    for buyer in batch
                ]
                confirming.do(self._confirm, self.contract.create("sale.order", values))

    def _known_orders(self):
        domain = [["opportunity_id.crm_campaign_id", "=", self.scene.campaign]]
        names = ["opportunity_id", "state"]
        return list(self.contract.read_all("sale.order", domain, names))

    def _values(self, buyer, person):
        line = {
            "product_id": self.product,
            "product_uom_qty": 1,
            "price_unit": PRICE,
            "tax_ids": [[5]],
        }
        return {
            "partner_id": person,
            "opportunity_id": buyer.lead,
            "order_line": [[0, 0, line]],
        }

    def _confirm(self, orders):
        self.contract.call("sale.order", "action_confirm", ids=orders)
        self.progress.add(len(orders))

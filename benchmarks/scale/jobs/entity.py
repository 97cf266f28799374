"""The 360 view of a customer with ten thousand events, and of one with ten."""

from ..scene.database import check, multiply, next_id, settle
from ..scene.playbooks import history, people
from .clicks import Clicks

# Of ten events, so many are of each sort.
SHARES = {"actions": 4, "messages": 3, "orders": 2, "lines": 1}
EVENTFUL, QUIET = 10_000, 10
WHEN = "now() AT TIME ZONE 'UTC' - n * interval '1 hour'"
REMARK = (
    "all that the screen asks for at once: the overview and the first page of the "
    "timeline, which has actions, messages, orders and ledger lines"
)


def run(env, _size):
    """The same screen, of two customers of the same salesperson."""
    job = Entity(env, people(env).sorted("id")[3])
    job.fill()
    job.check_filled()
    return job.play([REMARK])


class Entity(Clicks):
    """As the customer's salesperson opens it."""

    name = "entity"

    def __init__(self, env, user):
        super().__init__(env, user)
        mine = [("crm_campaign_id", "=", history(env).id), ("user_id", "=", user.id)]
        self.eventful, self.quiet = env["crm.lead"].search(mine, limit=2).partner_id

    def click(self, env):
        """The customer with whom so much has happened."""
        return self.open(env, self.eventful.id)

    def click_peer(self, env):
        """The one with whom little has."""
        return self.open(env, self.quiet.id)

    def open(self, env, entity_id):
        """All that the screen asks for."""
        entity = env["res.partner"].browse(entity_id)
        return entity.get_overview(), entity.timeline()

    def fill(self):
        """A history of ten thousand events for the one, of ten for the other."""
        product = self.env["product.product"].create({"name": "Scale product"})
        for partner, events in ((self.eventful, EVENTFUL), (self.quiet, QUIET)):
            counts = {name: events * share // 10 for name, share in SHARES.items()}
            self.insert_actions(partner, counts["actions"])
            self.insert_messages(partner, counts["messages"])
            self.insert_orders(partner, product, counts["orders"])
            self.insert_lines(partner, counts["lines"])
        settle(self.env)

    def insert_actions(self, partner, count):
        """Calls that were made."""
        done = self.env["crm.action"].search(
            [("partner_id", "=", partner.id), ("state", "=", "done")], limit=1
        )
        multiply(
            self.env,
            *(done, count),
            planned_by="'person'",
            lead_id="NULL",
            date_start=WHEN,
            done_at=WHEN,
        )

    def insert_messages(self, partner, count):
        """What was written."""
        message = partner.message_post(
            body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        name = f"'<{partner.id}/' || n || '@scale.example>'"
        multiply(self.env, message, count, message_id=name, date=WHEN)

    def insert_orders(self, partner, product, count):
        """Confirmed orders of one product."""
        order = self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "user_id": self.user.id,
                "order_line": [(0, 0, {"product_id": product.id, "price_unit": 10})],
            }
        )
        order.action_confirm()
        first = next_id(self.env, "sale_order")
        multiply(self.env, order, count, date_order=WHEN, name="'S' || n")
        multiply(self.env, order.order_line, count, order_id=f"{first} - 1 + n")

    def insert_lines(self, partner, count):
        """What stands in the ledger."""
        line = self.env["crm.transition"].search(
            [("partner_id", "=", partner.id), ("trigger", "=", "started")], limit=1
        )
        multiply(self.env, line, count, event_key="NULL", date=WHEN)

    def check_filled(self):
        """Fail unless all of it is on the screen."""
        env = self.fresh_env()
        overview, page = self.click(env)
        figures = {one["name"]: one["value"] for one in overview["figures"]}
        check(figures["ordered"] >= 10 * EVENTFUL * 2 / 10, "orders are missing")
        check(figures["contacts"] >= EVENTFUL * 4 / 10, "actions are missing")
        check(page["has_more"] and len(page["items"]) == 20, "the page is not full")
        _overview, few = self.click_peer(env)
        check(len(few["items"]) >= QUIET, f"only {len(few['items'])} events")

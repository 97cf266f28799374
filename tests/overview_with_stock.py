"""Run in Odoo's shell, with stock and margins installed: an order, half delivered.

Writes, as JSON, what the 360 view says, and what Odoo's own reports and records say.
"""

import json
import sys

env = globals()["env"]  # which Odoo's shell holds ready

seller = env["res.users"].create(
    {
        "name": "Seller",
        "login": "overview_seller",
        "group_ids": [(6, 0, [env.ref("sales_team.group_sale_salesman_all_leads").id])],
    }
)
partner = env["res.partner"].create({"name": "Overview Customer"})
product = env["product.product"].create(
    {"name": "Chair", "is_storable": True, "standard_price": 60, "list_price": 100}
)


def sell(quantity):
    """A confirmed order, which waits for its delivery."""
    order = env["sale.order"].create(
        {
            "partner_id": partner.id,
            "user_id": seller.id,
            "order_line": [
                (0, 0, {"product_id": product.id, "product_uom_qty": quantity})
            ],
        }
    )
    order.action_confirm()
    return order


orders = sell(2) | sell(3) | sell(1)
delivered = orders[0].picking_ids
delivered.move_ids.quantity = 2
delivered.move_ids.picked = True
delivered.button_validate()
late = orders[1].picking_ids
late.scheduled_date = "2020-01-01 08:00:00"
# Odoo plans it for the moment of the order, which is over by now.
orders[2].picking_ids.scheduled_date = "2099-01-01 08:00:00"
env.flush_all()

entity = partner.with_user(seller)
figures = {one["name"]: one for one in entity.get_overview()["figures"]}
[[margin]] = entity.env["sale.report"]._read_group(
    [("partner_id", "=", partner.id), ("state", "=", "sale")], [], ["margin:sum"]
)
action = entity.open_figure("deliveries")
pending = entity.env[action["res_model"]].search(action["domain"])
told = {
    "margin": figures["margin"]["value"],
    "margin_of_report": margin,
    "margin_of_orders": sum(orders.mapped("margin")),
    "deliveries": figures["deliveries"]["value"],
    "late": figures["deliveries"]["detail"],
    "pending": pending.ids == (orders - orders[0]).picking_ids.sorted().ids,
    "pending_count": len(pending),
}
sys.stdout.write(json.dumps(told))

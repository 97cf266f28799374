"""Run in Odoo's shell by the load: what an administrator prepares, once.

The sales manager who loads, and the product that is sold. Writes, as JSON, the id of
the product and an API key of the manager, which replaces the one of the last time.
"""

import json
import sys
from datetime import datetime, timedelta

env = globals()["env"]  # which Odoo's shell holds ready
LOGIN = "cdnow_manager"


def ensure_manager():
    """Also one who may make contacts, as whoever imports customers is."""
    groups = [
        env.ref(group).id
        for group in ("sales_team.group_sale_manager", "base.group_partner_manager")
    ]
    user = env["res.users"].search([("login", "=", LOGIN)])
    return user or env["res.users"].create(
        {
            "login": LOGIN,
            "name": "CDNOW manager",
            "email": "manager@cdnow.example",
            "tz": "UTC",
            "group_ids": [(6, 0, groups)],
        }
    )


def ensure_product():
    product = env["product.product"].search([("name", "=", "Disc")])
    return product or env["product.product"].create(
        {"name": "Disc", "type": "service", "taxes_id": False}
    )


def renew_key(user):
    keys = env["res.users.apikeys"]
    keys.search([("user_id", "=", user.id), ("name", "=", LOGIN)])._remove()
    until = datetime.now() + timedelta(days=2)
    return keys.with_user(user)._generate("rpc", LOGIN, until)


manager = ensure_manager()
account = {
    "login": manager.login,
    "key": renew_key(manager),
    "product": ensure_product().id,
}
json.dump(account, sys.stdout)

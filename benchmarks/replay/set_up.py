"""Run in Odoo's shell by the replay: what an administrator prepares, once.

The people who will work, with Odoo's own groups, the product that they sell, and the
free fields of the entities. Writes, as JSON, the ids and an API key of the manager,
which replaces the one of the last time.
"""

import json
import os
import sys
from datetime import datetime, timedelta

env = globals()["env"]  # which Odoo's shell holds ready
PEOPLE = {
    "replay_manager": "sales_team.group_sale_manager",
    "replay_caller_1": "sales_team.group_sale_salesman",
    "replay_caller_2": "sales_team.group_sale_salesman",
}
KEY = "Replay"


def ensure_user(login, group):
    user = env["res.users"].search([("login", "=", login)])
    return user or env["res.users"].create(
        {
            "login": login,
            "name": login.replace("_", " ").capitalize(),
            "email": f"{login}@bank.example",
            "group_ids": [(6, 0, [env.ref(group).id])],
        }
    )


def ensure_product(name, price):
    product = env["product.product"].search([("name", "=", name)])
    return product or env["product.product"].create(
        {"name": name, "type": "service", "list_price": price, "taxes_id": False}
    )


def define_free_fields(definitions):
    definition = env["properties.base.definition"]._get_definition_for_property_field(
        "res.partner", "properties"
    )
    known = {field["name"] for field in definition.properties_definition}
    definition.properties_definition = [
        *definition.properties_definition,
        *(field for field in definitions if field["name"] not in known),
    ]


def renew_key(user):
    keys = env["res.users.apikeys"]
    keys.search([("user_id", "=", user.id), ("name", "=", KEY)])._remove()
    return keys.with_user(user)._generate(
        "rpc", KEY, datetime.now() + timedelta(days=2)
    )


wanted = json.loads(os.environ["REPLAY"])
manager, *callers = (ensure_user(login, group) for login, group in PEOPLE.items())
define_free_fields(wanted["free_fields"])
product = ensure_product("Term deposit", wanted["price"])
account = {
    "login": manager.login,
    "key": renew_key(manager),
    "manager": manager.id,
    "callers": [caller.id for caller in callers],
    "product": product.id,
}
json.dump(account, sys.stdout)

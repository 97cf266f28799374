"""Run in Odoo's shell by the contract tests: people with real groups, and their keys.

Writes, as JSON, what the tests need to know of them.
"""

import json
import sys
from datetime import datetime, timedelta

env = globals()["env"]  # which Odoo's shell holds ready
PEOPLE = {
    "rpc_manager": "sales_team.group_sale_manager",
    "rpc_salesperson": "sales_team.group_sale_salesman",
    "rpc_colleague": "sales_team.group_sale_salesman",
}


def create_user(login, group):
    user = env["res.users"].create(
        {
            "login": login,
            "password": login,
            "name": login,
            "email": f"{login}@test.example",
            "group_ids": [(6, 0, [env.ref(group).id])],
        }
    )
    tomorrow = datetime.now() + timedelta(days=1)
    key = env["res.users.apikeys"].with_user(user)._generate("rpc", "Test", tomorrow)
    return {"login": login, "password": login, "key": key, "id": user.id}


def create_foreign_partner():
    company = env["res.company"].create({"name": "Another company"})
    return env["res.partner"].create({"name": "Foreigner", "company_id": company.id})


def create_product():
    return env["product.product"].create(
        {"name": "Subscription", "type": "service", "list_price": 1000}
    )


account = {login: create_user(login, group) for login, group in PEOPLE.items()}
account["foreign_partner"] = create_foreign_partner().id
account["product"] = create_product().name
json.dump(account, sys.stdout)

"""Run in Odoo's shell: a team with an address, and a server that mails come from."""

import json
import sys

env = globals()["env"]  # which Odoo's shell holds ready

domain = env["mail.alias.domain"].create(
    {"name": "shop.test.example", "company_ids": [(4, env.company.id)]}
)
team = env["crm.team"].create(
    {
        "name": "Test team",
        "alias_name": "welcome",
        "alias_domain_id": domain.id,
    }
)
# Odoo marks an address by its first mail, whose sender would meet everybody else there.
team.alias_id.alias_status = "valid"
server = env["fetchmail.server"].create({"name": "Test server", "server_type": "imap"})
json.dump(server.id, sys.stdout)

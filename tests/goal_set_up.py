"""Run in Odoo's shell: an entity, and calls that are made for a goal."""

import json
import sys

env = globals()["env"]  # which Odoo's shell holds ready

outcome = env["crm.outcome"].create({"name": "Test reached"})
call = env["crm.action.type"].create(
    {
        "name": "Test call",
        "outcome_ids": [(4, outcome.id)],
        "goal_id": env["crm.goal"].create({"name": "Test goal"}).id,
    }
)
partner = env["res.partner"].create({"name": "Grace Hopper"})
values = {
    "partner_id": partner.id,
    "action_type_id": call.id,
    "outcome_id": outcome.id,
}
json.dump(values, sys.stdout)

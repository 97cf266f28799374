"""Run in Odoo's shell, with automation rules installed: which rows do they see?"""

import json
import sys

env = globals()["env"]  # which Odoo's shell holds ready

SEEN = "env['ir.config_parameter'].sudo().set_param(f'seen/%s/{record.id}', '1')"


def automate(model, trigger):
    """An automation rule that keeps in mind the records it is run for."""
    env["base.automation"].create(
        {
            "name": f"{model} {trigger}",
            "model_id": env["ir.model"]._get_id(model),
            "trigger": trigger,
            "action_server_ids": [
                (
                    0,
                    0,
                    {
                        "name": "Keep in mind",
                        "model_id": env["ir.model"]._get_id(model),
                        "state": "code",
                        "code": SEEN % f"{model}/{trigger}",
                    },
                )
            ],
        }
    )


def seen(records, trigger):
    """Whether the rule was run for all of the records, or for none: else an error."""
    prefix = f"seen/{records._name}/{trigger}/"
    params = env["ir.config_parameter"].sudo()
    states = {bool(params.get_param(f"{prefix}{one}")) for one in records.ids}
    (state,) = states
    return state


automate("crm.lead", "on_create")
automate("crm.action", "on_create")
automate("crm.action", "on_write")
automate("crm.transition", "on_create")
automate("crm.transition", "on_write")

done = env["crm.outcome"].create({"name": "Test done"})
call = env["crm.action.type"].create(
    {"name": "Test call", "outcome_ids": [(6, 0, done.ids)]}
)
playbook = env["crm.playbook"].create({"name": "Test playbook"})
first, second = env["crm.playbook.stage"].create(
    [
        {"name": name, "playbook_id": playbook.id, "task_type_id": call.id}
        for name in ("First", "Second")
    ]
)
env["crm.playbook.rule"].create(
    {"playbook_id": playbook.id, "outcome_id": done.id, "move": "next"}
)
partners = env["res.partner"].create([{"name": f"Entity {n}"} for n in range(4)])
lead = env["crm.lead"].create({"name": "By hand", "partner_id": partners[3].id})
lead.start_playbook(playbook.id)
of_stage = lead.action_ids
of_stage.done(done.id)
answer = lead.transition_ids.filtered("rule_id")
segment = env["crm.segment"].create(
    {"name": "Test segment", "domain": str([("id", "in", partners[:3].ids)])}
)
campaign = env["crm.campaign"].create(
    {"name": "Test", "playbook_id": playbook.id, "segment_id": segment.id}
)
campaign.action_launch()
json.dump(
    {
        "opportunity by hand": seen(lead, "on_create"),
        "opportunities of a campaign": seen(campaign.lead_ids, "on_create"),
        "action of one": seen(of_stage, "on_create"),
        "action done": seen(of_stage, "on_write"),
        "actions of a set": seen(campaign.action_ids, "on_create"),
        "new ledger line": seen(answer, "on_create"),
        "ledger line, once answered": seen(answer, "on_write"),
    },
    sys.stdout,
)

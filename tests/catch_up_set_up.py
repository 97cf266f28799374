"""Run in Odoo's shell: 700 opportunities that wait, and a new stage for them."""

env = globals()["env"]  # which Odoo's shell holds ready

partners = env["res.partner"].create([{"name": f"Entity {n}"} for n in range(700)])
playbook = env["crm.playbook"].create({"name": "Test playbook"})
stages = env["crm.playbook.stage"]
stages.create({"name": "First", "playbook_id": playbook.id})
segment = env["crm.segment"].create(
    {"name": "Test segment", "domain": f"[('id', 'in', {partners.ids})]"}
)
campaign = env["crm.campaign"].create(
    {"name": "Test campaign", "playbook_id": playbook.id, "segment_id": segment.id}
)
campaign.action_launch()
campaign.generate()
call = env["crm.action.type"].create({"name": "Test call"})
stages.create(
    {
        "name": "Second",
        "playbook_id": playbook.id,
        "task_type_id": call.id,
        "catch_up": True,
    }
)

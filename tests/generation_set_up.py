"""Run in Odoo's shell: a campaign for sixty entities, of which one is taken up."""

from odoo.addons.crm_playbook.models import crm_campaign_generation

env = globals()["env"]  # which Odoo's shell holds ready

crm_campaign_generation.FIRST_BATCH = 1
partners = env["res.partner"].create([{"name": f"Entity {n}"} for n in range(60)])
call = env["crm.action.type"].create({"name": "Test call"})
playbook = env["crm.playbook"].create({"name": "Test playbook"})
env["crm.playbook.stage"].create(
    {"name": "First", "playbook_id": playbook.id, "task_type_id": call.id}
)
segment = env["crm.segment"].create(
    {"name": "Test segment", "domain": f"[('id', 'in', {partners.ids})]"}
)
env["crm.campaign"].create(
    {"name": "Test campaign", "playbook_id": playbook.id, "segment_id": segment.id}
).action_launch()

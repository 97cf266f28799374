"""Run in Odoo's shell: opportunities whose first e-mail is due, none sent yet."""

env = globals()["env"]  # which Odoo's shell holds ready

partners = env["res.partner"].create(
    [{"name": f"Entity {n}", "email": f"entity{n}@test.example"} for n in range(30)]
)
outcome = env["crm.outcome"].create({"name": "Test sent"})
template = env["mail.template"].create(
    {
        "name": "Test offer",
        "model_id": env["ir.model"]._get_id("crm.lead"),
        "subject": "Offer for {{ object.partner_id.name }}",
        "body_html": "<p>Hello</p>",
    }
)
email = env["crm.action.type"].create(
    {
        "name": "Test e-mail",
        "channel": "email",
        "mail_template_id": template.id,
        "outcome_ids": [(6, 0, outcome.ids)],
        "sent_outcome_id": outcome.id,
    }
)
playbook = env["crm.playbook"].create({"name": "Test playbook"})
for sequence, name in ((10, "First"), (20, "Second")):
    env["crm.playbook.stage"].create(
        {
            "name": name,
            "sequence": sequence,
            "playbook_id": playbook.id,
            "task_type_id": email.id,
        }
    )
env["crm.playbook.rule"].create(
    {"playbook_id": playbook.id, "outcome_id": outcome.id, "move": "next"}
)
segment = env["crm.segment"].create(
    {"name": "Test segment", "domain": f"[('id', 'in', {partners.ids})]"}
)
env["crm.campaign"].create(
    {
        "name": "Test campaign",
        "playbook_id": playbook.id,
        "segment_id": segment.id,
        "user_id": env.ref("base.user_admin").id,
    }
).action_launch()

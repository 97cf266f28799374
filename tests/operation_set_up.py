"""Run in Odoo's shell: a run over many entities that the scheduler has not begun."""

env = globals()["env"]  # which Odoo's shell holds ready

admin = env.ref("base.user_admin")
env["res.partner"].create(
    [{"name": f"Entity {number}", "city": "Operatown"} for number in range(700)]
)
status = env["crm.commercial.status"].create({"name": "Test status"})
call = env["crm.action.type"].create({"name": "Test call"})
env["crm.operation"].with_user(admin).create(
    {
        "name": "Test operation",
        "domain": "[('city', '=', 'Operatown')]",
        "commercial_status_id": status.id,
        "task_type_id": call.id,
        "assignee": "fixed_user",
        "assignee_user_id": admin.id,
    }
).run()

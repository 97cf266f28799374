"""Run in Odoo's shell: plan a visit, which is in agenda and calendar then."""

env = globals()["env"]  # which Odoo's shell holds ready

env["crm.action"].create(
    {
        "partner_id": env["res.partner"].create({"name": "Test visited"}).id,
        "action_type_id": env.ref("crm_playbook.action_type_visit").id,
        "user_id": env.ref("base.user_admin").id,
        "mode": "planned",
        "date_start": "2030-01-02 10:00:00",
    }
)
env.cr.commit()

"""Run in Odoo's shell: take the add-on away again."""

env = globals()["env"]  # which Odoo's shell holds ready

add_on = env["ir.module.module"].search([("name", "=", "crm_playbook")])
add_on.button_immediate_uninstall()

"""Run in Odoo's shell: pause what runs, as the manager does it."""

env = globals()["env"]  # which Odoo's shell holds ready

env["crm.campaign"].search([("state", "=", "running")]).action_pause()

"""Run in Odoo's shell: the scheduler of due tasks, as the cron runs it."""

env = globals()["env"]  # which Odoo's shell holds ready

env["crm.action"]._cron_run_due()

"""Run in Odoo's shell: the scheduler of moves between stages, as the cron runs it."""

env = globals()["env"]  # which Odoo's shell holds ready

env["crm.playbook.stage.move"]._cron_move()

"""Run in Odoo's shell: the generation, as the cron runs it, ten entities a batch."""

from odoo.addons.crm_playbook.models import crm_campaign_generation

env = globals()["env"]  # which Odoo's shell holds ready

crm_campaign_generation.BATCH = 10
env["crm.campaign"]._cron_generate()

"""Run in Odoo's shell: record what was done, as a request does it."""

import json
import os

from odoo.service.model import retrying

env = globals()["env"]  # which Odoo's shell holds ready
values = json.loads(os.environ["ACTION"])

retrying(lambda: env["crm.action"].register(values), env)

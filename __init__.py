from . import models
from . import wizard


def uninstall_hook(env):
    """Take away what Odoo does not know of: triggers on tables that stay."""
    env["crm.campaign.figure.delta"]._stop_counting()

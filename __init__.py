from . import controllers
from . import models
from . import report
from . import wizard


def uninstall_hook(env):
    """Take away what would stay: triggers on tables of others, tasks in agendas."""
    env["crm.campaign.figure.delta"]._stop_counting()
    env["crm.forecast.history"]._stop_keeping()
    env["crm.action"].search([("state", "=", "planned")])._drop_mirrors()

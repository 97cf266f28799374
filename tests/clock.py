"""Turning the clock by which the forecast's history is kept."""

from odoo.addons.crm_playbook.models.crm_forecast_history import MOMENT_SETTING


def turn_clock(env, moment):
    """What is written from now on in this transaction was changed at that moment."""
    env.flush_all()
    env.cr.execute("SELECT set_config(%s, %s, true)", [MOMENT_SETTING, str(moment)])

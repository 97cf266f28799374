"""The playbooks and campaigns that the jobs run, made as a manager makes them."""

from odoo import Command

E_MAIL, SMS, CALL, VISIT = "email", "sms", "call", "visit"
MESSAGES = {
    E_MAIL: {"mail_template_id": "crm_playbook.mail_template_acquisition_email"},
    SMS: {"sms_template_id": "crm_playbook.sms_template_acquisition_first"},
}
# So far ahead that no scheduler does the tasks before the job says so.
AHEAD = 30
IDLE_HOURS = 24


def make_playbook(env, name, *channels, delay=0):
    """A playbook with a stage for each channel; the first task waits ``delay`` days."""
    playbook = env["crm.playbook"].create({"name": f"Scale: {name}"})
    for place, channel in enumerate(channels):
        messages = MESSAGES.get(channel, {})
        env["crm.playbook.stage"].create(
            {
                "name": channel.capitalize(),
                "playbook_id": playbook.id,
                "sequence": place,
                "task_type_id": env.ref(f"crm_playbook.action_type_{channel}").id,
                "task_delay_days": 0 if place else delay,
                **{field: env.ref(xml_id).id for field, xml_id in messages.items()},
            }
        )
    return playbook


def add_idle_rule(env, playbook):
    """After a day in the first stage: the next one, a status and points."""
    return env["crm.playbook.rule"].create(
        {
            "stage_id": playbook.stage_ids[0].id,
            "trigger": "idle",
            "idle_hours": IDLE_HOURS,
            "move": "next",
            "commercial_status_id": env.ref("crm_playbook.status_planned").id,
            "points": 1,
        }
    )


def make_campaign(env, name, playbook, domain, **values):
    """A campaign of twenty people, in draft."""
    segment = env["crm.segment"].create({"name": f"Scale: {name}", "domain": domain})
    return env["crm.campaign"].create(
        {
            "name": f"Scale: {name}",
            "playbook_id": playbook.id,
            "segment_id": segment.id,
            "user_id": manager(env).id,
            "team_id": env["crm.team"].search([("name", "=like", "Scale%")])[:1].id,
            "member_ids": [Command.set(people(env).ids)],
            "assignment": "round_robin",
            # At once, wherever it is another day already.
            "date_start": False,
            **values,
        }
    )


def generate(campaign):
    """Launch a campaign and make its opportunities, as button and scheduler do."""
    generate_first(campaign)
    campaign.env["crm.campaign"]._cron_generate()


def generate_first(campaign):
    """Launch a campaign: the first opportunities are made at once."""
    campaign.action_launch()
    campaign.env.cr.commit()


def history(env):
    """The campaign that has taken up everybody."""
    return env["crm.campaign"].search([("name", "=", "Scale: history")])


def people(env):
    """The twenty salespeople."""
    return env["res.users"].search([("login", "=like", "scale_person_%")])


def manager(env):
    """The sales manager."""
    return env["res.users"].search([("login", "=", "scale_manager")])


def entities(env, first, count):
    """The domain of ``count`` entities, from the ``first`` on."""
    start = env["res.partner"].search(
        [("name", "=like", "Entity %")], order="id", limit=1
    )
    low = start.id + first
    return f"[('id', '>=', {low}), ('id', '<', {low + count})]"

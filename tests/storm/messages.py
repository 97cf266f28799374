"""Messages that wait in Odoo's queues, and where these send them."""

from urllib.parse import urlsplit

from odoo.fields import Command

NEWS = "news@test.example"


def plan(env, recipients):
    """Plan an automatic task for each recipient: mail to addresses, SMS to numbers.

    Besides there is one mail that is no action's.
    """
    if "@" in recipients[0]:
        field, task_type = "email", _email(env)
        env["mail.mail"].create({"subject": "News", "email_to": NEWS})
    else:
        field, task_type = "phone", _sms(env)
    env["crm.action"].create(
        [
            {
                "partner_id": partner.id,
                "action_type_id": task_type.id,
                "mode": "automatic",
            }
            for partner in env["res.partner"].create(
                [{"name": recipient, field: recipient} for recipient in recipients]
            )
        ]
    )


def direct(env, receiver):
    """Have Odoo send to a mail server or an SMS provider, told by its URL."""
    address = urlsplit(receiver)
    if address.scheme == "smtp":
        env["ir.mail_server"].search([]).action_archive()
        env["ir.mail_server"].create(
            {
                "name": "Test server",
                "smtp_host": address.hostname,
                "smtp_port": address.port,
            }
        )
    else:
        env["ir.config_parameter"].set_param("sms.endpoint", receiver)


def _email(env):
    template = env["mail.template"].create(
        {
            "name": "Test offer",
            "model_id": env["ir.model"]._get_id("res.partner"),
            "subject": "Offer for {{ object.name }}",
            "body_html": "<p>Hello</p>",
            "email_from": "sales@test.example",
        }
    )
    return _type(env, channel="email", mail_template_id=template.id)


def _sms(env):
    template = env["sms.template"].create(
        {
            "name": "Test short",
            "model_id": env["ir.model"]._get_id("res.partner"),
            "body": "Hello",
        }
    )
    status = env["crm.commercial.status"].create(
        {"name": f"Test not reached {template.id}"}
    )
    task_type = _type(env, channel="sms", sms_template_id=template.id)
    env["crm.playbook.rule"].create(
        {
            "trigger": "sms_failed",
            "action_type_id": task_type.id,
            "commercial_status_id": status.id,
        }
    )
    return task_type


def _type(env, channel, **values):
    name = f"Test {channel} {env['crm.action.type'].search_count([])}"
    outcome = env["crm.outcome"].create({"name": name})
    return env["crm.action.type"].create(
        {
            "name": name,
            "channel": channel,
            "outcome_ids": [Command.set(outcome.ids)],
            "sent_outcome_id": outcome.id,
            **values,
        }
    )

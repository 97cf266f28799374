"""Entities with work of every kind to do for them, in an otherwise empty company."""

from importlib import import_module

from odoo.fields import Command

# The login, and the password as well.
MANAGER = "storm_manager"
ENTITY = "entity"
TWO_DAYS_AGO = "now() at time zone 'utc' - interval '2 days'"


def set_scene(env, entities, control_share=0):
    """Two campaigns for the same entities, with all kinds of work still to do.

    Of the first, launched but hardly generated, each opportunity is sent an e-mail,
    then an SMS, then called. Of the second, generated two days ago, each has stayed in
    its stage for too long. Rules give the entity of both a new commercial status, so
    that whoever works on one campaign comes in the way of the other.

    :param control_share: how many of a hundred the first one leaves out
    :return: {name: id of a campaign}
    """
    create_entities(env, entities)
    scene = Scene(env)
    waiting = scene.create_waiting_campaign()
    waiting.action_launch()
    waiting.generate()
    _age(waiting)
    messages = scene.create_message_campaign()
    messages.control_share = control_share
    messages.action_launch()
    return {"messages": messages.id, "waiting": waiting.id}


def module(name):
    """A module of the add-on, which workers know by its full name alone."""
    return import_module(f"odoo.addons.crm_playbook.models.{name}")


def create_entities(env, count):
    """Make entities that can be written to and called."""
    spain = env.ref("base.es")
    module("bulk").insert_columns(
        env["res.partner"],
        {
            "name": [f"Entity {number}" for number in range(count)],
            "email": [f"entity{number}@test.example" for number in range(count)],
            "phone": [f"+34 6{number:08}" for number in range(count)],
        },
        {"ref": ENTITY, "country_id": spain.id},
    )
    env.flush_all()


class Scene:
    """What campaigns are made of."""

    def __init__(self, env):
        self.env = env
        self.manager = self._create_manager()
        self.sent = env["crm.outcome"].create({"name": "Test sent"})
        self.called = env["crm.outcome"].create({"name": "Test called"})
        self.call = self._create_type("Test call")
        self.segment = env["crm.segment"].create(
            {"name": "Test segment", "domain": f"[('ref', '=', '{ENTITY}')]"}
        )

    def _create_manager(self):
        return self.env["res.users"].create(
            {
                "login": MANAGER,
                "password": MANAGER,
                "name": "Manager",
                "email": "manager@test.example",
                "group_ids": [
                    Command.set(self.env.ref("sales_team.group_sale_manager").ids)
                ],
            }
        )

    def create_message_campaign(self):
        """E-mail, then SMS, then call."""
        playbook = self.env["crm.playbook"].create({"name": "Test messages"})
        by_mail = self._create_stage(playbook, "Mail", self._create_email())
        by_sms = self._create_stage(playbook, "SMS", self._create_sms())
        self._create_stage(playbook, "Call", self.call)
        self._create_rule(by_mail, self._create_status("Test written to"))
        self._create_rule(by_sms, self._create_status("Test reached"))
        return self._create_campaign(playbook)

    def create_waiting_campaign(self):
        """A call that nobody makes, and a rule for that."""
        playbook = self.env["crm.playbook"].create({"name": "Test waiting"})
        wait = self._create_stage(playbook, "Wait", self.call)
        self._create_stage(playbook, "Call again", self.call)
        self._create_rule(
            wait,
            self._create_status("Test waited"),
            trigger="idle",
            idle_hours=24,
            outcome_id=False,
        )
        return self._create_campaign(playbook)

    def _create_email(self):
        template = self.env["mail.template"].create(
            {
                "name": "Test offer",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "subject": "Offer for {{ object.partner_id.name }}",
                "body_html": "<p>Hello, <a href='https://test.example/o'>look</a></p>",
            }
        )
        return self._create_type(
            "Test e-mail", channel="email", mail_template_id=template.id
        )

    def _create_sms(self):
        template = self.env["sms.template"].create(
            {
                "name": "Test short",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "body": "Hello {{ object.partner_id.name }}",
            }
        )
        return self._create_type("Test SMS", channel="sms", sms_template_id=template.id)

    def _create_type(self, name, **values):
        return self.env["crm.action.type"].create(
            {
                "name": name,
                "outcome_ids": [Command.set((self.sent | self.called).ids)],
                "sent_outcome_id": self.sent.id,
                **values,
            }
        )

    def _create_status(self, name):
        return self.env["crm.commercial.status"].create({"name": name})

    def _create_stage(self, playbook, name, task_type):
        return self.env["crm.playbook.stage"].create(
            {
                "name": name,
                "playbook_id": playbook.id,
                "task_type_id": task_type.id,
                "sequence": len(playbook.stage_ids),
            }
        )

    def _create_rule(self, stage, status, **values):
        self.env["crm.playbook.rule"].create(
            {
                "stage_id": stage.id,
                "outcome_id": self.sent.id,
                "commercial_status_id": status.id,
                "move": "next",
                **values,
            }
        )

    def _create_campaign(self, playbook):
        return self.env["crm.campaign"].create(
            {
                "name": playbook.name,
                "playbook_id": playbook.id,
                "segment_id": self.segment.id,
                "user_id": self.manager.id,
            }
        )


def _age(campaign):
    """Have its opportunities stand where they are for two days already."""
    campaign.env.flush_all()
    campaign.env.cr.execute(
        f"UPDATE crm_lead SET stage_entered_at = {TWO_DAYS_AGO}"
        " WHERE crm_campaign_id = %s",
        [campaign.id],
    )
    campaign.env.invalidate_all()

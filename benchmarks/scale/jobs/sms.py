"""Due SMS tasks -> ``sms.sms`` rows, states, ledger."""

from ..scene.playbooks import SMS
from .messages import Messages


def run(env, size):
    """The scheduler against the SMS composer."""
    return ShortMessages(env, size).play()


class ShortMessages(Messages):
    """The template is the product's own first SMS of an acquisition."""

    channel = SMS
    name = "sms"
    messages = "SELECT count(*) FROM sms_sms"

    def send_by_peer(self, lead_ids):
        """The composer in mass mode, without a note on each opportunity."""
        template = self.env.ref("crm_playbook.sms_template_acquisition_first")
        composer = self.env["sms.composer"].create(
            {
                "composition_mode": "mass",
                "res_model": "crm.lead",
                "res_ids": repr(lead_ids),
                "template_id": template.id,
                "mass_keep_log": False,
                "mass_force_send": False,
            }
        )
        composer.action_send_sms()

"""Due e-mail tasks -> ``mail.mail`` rows, states, ledger."""

from ..scene.playbooks import E_MAIL
from .messages import Messages


def run(env, size):
    """The scheduler against ``mail.template.send_mail_batch``."""
    return Emails(env, size).play()


class Emails(Messages):
    """The template is the product's own first e-mail of an acquisition."""

    channel = E_MAIL
    name = "emails"
    messages = """SELECT count(*) FROM mail_mail mail
                    JOIN mail_message message ON message.id = mail.mail_message_id
                   WHERE message.model = 'crm.lead'"""

    def send_by_peer(self, lead_ids):
        """The same template for the same kind of opportunities."""
        template = self.env.ref("crm_playbook.mail_template_acquisition_email")
        template.send_mail_batch(lead_ids)

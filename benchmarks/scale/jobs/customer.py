"""The view of a customer with ten thousand events."""

from odoo.addons.mail.tools.discuss import Store

from ..scene.database import check, multiply, next_id, settle
from ..scene.playbooks import history, people
from ..views import PAGE, Form, Page
from .clicks import Clicks

EVENTS = 10_000
REMARK = (
    "ours: what the partner's form reads, then the first pages of its actions and of "
    "its ledger; Odoo's: what the same form reads without this add-on's fields, then "
    "the first messages of the chatter"
)


def run(env, _size):
    """Form, actions and ledger against form and chatter."""
    job = Customer(env, people(env).sorted("id")[2])
    job.fill()
    job.check_filled()
    return job.play([REMARK])


class Customer(Clicks):
    """As the customer's salesperson opens it."""

    name = "customer"

    def __init__(self, env, user):
        super().__init__(env, user)
        mine = [("crm_campaign_id", "=", history(env).id), ("user_id", "=", user.id)]
        leads = env["crm.lead"].search(mine, limit=2)
        self.ours, self.theirs = leads.partner_id.ids
        env = self.fresh_env()
        self.form = Form(env, "res.partner")
        self.form_of_peer = Form(env, "res.partner", without="crm_playbook")
        self.pages = [
            Page(env, "crm_playbook.crm_action_action_all"),
            Page(env, "crm_playbook.crm_transition_action"),
        ]

    def click(self, env):
        """The form, and the pages that its buttons open."""
        form = self.form.read(env, self.ours)
        domain = [("partner_id", "=", self.ours)]
        return form, *(page.read(env, domain) for page in self.pages)

    def click_peer(self, env):
        """The form, and what ``/mail/thread/messages`` gives to the chatter."""
        form = self.form_of_peer.read(env, self.theirs)
        partner = env["res.partner"].browse(self.theirs)
        found = env["mail.message"]._message_fetch(domain=None, thread=partner)
        messages = found.pop("messages")
        return form, messages, Store().add(messages).get_result()

    def fill(self):
        """Actions and ledger lines for the one, as many messages for the other."""
        action = self.env["crm.action"].search(
            [("partner_id", "=", self.ours), ("state", "=", "done")], limit=1
        )
        line = self.env["crm.transition"].search(
            [("partner_id", "=", self.ours), ("trigger", "=", "outcome")], limit=1
        )
        message = self.env["res.partner"].browse(self.theirs).message_post(body="Hello")
        first = next_id(self.env, "crm_action")
        when = "now() AT TIME ZONE 'UTC' - n * interval '1 hour'"
        multiply(
            self.env,
            action,
            EVENTS // 2,
            planned_by="'person'",
            lead_id="NULL",
            date_start=when,
            done_at=when,
        )
        multiply(
            self.env,
            line,
            EVENTS // 2,
            event_key=f"'outcome/' || {first} - 1 + n",
            action_id=f"{first} - 1 + n",
            lead_id="NULL",
            date=when,
        )
        multiply(
            self.env,
            message,
            EVENTS,
            message_id="'<' || n || '@scale.example>'",
            date=when,
        )
        settle(self.env)

    def check_filled(self):
        """Fail unless the salesperson sees full pages."""
        _form, actions, lines = self.click(self.fresh_env())
        for page in (actions, lines):
            check(len(page["records"]) == PAGE, "a page is not full")
            check(page["length"] >= EVENTS // 2, f"only {page['length']} events")
        _form, messages, _data = self.click_peer(self.fresh_env())
        check(len(messages) == 30, f"{len(messages)} messages")

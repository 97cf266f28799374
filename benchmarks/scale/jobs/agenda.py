"""The agenda: the first page of one person's open tasks."""

from ..scene.database import check
from ..scene.playbooks import people
from ..views import PAGE, Page
from .clicks import Clicks


def run(env, _size):
    """The list "My Actions" against the list "My Activities"."""
    job = Agenda(env, people(env).sorted("id")[1])
    ours, theirs = job.click(job.fresh_env()), job.click_peer(job.fresh_env())
    check(len(ours["records"]) == PAGE, "the page is not full")
    check(ours["length"] == theirs["length"], f"{ours['length']} {theirs['length']}")
    return job.play()


class Agenda(Clicks):
    """As a salesperson opens it."""

    name = "agenda"

    def __init__(self, env, user):
        super().__init__(env, user)
        env = self.fresh_env()
        self.page = Page(env, "crm_playbook.crm_action_action_my")
        self.page_of_peer = Page(env, "mail.mail_activity_action_my")

    def click(self, env):
        """Mine, planned, as the action and its filters say."""
        mine = [("user_id", "=", env.uid), ("state", "=", "planned")]
        return self.page.read(env, [("mode", "!=", "automatic"), *mine])

    def click_peer(self, env):
        """Mine, with those of later days too, so that it lists as many."""
        context = {**env.context, "force_search_count": 1}
        return self.page_of_peer.read(env(context=context), [("user_id", "=", env.uid)])

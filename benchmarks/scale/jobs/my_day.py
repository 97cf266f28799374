"""My Day: all that the screen asks for, by who has much to do and who has little."""

from datetime import datetime, timedelta

from ..scene.database import check
from ..scene.playbooks import people
from .clicks import Clicks

FEW = 80


def run(env, _size):
    """The day of a busy salesperson against that of a new one, in the same base."""
    busy = people(env).sorted("id")[1]
    job = MyDay(env, busy, _newcomer(env, busy))
    check(job.click(job.fresh_env())["figures"]["left"] > FEW, "nobody is busy")
    agenda = job.click_peer(job.fresh_env())
    check(agenda["figures"]["left"] == FEW, f"{agenda['figures']['left']} tasks")
    count = env["crm.action"].search_count([("state", "=", "planned")])
    return job.play([f"of {count:,} open tasks"])


def _newcomer(env, colleague):
    """Somebody with a few tasks of their own, in the same team."""
    user = colleague.copy({"name": "Newcomer", "login": f"{colleague.login}_newcomer"})
    task = env["crm.action"].search([("user_id", "=", colleague.id)], limit=1)
    today = {"user_id": user.id, "lead_id": False, "date_start": datetime.now()}
    for _number in range(FEW):
        task.copy(today)
    env.cr.commit()
    return user


class MyDay(Clicks):
    """The same screen, for two people."""

    name = "my_day"

    def __init__(self, env, user, newcomer):
        super().__init__(env, user)
        self.newcomer = newcomer

    def click(self, env):
        """All of today, by who has a share of all tasks."""
        return self._agenda(env)

    def click_peer(self, env):
        """All of today, by who has a few."""
        return self._agenda(env(user=self.newcomer.id))

    def _agenda(self, env):
        start = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        end = start + timedelta(days=1)
        return env["crm.agenda"].get_agenda(str(start), str(end))

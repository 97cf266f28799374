"""What moved the forecast of three months since last week."""

from datetime import date, timedelta

from ..scene.database import check
from ..scene.playbooks import manager
from .forecast import Forecast


def run(env, _size):
    """The waterfall against the forecast of the same months."""
    job = Waterfall(env, manager(env))
    steps = job.click(job.fresh_env())["steps"]
    signs = {"up": 1, "down": -1}
    moved = sum(signs.get(step["kind"], 0) * step["amount"] for step in steps)
    left = steps[0]["amount"] + moved - steps[-1]["amount"]
    check(abs(left) < 0.01, f"the waterfall does not balance: {left}")
    return job.play([f"{steps[0]['count']:,} opportunities when it opened"])


class Waterfall(Forecast):
    """As a sales manager looks at the last week."""

    name = "waterfall"

    def click(self, env):
        """From a week ago until now."""
        today = date.today()
        first = today.replace(day=1)
        last = (first + timedelta(days=92)).replace(day=1) - timedelta(days=1)
        return env["crm.forecast"].get_waterfall(
            str(today - timedelta(days=7)), str(today), str(first), str(last)
        )

    def click_peer(self, env):
        """The forecast itself."""
        return env["crm.forecast"].get_forecast()

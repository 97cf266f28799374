"""What a person waits for: the same click in turns, in the product and in Odoo."""

from ..stopwatch import Runner, line

ROUNDS = 12
WARM_UP = 2


class Clicks:
    """A click of the product, and what it is compared with.

    Each is a transaction of its own that begins with nothing in the cache, as a request
    does. Both give how many rows they show, which must be as many.
    """

    name = None

    def __init__(self, env, user):
        self.env = env
        self.user = user

    def play(self, remarks=()):
        """Both in turns.

        :return: the lines of the table
        """
        product, peer = Runner(self.env), Runner(self.env)
        for turn in range(WARM_UP + ROUNDS):
            is_warm = turn >= WARM_UP
            for click, runner in ((self.click, product), (self.click_peer, peer)):
                env = self.fresh_env()
                with runner.round(1) if is_warm else Runner(self.env).round(1):
                    click(env)
                    env.cr.commit()
        return [
            line(
                *(self.name, 1, product, peer),
                measure="median",
                remarks=list(remarks),
            )
        ]

    def fresh_env(self):
        """The environment of the user, as at the beginning of a request."""
        self.env.cr.commit()
        self.env.transaction.reset()
        return self.env(user=self.user.id, su=self.user._is_superuser())

    def click(self, env):
        """What the product does."""
        raise NotImplementedError

    def click_peer(self, env):
        """What it is compared with."""
        raise NotImplementedError

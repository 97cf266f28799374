"""People who tidy up the entities while the engine works on them."""

import random
from functools import partial

from odoo.exceptions import UserError
from odoo.service.model import retrying

from .scene import ENTITY

MERGED_AT_ONCE = 2


def tidy_up(in_transaction, seed, count):
    """Archive, merge and delete entities at random, one after the other.

    :param in_transaction: runs a function of an environment
    :param seed: what the choices follow from
    :return: {what was done, or refused: how often}, and {entity that others were merged
        into: how many}
    """
    people = TidyPeople(random.Random(seed))
    for _turn in range(count):
        in_transaction(people.change)
    return people.done, people.kept


class TidyPeople:
    """What they do, and a note of what was done."""

    def __init__(self, choices):
        self.choices = choices
        self.done = {}
        self.kept = {}

    def change(self, env):
        """One change; where the engine was quicker, it is made again, as by Odoo."""
        change = self.choices.choice([self.archive, self.merge, self.delete])
        try:
            done = retrying(partial(change, env), env)
        except UserError:
            env.cr.rollback()
            done = f"{change.__name__} refused"
        self.done[done] = self.done.get(done, 0) + 1

    def archive(self, env):
        """Somebody has closed down."""
        self._some(env).action_archive()
        return "archive"

    def merge(self, env):
        """Somebody stands there twice."""
        double, kept = self._some(env, MERGED_AT_ONCE)
        wizard = env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((double | kept).ids, kept)
        env.cr.commit()
        self.kept[kept.id] = self.kept.get(kept.id, 0) + self.kept.pop(double.id, 0) + 1
        return "merge"

    def delete(self, env):
        """Somebody was entered by mistake; refused where there is a history already."""
        self._some(env).unlink()
        return "delete"

    def _some(self, env, count=1):
        everybody = env["res.partner"].search([("ref", "=", ENTITY)])
        return env["res.partner"].browse(self.choices.sample(everybody.ids, count))

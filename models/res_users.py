import heapq

from odoo import models
from odoo.tools import SQL


class ResUsers(models.Model):
    """Whose work it is: shared among several people, left behind by who leaves."""

    _inherit = "res.users"

    def action_archive(self):
        """Nobody's tasks are lost when somebody leaves: the team finds them to take."""
        # Odoo deletes their activities first, which would cancel the tasks.
        self._give_back_actions()
        return super().action_archive()

    def write(self, vals):
        if vals.get("active") is False:
            self._give_back_actions()
        return super().write(vals)

    def _give_back_actions(self):
        # What the scheduler does is done for them all the same.
        human = [("state", "=", "planned"), ("mode", "!=", "automatic")]
        own = [("user_id", "in", self.ids), *human]
        self.env["crm.action"].sudo().search(own).give_back()

    def _take_turns(self, count, model, campaign):
        """Name ``count`` of these users in turn, the one who waits longest first.

        How many turns are only thought of stands in the context: ``turns_besides``.

        :param model: what they are given, ``crm.lead`` or ``crm.action``
        :param campaign: in which campaign they take turns
        :return: list of ``count`` users, empty ones where ``self`` is empty
        """
        self.env.flush_all()
        latest = dict(
            self.env.execute_query(
                SQL(
                    # One look at the end of the index for each, however many there are.
                    "SELECT person.id, (SELECT max(given.id) FROM %s given WHERE "
                    "given.crm_campaign_id = %s AND given.user_id = person.id) "
                    "FROM unnest(%s) AS person(id)",
                    SQL.identifier(self.env[model]._table),
                    campaign.id,
                    self.ids,
                )
            )
        )
        waiting = self.sorted(lambda user: (latest[user.id] or 0, user.id))
        first = self.env.context.get("turns_besides", 0)
        return [
            waiting[(first + turn) % len(waiting)] if waiting else self
            for turn in range(count)
        ]

    def _level_load(self, count):
        """Name ``count`` of these users so that their open actions become level.

        Those that are only thought of stand in the context: ``open_actions_besides``,
        {user id: number}.

        :return: list of ``count`` users, empty ones where ``self`` is empty
        """
        if not self:
            return [self] * count
        open_actions = dict(
            self.env["crm.action"]
            .sudo()
            ._read_group(
                [("state", "=", "planned"), ("user_id", "in", self.ids)],
                ["user_id"],
                ["__count"],
            )
        )
        besides = self.env.context.get("open_actions_besides", {})
        loads = [
            (open_actions.get(user, 0) + besides.get(user.id, 0), user.id)
            for user in self
        ]
        heapq.heapify(loads)
        named = []
        for _turn in range(count):
            load, user_id = loads[0]
            heapq.heapreplace(loads, (load + 1, user_id))
            named.append(self.browse(user_id))
        return named

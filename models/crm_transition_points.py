from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from .engine import as_engine
from .event import Event


class CrmTransition(models.Model):
    """Points: the ledger is the truth of them.

    Points of a period are the sum of the lines dated in it, by the person that each is
    of. What a corrected answer gave is taken back by the line that tells of the
    correction, in the period in which it is corrected: what is past never changes.
    """

    _inherit = "crm.transition"

    # Only some lines give points: sums of a period look at those alone.
    _points_index = models.Index(
        "(date, user_id) INCLUDE (points, team_id, crm_campaign_id, company_id) "
        "WHERE points <> 0"
    )

    def _give_points(self):
        """Add to the points of each line's action what the line gives."""
        given = self.filtered(lambda line: line.action_id and line.points)
        for points, lines in given.grouped(
            lambda line: line.action_id.points + line.points
        ).items():
            as_engine(lines.action_id).write({"points": points})


class CrmPlaybookRule(models.Model):
    _inherit = "crm.playbook.rule"

    def _prepare_point_values(self):
        """What a line has that gives points: how many, to whom, and of which team.

        They are of whoever did the action; where there was none, of the salesperson of
        the opportunity. Nobody earns them where only the machine has a part in it, nor
        by what still comes back of an action that was corrected.
        """
        self.env["res.users"].flush_model(["sale_team_id"])
        earner = self._earner()
        return {
            "user_id": earner,
            "team_id": self._team_of_earner(),
            "points": SQL(
                "CASE WHEN %s = %s OR done.corrected_by_id IS NOT NULL THEN 0"
                " ELSE %s END",
                earner,
                SUPERUSER_ID,
                self._weighted_points(),
            ),
        }

    @api.model
    def _earner(self):
        """Whose points they are, over ``done`` and ``journey``."""
        return SQL("coalesce(done.user_id, journey.user_id, %s)", self.env.uid)

    @api.model
    def _team_of_earner(self):
        return SQL(
            "(SELECT earner.sale_team_id FROM res_users earner WHERE earner.id = %s)",
            self._earner(),
        )

    def _weighted_points(self):
        """The points of the rule, times what all weights that match say together."""
        factor = self.env["crm.points.weight"]._factor(
            self._earner(), self._team_of_earner()
        )
        if factor is None:
            return SQL("%s", self.points)
        return SQL("round(%s * (%s))::integer", self.points, factor)


class CrmAction(models.Model):
    _inherit = "crm.action"

    def _open_correction(self, answer):
        """Tell the ledger that this action is corrected, and take its points back.

        :param answer: the ledger line of the answer to its outcome
        """
        given = self.answer_ids.filtered("points")
        values = {}
        if points := sum(given.mapped("points")):
            # Wherever they were counted, there they are taken back.
            of = (answer & given)[:1] or given[:1]
            values = {
                "points": -points,
                "user_id": of.user_id.id,
                "team_id": of.team_id.id,
                "crm_campaign_id": of.crm_campaign_id.id,
                "company_id": of.company_id.id,
            }
        return self.env["crm.transition"]._open(
            Event.of_action("corrected", self, key=None), **values
        )

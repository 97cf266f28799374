from odoo import SUPERUSER_ID, api, models
from odoo.fields import Domain
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


# Lines of what was not corrected since; without any action, nothing was.
NOT_CORRECTED = Domain("action_id", "=", False) | Domain(
    "action_id.corrected_by_id", "=", False
)
# By what points are summed up.
COUNTED_BY = ("user_id", "team_id", "crm_campaign_id", "company_id")


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
        """Whose points they are, over ``done`` and ``journey``.

        Never of who only happens to be at work: a customer who orders in the portal,
        whoever posts a payment.
        """
        return SQL("coalesce(done.user_id, journey.user_id, %s)", SUPERUSER_ID)

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
        # Wherever they were counted, there they are taken back.
        counted = self.answer_ids.filtered("points").grouped(
            lambda line: tuple(line[name].id for name in COUNTED_BY)
        )
        others = [lines for lines in counted.values() if not lines & answer]
        of_answer = [lines for lines in counted.values() if lines & answer]
        for lines in others[not of_answer :]:
            self._open_taking_back(lines)
        return self._open_taking_back(*(of_answer or others[:1]))

    def _open_taking_back(self, given=()):
        """Tell the ledger of the correction, and of points that are not any more.

        :param given: lines that gave them, to one person in one team
        """
        points = sum(line.points for line in given)
        values = {name: given[0][name].id for name in COUNTED_BY} if points else {}
        return self.env["crm.transition"]._open(
            Event.of_action("corrected", self, key=None),
            **(values | {"points": -points} if points else {}),
        )

from odoo import api, fields, models, tools
from odoo.fields import Domain
from odoo.tools import SQL

# What a weight may ask for, and where it stands when an event is answered: ``done`` is
# the action, ``journey`` the opportunity.
CONDITIONS = {
    "action_type_id": SQL("done.action_type_id"),
    "outcome_id": SQL("done.outcome_id"),
    "crm_campaign_id": SQL("coalesce(journey.crm_campaign_id, done.crm_campaign_id)"),
}


class CrmPointsWeight(models.Model):
    """What counts more, or less, for a while: visits of team North, this month.

    The points of a rule are multiplied by the factors of all weights that match, when
    the event is answered; the rounded result stands in the ledger and never changes. A
    condition that is left empty is met by everything. Days are those of the company.
    """

    _name = "crm.points.weight"
    _description = "Weight of Points"
    _inherit = ["crm.remembered"]
    _order = "date_from desc, id desc"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    factor = fields.Float(
        required=True,
        default=2,
        digits=(6, 2),
        help="2 doubles the points, 0.5 halves them, 0 gives none.",
    )
    date_from = fields.Date("First Day", default=fields.Date.context_today)
    date_to = fields.Date("Last Day")
    action_type_id = fields.Many2one("crm.action.type", ondelete="cascade")
    outcome_id = fields.Many2one("crm.outcome", ondelete="cascade")
    crm_campaign_id = fields.Many2one("crm.campaign", "Campaign", ondelete="cascade")
    team_id = fields.Many2one(
        "crm.team",
        ondelete="cascade",
        help="The team of whoever is given the points.",
    )
    user_id = fields.Many2one(
        "res.users", "Person", ondelete="cascade", domain=[("share", "=", False)]
    )
    company_id = fields.Many2one("res.company", ondelete="cascade")
    is_current = fields.Boolean(
        "Counts Today", compute="_compute_is_current", search="_search_is_current"
    )

    _factor_not_negative = models.Constraint(
        "CHECK(factor >= 0 AND factor <= 1000)",
        "A factor is between 0 and 1000: points are not taken away.",
    )
    _ends_after_start = models.Constraint(
        "CHECK(date_to >= date_from)", "The last day comes before the first one."
    )

    @api.depends("date_from", "date_to", "active")
    def _compute_is_current(self):
        current = self.filtered_domain(self._current_domain())
        current.is_current = True
        (self - current).is_current = False

    def _search_is_current(self, operator, value):
        return self._current_domain() if operator == "in" else NotImplemented

    @api.model
    def _current_domain(self):
        today = self.env.company._points_today()
        return (
            Domain("active", "=", True)
            & (Domain("date_from", "=", False) | Domain("date_from", "<=", today))
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", today))
        )

    # === ENGINE === #

    @api.model
    def _factor(self, earner, team):
        """By what the points of a line are multiplied.

        :param earner: SQL of whose points they are
        :param team: SQL of that person's team
        :return: SQL over ``done`` and ``journey``; None where nothing is weighted
        """
        remembered = self._remembered()
        if not remembered:
            return None
        given = CONDITIONS | {"user_id": earner, "team_id": team}
        today = self.env["res.company"].sudo().search([])._points_days()
        factors = []
        for factor, conditions, *days in remembered:
            companies = [
                company.id
                for company, day in today.items()
                if _holds(company.id, day, *days)
            ]
            met = [SQL("%s = %s", given[name], value) for name, value in conditions]
            if len(companies) < len(today):
                met.append(SQL("%s = ANY(%s)", self._company_of_line(), companies))
            factors.append(_factor_where(factor, met))
        return SQL(" * ").join(factors)

    @api.model
    def _company_of_line(self):
        company_id = self.env.company.id
        return SQL("coalesce(journey.company_id, done.company_id, %s)", company_id)

    @api.model
    @tools.ormcache()
    def _remembered(self):
        """All weights, as plain values: factor, conditions, company, days."""
        weights = self.with_env(self.env(su=True, context={})).search([])
        return tuple(
            (
                weight.factor,
                tuple(
                    (name, weight[name].id)
                    for name in (*CONDITIONS, "user_id", "team_id")
                    if weight[name]
                ),
                weight.company_id.id,
                weight.date_from,
                weight.date_to,
            )
            for weight in weights
        )


def _holds(company_id, day, of_company_id, date_from, date_to):
    """Whether a weight counts in a company on that day."""
    return (
        of_company_id in (False, company_id)
        and (not date_from or date_from <= day)
        and (not date_to or day <= date_to)
    )


def _factor_where(factor, met):
    if not met:
        return SQL("%s::numeric", str(factor))
    return SQL(
        "CASE WHEN %s THEN %s::numeric ELSE 1 END", SQL(" AND ").join(met), str(factor)
    )

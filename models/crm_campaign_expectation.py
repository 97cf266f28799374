from odoo import api, fields, models
from odoo.exceptions import UserError

from .crm_action_type import MONEY_GROUPS

# What is expected of a campaign, and what of it came true.
GOALS = {
    "opportunity_count": "expected_opportunity_count",
    "won_count": "expected_won_count",
    "revenue": "expected_revenue",
    "cost": "expected_cost",
    "roi": "expected_roi",
}
EXPECTATIONS = (
    "expected_opportunity_count",
    "expected_conversion",
    "expected_average_sale",
    "expected_action_cost",
)


class CrmCampaign(models.Model):
    """What a campaign is expected to bring, beside what it brings.

    Proposed from its segment and from what other campaigns of the same playbook
    brought, when somebody asks; whoever plans it knows better, and writes what they
    like. The rest follows from these four figures and the fixed costs.
    """

    _inherit = "crm.campaign"

    expected_opportunity_count = fields.Integer(
        "Expected Opportunities", tracking=True, help="How many entities it takes up."
    )
    expected_conversion = fields.Float(tracking=True, help="Won opportunities of all.")
    expected_average_sale = fields.Monetary(
        tracking=True,
        groups=MONEY_GROUPS,
        help="Revenue for each won opportunity.",
    )
    expected_action_cost = fields.Monetary(
        "Expected Cost per Opportunity",
        tracking=True,
        groups=MONEY_GROUPS,
        help="What is done for one opportunity costs so much.",
    )
    expected_won_count = fields.Float(
        "Expected Won", compute="_compute_expected", digits=(16, 1)
    )
    expected_revenue = fields.Monetary(
        compute="_compute_expected_money", groups=MONEY_GROUPS
    )
    expected_cost = fields.Monetary(
        compute="_compute_expected_money",
        groups=MONEY_GROUPS,
        help="Fixed costs, and those of what is done for the opportunities.",
    )
    expected_roi = fields.Float(
        "Expected ROI",
        compute="_compute_expected_money",
        groups=MONEY_GROUPS,
        digits=(16, 4),
    )
    budget_left = fields.Monetary(
        compute="_compute_budget_left",
        groups=MONEY_GROUPS,
        help="Budget less what was spent so far.",
    )
    is_over_budget = fields.Boolean(compute="_compute_budget_left", groups=MONEY_GROUPS)
    is_expected_over_budget = fields.Boolean(
        compute="_compute_budget_left", groups=MONEY_GROUPS
    )
    goals = fields.Json(compute="_compute_goals", groups=MONEY_GROUPS)

    _expected_conversion_in_range = models.Constraint(
        "CHECK(expected_conversion BETWEEN 0 AND 1)",
        "The expected conversion lies between 0 and 100 %.",
    )
    _expected_figures_positive = models.Constraint(
        "CHECK(expected_opportunity_count >= 0 AND expected_average_sale >= 0 "
        "AND expected_action_cost >= 0)",
        "Expected figures cannot be negative.",
    )

    @api.depends("expected_opportunity_count", "expected_conversion")
    def _compute_expected(self):
        for campaign in self:
            campaign.expected_won_count = (
                campaign.expected_opportunity_count * campaign.expected_conversion
            )

    @api.depends(*EXPECTATIONS, "fixed_cost")
    def _compute_expected_money(self):
        for campaign in self:
            count = campaign.expected_opportunity_count
            # What is shown as won is rounded.
            won = count * campaign.expected_conversion
            revenue = won * campaign.expected_average_sale
            cost = campaign.fixed_cost + count * campaign.expected_action_cost
            campaign.expected_revenue = revenue
            campaign.expected_cost = cost
            campaign.expected_roi = (
                0.0 if campaign.currency_id.is_zero(cost) else (revenue - cost) / cost
            )

    @api.depends("budget", "cost", "expected_cost")
    def _compute_budget_left(self):
        for campaign in self:
            compare = campaign.currency_id.compare_amounts
            campaign.budget_left = campaign.budget - campaign.cost
            campaign.is_over_budget = bool(
                campaign.budget and compare(campaign.cost, campaign.budget) > 0
            )
            campaign.is_expected_over_budget = bool(
                campaign.budget and compare(campaign.expected_cost, campaign.budget) > 0
            )

    @api.depends(*GOALS, *GOALS.values(), "budget")
    def _compute_goals(self):
        for campaign in self:
            campaign.goals = [campaign._goal(name) for name in GOALS]

    def _goal(self, name):
        """What was expected of a figure, what it is, and its share of the goal.

        A share is false where there is nothing to compare with, and for the ROI, whose
        share of another would say nothing: its points count.
        """
        expected, actual = self[GOALS[name]], self[name]
        is_known = bool(expected) if name != "roi" else bool(self.expected_cost)
        return {
            "name": name,
            "label": self._fields[name]._description_string(self.env),
            "kind": self._kind_of_goal(name),
            "expected": expected if is_known else False,
            "actual": False if name == "roi" and not self.is_roi_defined else actual,
            "attainment": actual / expected if is_known and name != "roi" else False,
            "is_bad": name == "cost" and self.is_over_budget,
        }

    def _kind_of_goal(self, name):
        if name == "roi":
            return "percentage"
        return "monetary" if self._fields[name].type == "monetary" else "number"

    # === PROPOSALS === #

    def action_propose_expectations(self):
        """Fill in what the segment and the history of the playbook let expect.

        What history does not tell stays as it is.

        :raise UserError: when there is no segment
        """
        self.check_access("write")
        for campaign in self:
            if not campaign.segment_id:
                raise UserError(
                    self.env._("Choose the segment of %s first.", campaign.name)
                )
            campaign.write(campaign._proposal())
        return self._tell_history()

    def _tell_history(self):
        """Say from how much history the proposal comes, be it none."""
        history = self._history() if len(self) == 1 else {}
        past = history.get("campaigns", 0)
        message = (
            self.env._("From the segment now, and %s earlier campaigns.", past)
            if past
            else self.env._(
                "Nothing was ever closed with this playbook: the number of "
                "opportunities is from the segment, the rest is yours to say."
            )
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Proposed"),
                "message": message,
                "type": "success" if past else "warning",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _proposal(self):
        proposal = {"expected_opportunity_count": self._proposed_count()}
        if history := self._history():
            proposal["expected_conversion"] = history["conversion"]["likely"]
            proposal["expected_action_cost"] = history["action_cost"]["likely"]
            if history["won"]:
                proposal["expected_average_sale"] = history["average_sale"]
        return proposal

    def _proposed_count(self):
        """Whom it took up, and whom it would take up now."""
        return self.opportunity_count + self.to_generate_count

from odoo import api, models
from odoo.tools import format_date

from .paper import BARS, Paper, known, width


class ReportCrmCampaignResults(models.AbstractModel):
    """A campaign's results on paper: the same figures as on the dashboard.

    What is drawn is made of table cells: who makes PDFs knows no scripts.
    """

    _name = "report.crm_playbook.report_campaign_results"
    _description = "Campaign Results"

    @api.model
    def _get_report_values(self, docids, data=None):
        campaigns = self.env["crm.campaign"].browse(docids)
        campaigns.check_access("read")
        return {
            "doc_ids": docids,
            "doc_model": "crm.campaign",
            "docs": campaigns,
            "data": data,
            "results_of": self._results_of,
        }

    def _results_of(self, campaign):
        """All that is told of one campaign, in words and widths of bars."""
        told = (
            self.env["crm.dashboard"]
            .with_company(campaign.company_id)
            .get_dashboard(campaign_id=campaign.id)
        )
        sees_money = told["sees_money"]
        paper = Paper(self.env, campaign.currency_id)
        return {
            "sees_money": sees_money,
            "figures": self._figures(told["totals"], sees_money, paper),
            "goals": self._goals(campaign, paper) if sees_money else [],
            "stages": self._stages(told["funnel"].get("stages", []), paper),
            "months": self._months(told["months"], sees_money, paper),
            "reasons": _with_widths(told["reasons"], "lost_count"),
            "people": self._rows(told["people"], sees_money, paper),
            "products": self._rows(told["products"], sees_money, paper),
            "messages": told["messages"],
            "costs": self._costs(campaign, paper) if sees_money else [],
            "control": self._control(campaign) if sees_money else "",
        }

    def _figures(self, totals, sees_money, paper):
        """The key figures: (label, text)."""
        figures = [
            (self.env._("Opportunities"), paper.number(totals["opportunity_count"])),
            (self.env._("Won"), paper.number(totals["won_count"])),
            (self.env._("Lost"), paper.number(totals["lost_count"])),
            (self.env._("Conversion"), paper.share(totals["conversion"])),
            (self.env._("Actions done"), paper.number(totals["done_action_count"])),
            (self.env._("Days per sale"), paper.decimal(totals["days_per_sale"])),
        ]
        if sees_money:
            figures += [
                (self.env._("Revenue"), paper.money(totals["revenue"])),
                (self.env._("Refunded"), paper.money(totals["refunded"])),
                (self.env._("Invoiced"), paper.money(totals["invoiced"])),
                (self.env._("Paid"), paper.money(totals["paid"])),
                (self.env._("Cost"), paper.money(totals["cost"])),
                (self.env._("ROI"), paper.share(totals["roi"])),
            ]
        return figures

    def _goals(self, campaign, paper):
        """What was expected, what came true: rows of texts."""
        forms = {
            "monetary": paper.money,
            "percentage": paper.share,
            "number": paper.number,
        }
        goals = [
            {
                "label": goal["label"],
                "expected": forms[goal["kind"]](known(goal["expected"])),
                "actual": forms[goal["kind"]](known(goal["actual"])),
                "attainment": paper.share(known(goal["attainment"])),
                "is_bad": goal["is_bad"],
            }
            for goal in campaign.goals
            if campaign.expected_opportunity_count and goal["expected"] is not False
        ]
        if campaign.budget:
            goals.append(
                {
                    "label": self.env._("Budget"),
                    "expected": paper.money(campaign.budget),
                    "actual": paper.money(campaign.cost),
                    "attainment": paper.share(campaign.cost / campaign.budget),
                    "is_bad": campaign.is_over_budget,
                }
            )
        return goals

    def _stages(self, stages, paper):
        return [
            {
                "name": stage["stage"],
                "entered": paper.number(stage["entered"]),
                "share": paper.share(stage["share_of_previous"]),
                "width": round(BARS * min(stage["share_of_first"] or 0, 1), 1),
            }
            for stage in stages
        ]

    def _months(self, months, sees_money, paper):
        names = (
            ("revenue", "cost") if sees_money else ("opportunity_count", "won_count")
        )
        most = max((month[name] for month in months for name in names), default=0)
        form = paper.money if sees_money else paper.number
        return [
            {
                "name": format_date(self.env, month["date"], date_format="MMM yyyy"),
                "bars": [
                    {
                        "text": form(month[name]),
                        "width": width(month[name], most),
                        "is_second": bool(place),
                    }
                    for place, name in enumerate(names)
                ],
            }
            for month in months
        ]

    def _rows(self, rows, sees_money, paper):
        return [
            {
                "name": row["name"] or self.env._("Nobody"),
                "opportunities": paper.number(row["opportunity_count"]),
                "actions": paper.number(row["done_action_count"]),
                "won": paper.number(row["won_count"]),
                "revenue": paper.money(row["revenue"]) if sees_money else "",
            }
            for row in rows
        ]

    def _costs(self, campaign, paper):
        """Fixed costs by kind, then what actions cost by type."""
        figures = self.env["crm.campaign.figure"]
        own = [("crm_campaign_id", "=", campaign.id)]
        by_kind = figures._read_group(
            [*own, ("kind", "=", "fixed_cost")], ["cost_kind_id"], ["fixed_cost:sum"]
        )
        by_type = figures._read_group(
            [*own, ("action_cost", "!=", 0)],
            ["action_type_id"],
            ["action_cost:sum", "done_action_count:sum"],
        )
        fixed = [
            {"name": kind.name, "count": "", "amount": paper.money(amount)}
            for kind, amount in by_kind
        ]
        return fixed + [
            {
                "name": action_type.name,
                "count": paper.number(count),
                "amount": paper.money(amount),
            }
            for action_type, amount, count in by_type
        ]

    def _control(self, campaign):
        """What the control group shows, in plain words."""
        if not campaign.control_share or campaign.state == "draft":
            return ""
        return campaign.get_control_result()["text"]


def _with_widths(rows, name):
    most = max((row[name] for row in rows), default=0)
    return [row | {"width": width(row[name], most)} for row in rows]

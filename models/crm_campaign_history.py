from math import sqrt
from statistics import NormalDist

from odoo import models

from . import sale_money

# Two-sided 95 %.
Z = NormalDist().inv_cdf(0.975)
COUNTS = ("opportunity_count", "won_count", "lost_count", "seconds_to_win")
WORK = ("done_action_count", "action_cost")
LEVELS = ("low", "likely", "high")


class CrmCampaign(models.Model):
    """What campaigns with the same playbook brought so far, and what that promises."""

    _inherit = "crm.campaign"

    def _history(self):
        """What the other campaigns of its playbook and company tell.

        Two queries over kept figures and one over their orders: cost grows with the
        number of these campaigns and of their order lines.

        :return: dict: ``campaigns`` (how many), ``closed`` and ``won`` (opportunities),
            ``conversion`` {low, likely, high}: won of those closed, with the 95 %
            interval of Wilson (1927); ``worst`` and ``best`` campaign's conversion;
            ``average_sale`` (revenue for each won opportunity), ``actions`` and
            ``action_cost`` {low, likely, high} for each opportunity (the range is that
            of the campaigns), ``days_per_sale``. Empty where nothing was ever closed.
            Money is in the company's currency.
        """
        self.ensure_one()
        past = self._past_campaigns()
        if not past:
            return {}
        closed = sum(one["won_count"] + one["lost_count"] for one in past)
        won = sum(one["won_count"] for one in past)
        made = sum(one["opportunity_count"] for one in past)
        low, high = wilson(won, closed)
        shares = [
            one["won_count"] / (one["won_count"] + one["lost_count"]) for one in past
        ]
        costs = [one["action_cost"] / one["opportunity_count"] for one in past]
        return {
            "campaigns": len(past),
            "closed": closed,
            "won": won,
            "conversion": dict(zip(LEVELS, (low, won / closed, high), strict=True)),
            "worst": min(shares),
            "best": max(shares),
            "average_sale": sum(one["revenue"] for one in past) / won if won else 0.0,
            "actions": sum(one["done_action_count"] for one in past) / made,
            "action_cost": {
                "low": min(costs),
                "likely": sum(one["action_cost"] for one in past) / made,
                "high": max(costs),
            },
            "days_per_sale": (
                sum(one["seconds_to_win"] for one in past) / won / 86400 if won else 0.0
            ),
        }

    def _expectation(self, history, count):
        """What so many opportunities promise, as history has it.

        :return: dict of ``won``, ``revenue``, ``cost`` and ``roi``, each {low, likely,
            high}; a low return is that of few sales at a high cost. A return is None
            where there is no cost.
        """
        won = {level: history["conversion"][level] * count for level in LEVELS}
        revenue = {level: won[level] * history["average_sale"] for level in LEVELS}
        cost = {
            level: self.fixed_cost + history["action_cost"][level] * count
            for level in LEVELS
        }
        against = dict(zip(LEVELS, reversed(LEVELS), strict=True))
        roi = {
            level: (revenue[level] - cost[against[level]]) / cost[against[level]]
            if cost[against[level]]
            else None
            for level in LEVELS
        }
        return {"won": won, "revenue": revenue, "cost": cost, "roi": roi}

    def _past_campaigns(self):
        """The figures of the campaigns in which something was closed.

        :return: list of {name: figure}
        """
        others = (
            self.sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("playbook_id", "=", self.playbook_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("is_template", "=", False),
                    ("id", "not in", self._origin.ids),
                ]
            )
        )
        figures = self.env["crm.campaign.figure.delta"].sudo()
        sums = figures._sums_of(others.ids, [*COUNTS, *WORK])
        revenue = others._sums_of_orders(sale_money.sale_lines(), "sum(part.revenue)")
        return [
            one | {"revenue": revenue.get(campaign_id, (0.0,))[0]}
            for (campaign_id,), one in sums.items()
            if one["won_count"] + one["lost_count"] and one["opportunity_count"]
        ]


def wilson(part, whole):
    """The 95 % interval of a share, after Wilson (1927): good for small numbers too.

    :return: its ends
    """
    share, square = part / whole, Z * Z
    middle = share + square / (2 * whole)
    half = Z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    scale = 1 + square / whole
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)

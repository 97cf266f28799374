from odoo import api, fields, models
from odoo.tools import format_date

from .paper import BARS, Paper, known, width

# So many opportunities are talked about in a meeting.
MOST_OPPORTUNITIES = 10
CATEGORIES = ("closed", "commit", "best_case", "pipeline")


class ReportCrmForecast(models.AbstractModel):
    """The forecast on paper, for the weekly meeting: what its screen shows.

    What is asked for comes from there: ``at``, ``period``, ``count`` (the columns),
    ``first`` and ``last`` (the period that is looked at), ``start`` (since when it
    moved), ``team_id``, ``user_id``, ``as_of``. Nothing asked: this month, this week.
    """

    _name = "report.crm_playbook.report_forecast"
    _description = "Forecast for the Weekly Meeting"

    @api.model
    def _get_report_values(self, docids, data=None):
        company = self.env.company
        return {
            "doc_ids": company.ids,
            "doc_model": "res.company",
            "docs": company,
            "forecast": self._told(data or {}),
        }

    def _told(self, asked):
        """All that stands on the pages, in words and widths of bars."""
        forecast = self.env["crm.forecast"]
        whose = {name: asked.get(name) or False for name in ("team_id", "user_id")}
        as_of = asked.get("as_of") or None
        told = forecast.get_forecast(
            asked.get("at") or None,
            asked.get("period") or "month",
            asked.get("count") or 3,
            as_of=as_of,
            **whose,
        )
        place = self._place(told["periods"], asked.get("first"))
        period = told["periods"][place]
        span = {"first": period["first"], "last": period["last"], **whose}
        end = as_of or told["today"]
        start = asked.get("start") or str(
            fields.Date.subtract(fields.Date.to_date(end), days=7)
        )
        paper = Paper(self.env, self.env.company.currency_id)
        moved = forecast.get_waterfall(start, end, **span)
        return {
            "period": period["name"],
            "whose": self._name_of(**whose),
            "day": format_date(self.env, end),
            "start": format_date(self.env, start),
            "figures": self._figures(told["rows"][0]["cells"][place], paper),
            "range": "" if as_of else self._range(forecast.get_range(**span), paper),
            "periods": told["periods"],
            "rows": [self._row(row, paper) for row in told["rows"]],
            "steps": self._steps(moved["steps"], paper),
            "slipped": self._slipped(span, as_of, paper),
            "largest": self._largest(span, as_of, paper),
            "notes": self._notes(told, paper),
        }

    def _place(self, periods, first):
        """Which of the periods is looked at: the one asked for, or the current one."""
        for place, period in enumerate(periods):
            if period["first"] == first or (not first and period["is_current"]):
                return place
        return 0

    def _name_of(self, team_id, user_id):
        team = self.env["crm.team"].browse(team_id or ())
        user = self.env["res.users"].browse(user_id or ())
        return " · ".join(record.name for record in (team, user) if record)

    def _figures(self, cell, paper):
        """The key figures of the period: (label, text)."""
        money = paper.rounded
        coverage = known(cell["coverage"])
        return [
            (self.env._("Quota"), money(cell["quota"]) if cell["quota"] else "–"),
            (self.env._("Closed"), money(cell["amounts"]["closed"])),
            (self.env._("Commit"), money(cell["amounts"]["commit"])),
            (self.env._("Best case"), money(cell["amounts"]["best_case"])),
            (self.env._("Pipeline"), money(cell["amounts"]["pipeline"])),
            (self.env._("Forecast"), money(cell["forecast"])),
            (self.env._("Attainment"), paper.share(known(cell["attainment"]))),
            (
                self.env._("Coverage"),
                "–" if coverage is None else f"{paper.decimal(coverage)} ×",
            ),
            (self.env._("Adjustments"), money(cell["adjustment"])),
            (self.env._("Slipped"), money(cell["slipped"]["amount"])),
        ]

    def _range(self, told, paper):
        return self.env._(
            "8 of 10 such periods end between %(low)s and %(high)s, most likely at "
            "%(likely)s.",
            low=paper.rounded(told["low"]),
            high=paper.rounded(told["high"]),
            likely=paper.rounded(told["likely"]),
        )

    def _row(self, row, paper):
        return {
            "name": row["name"],
            "depth": row["depth"],
            "is_person": row["kind"] == "person",
            "cells": [self._cell(cell, paper) for cell in row["cells"]],
        }

    def _cell(self, cell, paper):
        """Forecast against quota, and what the forecast is made of."""
        amounts = [max(cell["amounts"][name], 0) for name in CATEGORIES]
        most = max(sum(amounts), cell["quota"])
        return {
            "forecast": paper.rounded(cell["forecast"]),
            "quota": paper.rounded(cell["quota"]) if cell["quota"] else "",
            "attainment": paper.share(cell["attainment"]) if cell["quota"] else "",
            "is_short": cell["quota"] and cell["gap"] > 0,
            "is_empty": not most and not cell["adjustment"],
            "parts": [
                {"name": name, "width": width(amount, most)}
                for name, amount in zip(CATEGORIES, amounts, strict=True)
                if amount
            ],
        }

    def _steps(self, steps, paper):
        """The steps that there were, each with where its bar begins."""
        level, rows = 0.0, []
        for step in steps:
            if step["kind"] != "total" and not step["count"]:
                continue
            amount = step["amount"]
            low = {"total": 0.0, "up": level, "down": level - amount}[step["kind"]]
            level = low if step["kind"] == "down" else low + amount
            rows.append((step, low, low + amount))
        most = max((high for _step, _low, high in rows), default=0)
        signs = {"total": "", "up": "+", "down": "−"}
        return [
            {
                "label": step["label"],
                "count": paper.number(step["count"]),
                "amount": signs[step["kind"]] + paper.rounded(step["amount"]),
                "kind": step["kind"],
                "begin": width(low, most),
                "width": min(width(high - low, most), BARS),
            }
            for step, low, high in rows
        ]

    def _largest(self, span, as_of, paper):
        """The largest open opportunities of the period."""
        forecast = self.env["crm.forecast"]
        domain = (
            forecast._whose(span["team_id"], span["user_id"])
            & forecast._due(span["first"], span["last"])
            & forecast._open()
            & forecast._at(forecast._moment(as_of))
        )
        rows = self.env["crm.forecast.history"].search(
            domain, order="amount desc, lead_key", limit=MOST_OPPORTUNITIES
        )
        return self._opportunities(rows, paper)

    def _slipped(self, span, as_of, paper):
        """The largest opportunities that were due in the period, and no longer are."""
        forecast = self.env["crm.forecast"]
        query = forecast._slipped(
            forecast._whose(span["team_id"], span["user_id"]),
            [forecast._days(span["first"], span["last"])],
            forecast._moment(as_of),
        )
        rows = self.env["crm.forecast.history"].browse(query)
        largest = rows.sorted("amount", reverse=True)[:MOST_OPPORTUNITIES]
        return self._opportunities(largest, paper)

    def _opportunities(self, rows, paper):
        labels = dict(rows._fields["category"]._description_selection(self.env))
        return [
            {
                "name": row.lead_id.name or self.env._("Deleted"),
                "customer": row.lead_id.partner_id.sudo().name or "",
                "user": row.user_id.sudo().name or self.env._("Nobody"),
                "date": format_date(self.env, row.date) or "–",
                "category": labels[row.category],
                "probability": paper.share(row.probability / 100),
                "amount": paper.rounded(row.amount),
            }
            for row in rows
        ]

    def _notes(self, told, paper):
        """What managers added, and why."""
        return [
            {
                "name": row["name"],
                "month": format_date(self.env, line["month"], date_format="MMM yyyy"),
                "amount": paper.rounded(line["amount"]),
                "note": line["note"],
                "author": line["author"],
                "date": format_date(self.env, line["date"]),
            }
            for row in told["rows"]
            for cell in row["cells"]
            if cell["own_adjustment"]
            for line in cell["own_adjustment"]["lines"]
        ]

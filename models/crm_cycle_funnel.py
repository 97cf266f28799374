from odoo import api, fields, models
from odoo.tools import SQL

from .crm_lead_cycle import KINDS


class CrmCycle(models.Model):
    """What came of a cycle: new customers, those who bought again, those who stayed."""

    _inherit = "crm.cycle"

    opportunity_count = fields.Integer(compute="_compute_funnel")
    customer_count = fields.Integer("Active Customers", compute="_compute_funnel")
    retention = fields.Float(
        compute="_compute_funnel",
        help="Customers of the cycle before who bought in this one, of all of them.",
    )
    funnel = fields.Json(compute="_compute_funnel")

    @api.depends("lead_ids.won_status", "previous_id", "calendar_id.left_status_ids")
    def _compute_funnel(self):
        for cycle in self:
            funnel = cycle._funnel()
            cycle.funnel = funnel
            cycle.opportunity_count = funnel["kinds"][-1]["count"]
            cycle.customer_count = funnel["customers"]
            cycle.retention = funnel["retention"]

    def get_cycle_funnel(self):
        """What came of the cycle, whosever the opportunities are.

        :return: dict of ``kinds``: a list of dicts for new opportunities, those of
            repurchase, and all (``kind``: ``new``, ``repurchase``, ``all``), each with
            ``label``, ``count``, ``open``, ``won``, ``lost``, ``conversion`` (won of
            all) and ``amount`` (expected revenue of the won ones, in the currency of
            the company); ``customers``: its active customers; ``before``: how many
            bought in the cycle before; ``kept``: how many of them bought in this one;
            ``retention``: kept of before (0 where there was none)
        """
        self.ensure_one()
        self.check_access("read")
        return self._funnel()

    def _funnel(self):
        self.env.flush_all()
        leads = self.sudo().env["crm.lead"].with_context(active_test=False)
        rows = leads._read_group(
            [("cycle_id", "in", self.ids)],
            ["cycle_kind", "won_status"],
            ["__count", "expected_revenue:sum"],
        )
        labels = dict(leads._fields["cycle_kind"]._description_selection(self.env))
        kinds = [
            self._told_kind(kind, labels[kind], [row for row in rows if row[0] == kind])
            for kind, _label in KINDS
        ]
        before, kept = self._count_kept()
        return {
            "kinds": [*kinds, self._told_kind("all", self.env._("All"), rows)],
            "customers": self._count_customers(),
            "before": before,
            "kept": kept,
            "retention": kept / before if before else 0.0,
        }

    def _told_kind(self, kind, label, rows):
        counts = dict.fromkeys(("pending", "won", "lost"), 0)
        for _kind, status, count, _amount in rows:
            counts[status] += count
        count = sum(counts.values())
        return {
            "kind": kind,
            "label": label,
            "count": count,
            "open": counts["pending"],
            "won": counts["won"],
            "lost": counts["lost"],
            "conversion": counts["won"] / count if count else 0.0,
            "amount": sum(row[3] for row in rows if row[1] == "won"),
        }

    def _count_customers(self):
        if not self.ids:
            return 0
        query = SQL(
            "SELECT count(*) FROM (%s) customer", self._origin.sudo()._customers()
        )
        [(count,)] = self.env.execute_query(query)
        return count

    def _count_kept(self):
        """How many bought in the cycle before, and how many of them in this one too."""
        if not self.previous_id or not self.ids:
            return 0, 0
        [counts] = self.env.execute_query(
            SQL(
                """SELECT count(*) FILTER (WHERE before),
                          count(*) FILTER (WHERE before AND now)
                     FROM (SELECT bool_or(lead.cycle_id = %(before)s) AS before,
                                  bool_or(lead.cycle_id = %(now)s) AS now
                             FROM crm_lead lead
                             JOIN res_partner partner ON partner.id = lead.partner_id
                            WHERE lead.cycle_id IN (%(before)s, %(now)s)
                              AND lead.won_status = 'won'
                         GROUP BY partner.commercial_partner_id) customer""",
                before=self.previous_id.id,
                now=self._origin.id,
            )
        )
        return counts

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from . import sale_money
from .engine import as_engine, unless_in_the_way

BATCH = 1000
# So many are carried over while somebody waits for the button.
AT_ONCE = 200
# How often a batch is tried that somebody else is in the way of.
ATTEMPTS = 5
BUSY_FOR = timedelta(minutes=1)


class CrmCycle(models.Model):
    """How the active customers of one cycle come into the next.

    Each gets one opportunity to buy again, once: a unique index on the cycle and the
    customer sees to that, whoever carries over at the same moment. They are made in
    batches, each one transaction of a few statements; one that is cut short leaves
    nothing, and the next goes on with those who have none yet. Customers who come late
    to the last cycle are carried over when the button is pressed again. Cost grows with
    the number of new opportunities.
    """

    _inherit = "crm.cycle"

    is_carried_over = fields.Boolean(readonly=True, copy=False)
    to_carry_count = fields.Integer(
        "To Carry Over",
        compute="_compute_to_carry_count",
        help="Active customers of the last cycle who have no opportunity in it yet.",
    )
    carry_over = fields.Json(compute="_compute_to_carry_count")

    @api.depends("state", "previous_id", "is_carried_over", "lead_ids")
    def _compute_to_carry_count(self):
        """How many, and for the screen how far it is while it is under way."""
        for cycle in self:
            cycle.to_carry_count = cycle._count_waiting()
            cycle.carry_over = cycle._progress() if cycle._is_carrying_over() else {}

    def action_carry_over(self):
        """Make the opportunities of customers who have none in the cycle yet.

        The first at once; the scheduler makes the rest.

        :raise UserError: when a cycle is not open
        """
        self.check_access("write")
        for cycle in self:
            if cycle.state != "open":
                raise UserError(self.env._("Open %s first.", cycle.name))
            as_engine(cycle).write({"is_carried_over": not cycle.previous_id})
            if cycle.previous_id:
                cycle._carry_over_first()
        return True

    @api.model
    def _cron_carry_over(self):
        """Go on with cycles that were opened, batch by batch."""
        self._to_carry_over()._carry_over_rest()

    @api.model
    def _to_carry_over(self):
        return self.search([("state", "=", "open"), ("is_carried_over", "=", False)])

    def _carry_over_rest(self):
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=sum(self.mapped("to_carry_count")) + len(self))
        for cycle in self:
            while not cycle.is_carried_over:
                if not cycle._insist_on_a_batch():
                    self._wake_carrier(fields.Datetime.now() + BUSY_FOR)
                    break
                if not progress(BATCH):
                    return

    def _is_carrying_over(self):
        return self.state == "open" and not self.is_carried_over

    def _progress(self):
        done = self.env["crm.lead"].sudo().with_context(active_test=False)
        done = done.search_count(
            [("cycle_id", "=", self.id), ("cycle_kind", "=", "repurchase")]
        )
        total = done + self.to_carry_count
        return {"done": done, "total": total}

    def _carry_over_first(self):
        self._carry_over_batch(AT_ONCE)
        if not self.is_carried_over:
            self._wake_carrier()

    def _insist_on_a_batch(self):
        """Do a batch; where somebody else was in the way, it is tried again."""
        return any(
            unless_in_the_way(self.env, lambda: self._carry_over_batch(BATCH))
            for _attempt in range(ATTEMPTS)
        )

    @api.model
    def _wake_carrier(self, at=None):
        self.env.ref("crm_playbook.ir_cron_carry_over")._trigger(at)

    # === A BATCH === #

    def _carry_over_batch(self, size):
        """Carry over the next customers; nobody left, note that all are.

        Of two who are at the same customers, PostgreSQL tells the second to begin anew.
        """
        self.env.flush_all()
        found = self._next_customers(size)
        by_team = {}
        for customer in found:
            by_team.setdefault(customer["team_id"], []).append(customer)
        for team_id, customers in by_team.items():
            self._take_over(self.env["crm.team"].browse(team_id), customers)
        if len(found) < size:
            as_engine(self).write({"is_carried_over": True})

    def _waiting(self):
        """A query of the customers of the last cycle who have nothing in this one."""
        return SQL(
            """SELECT customer.* FROM (%s) customer
                WHERE NOT EXISTS (
                      SELECT FROM crm_lead taken
                        JOIN res_partner partner ON partner.id = taken.partner_id
                       WHERE taken.cycle_id = %s AND taken.cycle_kind = 'repurchase'
                         AND customer.key IN (taken.cycle_customer_key,
                                              partner.commercial_partner_id))""",
            self.sudo().previous_id._customers(),
            self.id,
        )

    def _count_waiting(self):
        if not self.previous_id or not self.id:
            return 0
        self.env.flush_all()
        query = SQL("SELECT count(*) FROM (%s) waiting", self._waiting())
        [(count,)] = self.env.execute_query(query)
        return count

    def _next_customers(self, size):
        """Whom to carry over next, with what they had: list of dicts.

        What they bought by confirmed orders, else what was expected of them; owner and
        team of last time, or the customer's own salesperson where that one is gone.
        """
        if not self.previous_id:
            return []
        sale_money.flush(self.env)
        self.env.cr.execute(
            SQL(
                """SELECT waiting.key AS cycle_customer_key, lead.partner_id,
                          waiting.lead_id AS repurchase_of_id, lead.team_id,
                          CASE WHEN owner.active THEN owner.id
                               WHEN own.active THEN own.id END AS user_id,
                          (lead.date_closed + (%s || ' days')::interval)::date AS due,
                          coalesce(bought.amount, expected.amount, 0)
                              AS expected_revenue
                     FROM (%s ORDER BY key LIMIT %s) waiting
                     JOIN crm_lead lead ON lead.id = waiting.lead_id
                     JOIN res_partner entity ON entity.id = waiting.key
                LEFT JOIN res_users owner ON owner.id = lead.user_id
                LEFT JOIN res_users own ON own.id = entity.user_id
                LEFT JOIN LATERAL (%s) expected ON true
                LEFT JOIN LATERAL (
                          SELECT sum(revenue) AS amount FROM (%s) sold
                           WHERE sold.opportunity_id = ANY(expected.lead_ids)
                          ) bought ON true
                 ORDER BY waiting.key""",
                (self.date_start - self.previous_id.date_start).days,
                self._waiting(),
                size,
                self._had_last_time(),
                sale_money.sale_lines(),
            )
        )
        return self.env.cr.dictfetchall()

    def _had_last_time(self):
        return SQL(
            """SELECT sum(won.expected_revenue) AS amount, array_agg(won.id) AS lead_ids
                 FROM crm_lead won
                 JOIN res_partner partner ON partner.id = won.partner_id
                WHERE won.cycle_id = %s AND won.won_status = 'won'
                  AND partner.commercial_partner_id = waiting.key""",
            self.previous_id.id,
        )

    def _take_over(self, team, customers):
        """Make the opportunities of customers of one team, and begin its playbook."""
        team = team.sudo()
        playbook = team.playbook_id.filtered("active")
        stage = playbook._steps()[:1] if playbook else playbook.stage_ids
        leads = self.env["crm.lead"]
        columns = (
            *("partner_id", "user_id", "repurchase_of_id", "cycle_customer_key"),
            "expected_revenue",
        )
        newcomers = {name: [row[name] for row in customers] for name in columns}
        newcomers["expected_revenue"] = list(map(float, newcomers["expected_revenue"]))
        newcomers["date_deadline"] = [self._due(row["due"]) for row in customers]
        values = {
            "name": SQL(
                "%s || ' · ' || coalesce(partner.complete_name, '')", self.name
            ),
            "team_id": team.id,
            "company_id": self.company_id.id,
            "cycle_id": self.id,
            "cycle_kind": "repurchase",
            "commercial_status_id": SQL("partner.commercial_status_id"),
            "commercial_status_date": SQL("partner.commercial_status_date"),
        }
        if stage:
            values |= leads._prepare_stage_values(stage) | {"stage_visit": 1}
            category = stage.forecast_category
            values |= {"forecast_category": category} if category else {}
        leads = leads._insert_opportunities(
            newcomers,
            values,
            unique=SQL(
                "(cycle_id, cycle_customer_key) WHERE cycle_kind = 'repurchase'"
            ),
        )
        leads._subscribe_salespeople()
        if stage:
            leads._begin_in(stage)

    def _due(self, day):
        """As far into the cycle as last time; not before today, nor after it."""
        today = self.company_id._points_today()
        first = max(self.date_start, today)
        return min(max(day or first, first), max(self.date_end, first))

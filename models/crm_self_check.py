from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from . import sale_money
from .crm_action_type import MONEY_GROUPS
from .crm_campaign_figure_delta import KEYS

# Each check is a method ``_check_<name>``, made in this order.
CHECKS = (
    "ledger",
    "actions_told",
    "points",
    "messages",
    "activities",
    "orders_told",
    "order_campaigns",
    "figures",
    "revenue",
    "attribution",
    "forecast",
)
# So many records a click opens at most.
SHOWN = 1000


class Found(NamedTuple):
    """What a check found.

    :param str model: of which records it told something
    :param int looked_at: how many they were
    :param list wrong: ids of those where there is a difference
    """

    model: str
    looked_at: int
    wrong: list


class CrmSelfCheck(models.AbstractModel):
    """Whether ledger, actions, mails, orders and reports say the same.

    Each check compares what is kept in two places, within the companies that the user
    works in, by one query; nothing is changed. Its cost grows with what it looks at: it
    is for now and then.
    """

    _name = "crm.self.check"
    _description = "Self-Check"

    @api.model
    def get_checks(self):
        """Which checks there are.

        :return: list of dicts with the ``name`` of each, its ``label``, and in words
            what it compares (``compared``), in the order in which they are made
        """
        self._check_may_check()
        words = self._words()
        return [
            {"name": name, "label": words[name][0], "compared": words[name][1]}
            for name in CHECKS
        ]

    @api.model
    def run_check(self, name):
        """Make one check.

        :param str name: which one
        :return: dict with its ``name``, how many records it ``looked_at``, how many
            ``differences`` it found, and, where there are some, the action that opens
            these records (``open``)
        :raise UserError: when there is no such check
        """
        self._check_may_check()
        if name not in CHECKS:
            raise UserError(self.env._("There is no check called %s.", name))
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL jit = off")
        found = getattr(self.sudo(), f"_check_{name}")()
        result = {
            "name": name,
            "looked_at": found.looked_at,
            "differences": len(found.wrong),
        }
        if found.wrong:
            result["open"] = self._open(name, found)
        return result

    def _check_may_check(self):
        if not self.env.su and not self.env.user.has_groups(MONEY_GROUPS):
            raise AccessError(self.env._("The self-check is for sales administrators."))

    @api.model
    def _open(self, name, found):
        return {
            "type": "ir.actions.act_window",
            "name": self._words()[name][0],
            "res_model": found.model,
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", found.wrong[:SHOWN])],
            "context": {"active_test": False, "create": False},
        }

    def _words(self):
        """{name: (label, what is compared)}."""
        return {
            "ledger": (
                self.env._("Ledger and opportunities"),
                self.env._(
                    "Stage, status and result: folded from the ledger, and as they are"
                ),
            ),
            "actions_told": (
                self.env._("Actions in the ledger"),
                self.env._("Each done action of an opportunity has its line, once"),
            ),
            "points": (
                self.env._("Points"),
                self.env._("What each action gave, and what its ledger lines say"),
            ),
            "messages": (
                self.env._("Messages"),
                self.env._(
                    "Each automatic action that is done has one message, and vice versa"
                ),
            ),
            "activities": (
                self.env._("Activities"),
                self.env._(
                    "Each task that somebody has still to do is one activity of Odoo"
                ),
            ),
            "orders_told": (
                self.env._("Orders in the ledger"),
                self.env._(
                    "Each confirmed order of an opportunity was told to the playbook"
                ),
            ),
            "order_campaigns": (
                self.env._("Campaigns of orders"),
                self.env._("Each order has the campaign that its opportunity has"),
            ),
            "figures": (
                self.env._("Campaign results"),
                self.env._("Kept figures, and opportunities and actions counted anew"),
            ),
            "revenue": (
                self.env._("Sales of campaigns"),
                self.env._(
                    "What campaigns show, and Odoo's own report on the same orders"
                ),
            ),
            "attribution": (
                self.env._("Attribution of sales"),
                self.env._(
                    "What each view gives away of an order, and what it is worth"
                ),
            ),
            "forecast": (
                self.env._("Forecast and opportunities"),
                self.env._(
                    "How each opportunity stands, and what the history says of now"
                ),
            ),
        }

    @api.model
    def _ask(self, model, rows):
        """Make a check by one query.

        :param SQL rows: a query with one row for each record that is looked at: its
            ``id``, and whether it ``is_wrong``
        """
        [(looked_at, wrong)] = self.env.execute_query(
            SQL(
                """SELECT count(*), coalesce(
                          array_agg(id ORDER BY id) FILTER (WHERE is_wrong), '{}')
                     FROM (%s) looked_at""",
                rows,
            )
        )
        return Found(model, looked_at, wrong)

    def _of_companies(self, column):
        """Within the companies that the user works in, or of all, in SQL."""
        return SQL(
            "(%s = ANY(%s) OR %s IS NULL)", column, self.env.companies.ids, column
        )

    # === LEDGER === #

    def _check_ledger(self):
        """Where nothing in the ledger gives a status, it is the entity's of then."""
        return self._ask(
            "crm.lead",
            SQL(
                """SELECT lead.id,
                          stage_line.to_stage_id
                              IS DISTINCT FROM lead.playbook_stage_id
                       OR status_line.status_after_id <> coalesce(
                              lead.commercial_status_id, 0)
                       OR coalesce(result_line.result, 'open')
                              IS DISTINCT FROM replace(lead.won_status, 'pending',
                                                       'open') AS is_wrong
                     FROM (SELECT lead_id,
                                  max(id) FILTER (WHERE to_stage_id IS NOT NULL)
                                      AS stage_id,
                                  max(id) FILTER (WHERE status_after_id IS NOT NULL)
                                      AS status_id,
                                  max(id) FILTER (WHERE result IS NOT NULL)
                                      AS result_id
                             FROM crm_transition WHERE lead_id IS NOT NULL
                         GROUP BY lead_id) latest
                     JOIN crm_lead lead ON lead.id = latest.lead_id
                LEFT JOIN crm_transition stage_line ON stage_line.id = latest.stage_id
                LEFT JOIN crm_transition status_line
                       ON status_line.id = latest.status_id
                LEFT JOIN crm_transition result_line
                       ON result_line.id = latest.result_id
                    WHERE lead.playbook_id IS NOT NULL AND %s""",
                self._of_companies(SQL("lead.company_id")),
            ),
        )

    def _check_actions_told(self):
        """Without those whose outcome is still missing, and those that correct what the
        opportunity has moved on from."""
        return self._ask(
            "crm.action",
            SQL(
                """SELECT action.id, count(line.id) <> 1 AS is_wrong
                     FROM crm_action action
                LEFT JOIN crm_transition line
                       ON line.action_id = action.id AND line.trigger = 'outcome'
                    WHERE action.state = 'done' AND action.lead_id IS NOT NULL
                      AND action.outcome_id IS NOT NULL
                      AND action.corrects_id IS NULL AND %s
                 GROUP BY action.id""",
                self._of_companies(SQL("action.company_id")),
            ),
        )

    def _check_points(self):
        return self._ask(
            "crm.action",
            SQL(
                """SELECT action.id, coalesce(action.points, 0)
                              <> coalesce(sum(line.points), 0) AS is_wrong
                     FROM crm_action action
                LEFT JOIN crm_transition line
                       ON line.action_id = action.id AND line.trigger <> 'corrected'
                    WHERE action.state = 'done' AND %s
                 GROUP BY action.id""",
                self._of_companies(SQL("action.company_id")),
            ),
        )

    # === MESSAGES AND ACTIVITIES === #

    def _check_messages(self):
        """What was traced is done, or has failed; an index keeps it to one trace."""
        return self._ask(
            "crm.action",
            SQL(
                """SELECT action.id,
                          trace.id IS NULL OR action.state NOT IN ('done', 'failed')
                              AS is_wrong
                     FROM crm_action action
                LEFT JOIN mailing_trace trace ON trace.crm_action_id = action.id
                    WHERE (trace.id IS NOT NULL
                           OR action.mode = 'automatic' AND action.state = 'done')
                      AND %s""",
                self._of_companies(SQL("action.company_id")),
            ),
        )

    def _check_activities(self):
        """A correction is done already: it is nobody's task."""
        return self._ask(
            "crm.action",
            SQL(
                """SELECT action.id, count(activity.id)
                          <> (action.state = 'planned'
                              AND action.user_id IS NOT NULL)::int AS is_wrong
                     FROM crm_action action
                LEFT JOIN mail_activity activity
                       ON activity.crm_action_id = action.id AND activity.active
                    WHERE action.mode <> 'automatic' AND action.corrects_id IS NULL
                      AND (action.state = 'planned' AND action.user_id IS NOT NULL
                           OR activity.id IS NOT NULL)
                      AND %s
                 GROUP BY action.id""",
                self._of_companies(SQL("action.company_id")),
            ),
        )

    # === ORDERS === #

    def _check_orders_told(self):
        return self._ask(
            "sale.order",
            SQL(
                """SELECT o.id,
                          NOT EXISTS (SELECT FROM crm_transition line
                                       WHERE line.order_id = o.id
                                         AND line.trigger = 'order_confirmed')
                              AS is_wrong
                     FROM sale_order o
                     JOIN crm_lead lead ON lead.id = o.opportunity_id
                    WHERE o.state = 'sale' AND lead.crm_campaign_id IS NOT NULL
                      AND %s""",
                self._of_companies(SQL("o.company_id")),
            ),
        )

    def _check_order_campaigns(self):
        return self._ask(
            "sale.order",
            SQL(
                """SELECT o.id, o.campaign_id IS NULL AS is_wrong
                     FROM sale_order o
                     JOIN crm_lead lead ON lead.id = o.opportunity_id
                    WHERE o.state = 'sale' AND lead.crm_campaign_id IS NOT NULL
                      AND %s""",
                self._of_companies(SQL("o.company_id")),
            ),
        )

    # === REPORTS === #

    def _check_figures(self):
        """Each key of the kept figures belongs to one campaign."""
        deltas = self.env["crm.campaign.figure.delta"]
        campaigns = self.env["crm.campaign"].with_context(active_test=False)
        place = KEYS.index("crm_campaign_id")
        wrong = {row[place] for row in deltas._differences()}
        own = campaigns.search([("company_id", "in", self.env.companies.ids)])
        return Found("crm.campaign", len(own), sorted(wrong & set(own.ids)))

    def _check_revenue(self):
        """Odoo's report is in the currency of one company at a time."""
        campaigns = self.env["crm.campaign"].with_context(active_test=False)
        found, wrong = (
            campaigns.search([("company_id", "in", self.env.companies.ids)]),
            [],
        )
        for company, own in found.grouped("company_id").items():
            reported = self._reported_by_odoo(company)
            wrong += [
                campaign.id
                for campaign in own
                if company.currency_id.compare_amounts(
                    campaign.ordered, reported.get(campaign.id, 0)
                )
            ]
        return Found("crm.campaign", len(found), wrong)

    def _reported_by_odoo(self, company):
        """{campaign id: what Odoo's own sales report says of its orders}."""
        report = self.env["sale.report"].with_context(allowed_company_ids=company.ids)
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT lead.crm_campaign_id, sum(report.price_subtotal)
                         FROM %s report
                         JOIN sale_order o
                           ON report.order_reference = 'sale.order,' || o.id
                         JOIN crm_lead lead ON lead.id = o.opportunity_id
                        WHERE report.state = 'sale'
                          AND lead.crm_campaign_id IS NOT NULL
                     GROUP BY lead.crm_campaign_id""",
                    report._table_sql,
                )
            )
        )

    def _check_attribution(self):
        views = ("first_touch", "last_touch", "linear", "time_decay", "direct")
        sums = SQL(", ").join(
            SQL("sum(%(view)s) AS %(view)s", view=SQL.identifier(view))
            for view in views
        )
        differ = SQL(" OR ").join(
            SQL("given.%s IS DISTINCT FROM sale.total", SQL.identifier(view))
            for view in views
        )
        return self._ask(
            "sale.order",
            SQL(
                """SELECT sale.order_id AS id, %s AS is_wrong
                     FROM (SELECT part.order_id,
                                  round(sum(part.revenue), currency.decimal_places)
                                      AS total
                             FROM (%s) part
                             JOIN res_company company ON company.id = part.company_id
                             JOIN res_currency currency
                               ON currency.id = company.currency_id
                            WHERE %s
                         GROUP BY part.order_id, currency.decimal_places) sale
                LEFT JOIN (SELECT order_id, %s FROM (%s) row GROUP BY order_id) given
                       ON given.order_id = sale.order_id""",
                differ,
                sale_money.sale_lines(),
                self._of_companies(SQL("part.company_id")),
                sums,
                self.env["crm.attribution"]._table_query,
            ),
        )

    def _check_forecast(self):
        """What was deleted with triggers off is no record any more, but differs too."""
        wrong = self.env["crm.forecast.history"]._differences()
        leads = self.env["crm.lead"].with_context(active_test=False)
        own = Domain("company_id", "in", [*self.env.companies.ids, False])
        looked_at = leads.search_count(own & Domain("type", "=", "opportunity"))
        return Found(
            "crm.lead", looked_at, leads.search(own & Domain("id", "in", wrong)).ids
        )

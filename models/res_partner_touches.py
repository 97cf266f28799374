from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .audience import SALESPEOPLE
from .res_partner_history import (
    Trail,
    compute_figures,
    of_history,
    search_figure,
    trail_field,
)

DONE = Domain("state", "=", "done") & Domain("corrected_by_id", "=", False)
IN_PERIOD = "Of the period, where the segment has one."


class ResPartner(models.Model):
    """How the company was in touch with an entity: actions done, campaigns, answers.

    A corrected action does not count: the correcting one does.
    """

    _inherit = "res.partner"

    source_id = fields.Many2one(
        "utm.source",
        index="btree_not_null",
        ondelete="restrict",
        help="Where the entity came from.",
    )
    done_action_count = fields.Integer(
        "Actions Done",
        compute="_compute_done_action_count",
        search=search_figure("_done_action_query", "count", 0),
        groups=SALESPEOPLE,
        help=IN_PERIOD,
    )
    done_action_type_ids = trail_field(
        "done_action_type_ids",
        "crm.action.type",
        Trail("crm.action", "partner_id", "action_type_id", "done_at", DONE),
        string="Types of Actions Done",
        help=IN_PERIOD,
    )
    had_outcome_ids = trail_field(
        "had_outcome_ids",
        "crm.outcome",
        Trail("crm.action", "partner_id", "outcome_id", "done_at", DONE),
        string="Outcomes",
        help=IN_PERIOD,
    )
    passed_campaign_ids = trail_field(
        "passed_campaign_ids",
        "crm.campaign",
        Trail("crm.lead", "partner_id", "crm_campaign_id", "create_date"),
        Trail("crm.lead", "partner_id", "merged_campaign_ids", "create_date"),
        string="Campaigns Passed",
        help="Campaigns that took the entity up. " + IN_PERIOD,
    )
    last_action_id = fields.Many2one(
        "crm.action",
        compute="_compute_last_action",
        search="_search_last_action_id",
        groups=SALESPEOPLE,
        help="The latest action done.",
    )
    last_action_date = fields.Datetime(
        compute="_compute_last_action",
        search=search_figure(
            "_last_action_query", "date", as_figure=fields.Datetime.to_datetime
        ),
        groups=SALESPEOPLE,
    )
    days_since_last_action = fields.Integer(
        compute="_compute_last_action",
        search=search_figure("_last_action_query", "days"),
        groups=SALESPEOPLE,
    )
    days_with_status = fields.Integer(
        "Days With This Status",
        compute="_compute_days_with_status",
        search=search_figure("_status_query", "days", of="id"),
        groups=SALESPEOPLE,
        help="Since it has its commercial status.",
    )
    last_action_ids = fields.Many2many(
        "crm.action",
        string="Last Action of Each Type",
        compute="_compute_last_action_ids",
        search="_search_last_action_ids",
        groups=SALESPEOPLE,
        help="The latest action done of each type.",
    )
    satisfaction_score = fields.Float(
        "Satisfaction (%)",
        compute="_compute_satisfaction_score",
        search=search_figure("_satisfaction_query", "score"),
        groups=SALESPEOPLE,
        help="The average score of the surveys it answered. " + IN_PERIOD,
    )

    # === COMPUTES === #

    _compute_done_action_count = compute_figures(
        "_done_action_query", "done_action_count", absent=0
    )
    _compute_last_action = compute_figures(
        "_last_action_query",
        *("last_action_id", "last_action_date", "days_since_last_action"),
    )
    _compute_satisfaction_score = compute_figures(
        "_satisfaction_query", "satisfaction_score"
    )

    @api.depends("commercial_status_date")
    def _compute_days_with_status(self):
        now = fields.Datetime.now()
        for partner in self:
            since = partner.commercial_status_date
            partner.days_with_status = since and (now - since).days

    @of_history
    def _compute_last_action_ids(self):
        figures = self._figures(
            SQL(
                "SELECT entity, array_agg(action) FROM (%s) lasts GROUP BY entity",
                self._last_actions_query(),
            )
        )
        for partner in self:
            (ids,) = figures.get(partner.commercial_partner_id.id, ([],))
            partner.last_action_ids = self.env["crm.action"].browse(ids)

    # === SEARCHES === #

    @api.model
    def _search_last_action_id(self, operator, value):
        return self._search_last(self._last_action_query(), operator, value)

    @api.model
    def _search_last_action_ids(self, operator, value):
        return self._search_last(self._last_actions_query(), operator, value)

    @api.model
    def _search_last(self, query, operator, value):
        """The entities that have such an action among their last ones."""
        self._check_may_search(SALESPEOPLE)
        if operator not in ("in", "any"):
            return NotImplemented
        self.env.flush_all()
        if operator == "in" and False in value:
            everyone_with = SQL(
                "SELECT entity FROM (%s) lasts WHERE %s", query, self._about()
            )
            nobody = Domain("commercial_partner_id", "not in", everyone_with)
            return nobody | self._search_last(query, "in", value - {False})
        such = value if operator == "any" else Domain("id", "in", value)
        actions = self._search_all("crm.action", such)
        entities = SQL(
            "SELECT entity FROM (%s) lasts WHERE %s AND action IN %s",
            query,
            self._about(),
            actions.subselect(),
        )
        return Domain("commercial_partner_id", "in", entities)

    # === QUERIES === #

    def _done_actions(self):
        return SQL(
            """FROM crm_action action
               JOIN res_partner partner ON partner.id = action.partner_id
              WHERE action.state = 'done'
                AND action.corrected_by_id IS NULL
                AND action.company_id = ANY(%s)""",
            self.env.companies.ids,
        )

    def _done_action_query(self):
        return SQL(
            """SELECT partner.commercial_partner_id AS entity, count(*) AS count
                 %s AND %s GROUP BY partner.commercial_partner_id""",
            self._done_actions(),
            self._during(SQL("action.done_at")),
        )

    def _last_action_query(self):
        return SQL(
            """SELECT DISTINCT ON (partner.commercial_partner_id)
                      partner.commercial_partner_id AS entity,
                      action.id AS action, action.done_at AS date, %s AS days
                 %s
             ORDER BY partner.commercial_partner_id, action.done_at DESC,
                      action.id DESC""",
            self._days_since(SQL("action.done_at")),
            self._done_actions(),
        )

    def _last_actions_query(self):
        return SQL(
            """SELECT DISTINCT ON (partner.commercial_partner_id, action.action_type_id)
                      partner.commercial_partner_id AS entity, action.id AS action
                 %s
             ORDER BY partner.commercial_partner_id, action.action_type_id,
                      action.done_at DESC, action.id DESC""",
            self._done_actions(),
        )

    def _status_query(self):
        return SQL(
            """SELECT id AS entity, %s AS days FROM res_partner
                WHERE commercial_status_date IS NOT NULL""",
            self._days_since(SQL("commercial_status_date")),
        )

    def _satisfaction_query(self):
        return SQL(
            """SELECT partner.commercial_partner_id AS entity,
                      avg(answer.scoring_percentage) AS score
                 FROM survey_user_input answer
                 JOIN survey_survey survey ON survey.id = answer.survey_id
                 JOIN res_partner partner ON partner.id = answer.partner_id
                WHERE answer.state = 'done'
                  AND NOT coalesce(answer.test_entry, FALSE)
                  AND survey.scoring_type <> 'no_scoring'
                  AND %s
             GROUP BY partner.commercial_partner_id""",
            self._during(SQL("answer.end_datetime")),
        )

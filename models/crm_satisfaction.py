from odoo import fields, models
from odoo.tools import SQL

from . import company_day


class CrmSatisfaction(models.Model):
    """How satisfied people are: the scores of the surveys that they filled in.

    Answers of actions are told by the campaign, the stage and whoever had the task;
    others, such as by a link on a page, by the entity and its salesperson. Surveys that
    give no score count as answers without one. Cost grows with the answers.
    """

    _name = "crm.satisfaction"
    _inherit = ["crm.campaign.report"]
    _description = "Satisfaction"
    _auto = False
    _rec_name = "partner_id"
    _order = "date desc, id desc"
    _depends = {
        "survey.user_input": [
            "crm_action_id",
            "partner_id",
            "survey_id",
            "state",
            "end_datetime",
            "scoring_percentage",
            "test_entry",
        ],
        "survey.survey": ["scoring_type"],
        "crm.action": ["crm_campaign_id", "playbook_stage_id", "user_id", "team_id"],
        "crm.campaign": ["segment_id"],
        "res.partner": ["user_id", "company_id"],
    }

    survey_id = fields.Many2one("survey.survey", readonly=True)
    partner_id = fields.Many2one("res.partner", "Entity", readonly=True)
    action_id = fields.Many2one("crm.action", readonly=True)
    answer_count = fields.Integer("Answers", readonly=True)
    score = fields.Float(
        readonly=True,
        aggregator="avg",
        digits=(5, 1),
        help="Of 100; the average where there are several.",
    )

    @property
    def _table_query(self):
        company = SQL(
            "coalesce(action.company_id, partner.company_id, seller.company_id)"
        )
        return SQL(
            """SELECT sheet.id,
                      sheet.survey_id,
                      sheet.partner_id,
                      action.id AS action_id,
                      action.crm_campaign_id,
                      action.playbook_stage_id,
                      stage.playbook_id,
                      campaign.segment_id,
                      coalesce(action.user_id, partner.user_id) AS user_id,
                      action.team_id,
                      %s AS company_id,
                      %s AS date,
                      1 AS answer_count,
                      CASE WHEN survey.scoring_type <> 'no_scoring'
                           THEN sheet.scoring_percentage END AS score
                 FROM survey_user_input sheet
                 JOIN survey_survey survey ON survey.id = sheet.survey_id
                 JOIN res_partner partner ON partner.id = sheet.partner_id
            LEFT JOIN crm_action action ON action.id = sheet.crm_action_id
            LEFT JOIN res_users seller ON seller.id = partner.user_id
            LEFT JOIN crm_campaign campaign ON campaign.id = action.crm_campaign_id
            LEFT JOIN crm_playbook_stage stage ON stage.id = action.playbook_stage_id
                   %s
                WHERE sheet.state = 'done' AND sheet.test_entry IS NOT TRUE""",
            company,
            company_day.day(SQL("coalesce(sheet.end_datetime, sheet.create_date)")),
            company_day.join_zone_of_company(company),
        )

    def action_view_partner(self):
        """Open who answered."""
        self.ensure_one()
        return self.partner_id.get_formview_action()

from odoo import fields, models
from odoo.tools import SQL

from . import company_day
from .crm_campaign_figure import APPOINTMENTS


class CrmSaleEffort(models.Model):
    """What each sale took: days, appointments and other actions, campaign or none.

    A row for each won opportunity. Several rows are told as averages per sale. The
    actions of each are looked up: cost grows with what was won in the time asked for.
    """

    _name = "crm.sale.effort"
    _inherit = ["crm.campaign.report"]
    _description = "Effort of a Sale"
    _auto = False
    _rec_name = "lead_id"
    _order = "date desc, id desc"
    _depends = {
        "crm.lead": ["won_status", "date_closed", "user_id", "team_id", "company_id"],
        "crm.action": ["state", "lead_id", "action_type_id", "corrected_by_id"],
        "crm.action.type": ["channel"],
        "crm.campaign": ["segment_id"],
    }

    lead_id = fields.Many2one("crm.lead", "Opportunity", readonly=True)
    cycle_id = fields.Many2one("crm.cycle", readonly=True)
    sale_count = fields.Integer("Sales", readonly=True)
    days = fields.Float(
        "Days per Sale",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="From the day the opportunity was made until it was won.",
    )
    appointment_count = fields.Float(
        "Appointments per Sale",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Visits and meetings that were done.",
    )
    action_count = fields.Float(
        "Actions per Sale", readonly=True, aggregator="avg", digits=(16, 1)
    )

    @property
    def _table_query(self):
        return SQL(
            """SELECT lead.id, lead.id AS lead_id, lead.crm_campaign_id,
                      lead.playbook_id, lead.playbook_stage_id, campaign.segment_id,
                      lead.user_id, lead.team_id, lead.company_id, lead.cycle_id,
                      %s AS date, 1 AS sale_count,
                      extract(epoch FROM
                          coalesce(lead.date_closed, lead.create_date)
                          - lead.create_date)::float / 86400 AS days,
                      done.appointments::float AS appointment_count,
                      done.actions::float AS action_count
                 FROM crm_lead lead
            LEFT JOIN crm_campaign campaign ON campaign.id = lead.crm_campaign_id
                   %s
           CROSS JOIN LATERAL (
                      SELECT count(*) AS actions,
                             count(*) FILTER (WHERE type.channel = ANY(%s))
                                 AS appointments
                        FROM crm_action action
                        JOIN crm_action_type type ON type.id = action.action_type_id
                       WHERE action.lead_id = lead.id AND action.state = 'done'
                         AND action.corrected_by_id IS NULL) done
                WHERE lead.won_status = 'won'""",
            company_day.day(SQL("coalesce(lead.date_closed, lead.create_date)")),
            company_day.join_zone_of_company(SQL("lead.company_id")),
            list(APPOINTMENTS),
        )

    def action_view_opportunity(self):
        """Open the opportunity."""
        self.ensure_one()
        return self.lead_id.get_formview_action()

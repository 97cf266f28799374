from odoo import fields, models
from odoo.tools import SQL

from . import company_day


class CrmStageStay(models.Model):
    """How long opportunities stayed in each stage, read in the ledger.

    A stay begins with the line that enters the stage, or opens the opportunity again,
    and ends with the next line that enters another stage or closes. Who came back has
    stayed twice. One sort of the ledger's lines: cost grows with those of the campaigns
    that are asked for.
    """

    _name = "crm.stage.stay"
    _inherit = ["crm.campaign.report"]
    _description = "Time in a Stage"
    _auto = False
    _rec_name = "lead_id"
    _order = "date desc, id desc"
    _depends = {
        "crm.transition": ["lead_id", "to_stage_id", "result", "date"],
        "crm.lead": ["user_id", "team_id", "company_id"],
        "crm.campaign": ["segment_id"],
        "crm.playbook.stage": ["closes_as", "playbook_id"],
    }

    lead_id = fields.Many2one("crm.lead", "Opportunity", readonly=True)
    entered_at = fields.Datetime(readonly=True)
    left_at = fields.Datetime(readonly=True, help="Empty while it is in the stage.")
    is_over = fields.Boolean("Left", readonly=True)
    stay_count = fields.Integer("Stays", readonly=True)
    days = fields.Float(
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="In the stage, on average; until now, while it is there.",
    )

    @property
    def _table_query(self):
        return SQL(
            """SELECT stay.id,
                      stay.lead_id,
                      stay.crm_campaign_id,
                      stay.playbook_stage_id,
                      stage.playbook_id,
                      campaign.segment_id,
                      lead.user_id,
                      lead.team_id,
                      coalesce(lead.company_id, campaign.company_id) AS company_id,
                      stay.entered_at,
                      stay.left_at,
                      stay.left_at IS NOT NULL AS is_over,
                      1 AS stay_count,
                      extract(epoch FROM coalesce(stay.left_at, %s) - stay.entered_at)
                          / 86400 AS days,
                      %s AS date
                 FROM (%s) stay
                 JOIN crm_lead lead ON lead.id = stay.lead_id
                 JOIN crm_playbook_stage stage ON stage.id = stay.playbook_stage_id
            LEFT JOIN crm_campaign campaign ON campaign.id = stay.crm_campaign_id
                   %s
                WHERE stay.begins AND stage.closes_as IS NULL""",
            fields.Datetime.now(),
            company_day.day(SQL("stay.entered_at")),
            _moves(),
            company_day.join_zone_of_company(
                SQL("coalesce(lead.company_id, campaign.company_id)")
            ),
        )

    def action_view_opportunity(self):
        """Open the opportunity."""
        self.ensure_one()
        return self.lead_id.get_formview_action()


def _moves():
    """The lines that begin or end a stay, each with when the next one ends it.

    The campaign stands beside the opportunity in the window, so that who asks for one
    campaign has only its lines sorted.
    """
    return SQL(
        """SELECT line.id,
                  line.lead_id,
                  line.crm_campaign_id,
                  coalesce(line.to_stage_id, line.from_stage_id) AS playbook_stage_id,
                  line.date AS entered_at,
                  lead(line.date) OVER (
                      PARTITION BY line.crm_campaign_id, line.lead_id ORDER BY line.id
                  ) AS left_at,
                  line.result IS NULL OR line.result = 'open' AS begins
             FROM crm_transition line
            WHERE line.lead_id IS NOT NULL
              AND (line.to_stage_id IS NOT NULL OR line.result IS NOT NULL)"""
    )

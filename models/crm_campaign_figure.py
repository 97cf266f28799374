from odoo import api, fields, models
from odoo.tools import SQL

from .crm_action_type import MONEY_GROUPS

# What campaigns show of themselves, where nothing happened yet.
NOTHING = dict.fromkeys(
    (
        "opportunity_count",
        "open_count",
        "won_count",
        "lost_count",
        "planned_action_count",
        "done_action_count",
        "failed_action_count",
        "action_cost",
    ),
    0,
)


class CrmCampaignFigure(models.Model):
    """What came of a campaign by salesperson and stage: the sum of all changes.

    Opportunities count for the salesperson who has them and the stage they are in,
    actions for whoever is to do or did them and the stage that they belong to.
    """

    _name = "crm.campaign.figure"
    _description = "Campaign Result"
    _auto = False
    _rec_name = "crm_campaign_id"
    _order = "crm_campaign_id, user_id, playbook_stage_id"
    _depends = {
        "crm.campaign": ["company_id"],
        "crm.lead": ["crm_campaign_id", "user_id", "playbook_stage_id", "won_status"],
        "crm.action": [
            "crm_campaign_id",
            "user_id",
            "playbook_stage_id",
            "state",
            "corrected_by_id",
            "cost",
            "points",
        ],
    }

    crm_campaign_id = fields.Many2one("crm.campaign", "Campaign", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    playbook_stage_id = fields.Many2one("crm.playbook.stage", "Stage", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    opportunity_count = fields.Integer("Opportunities", readonly=True)
    open_count = fields.Integer("Open", readonly=True)
    won_count = fields.Integer("Won", readonly=True)
    lost_count = fields.Integer("Lost", readonly=True)
    conversion = fields.Float(
        readonly=True, aggregator="avg", help="Won opportunities of all."
    )
    planned_action_count = fields.Integer("Planned Actions", readonly=True)
    done_action_count = fields.Integer("Actions Done", readonly=True)
    failed_action_count = fields.Integer("Failed Actions", readonly=True)
    action_cost = fields.Monetary("Cost of Actions", readonly=True, groups=MONEY_GROUPS)
    points = fields.Integer(readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """SELECT figure.*,
                      open_count + won_count + lost_count AS opportunity_count,
                      won_count::float
                          / nullif(open_count + won_count + lost_count, 0)
                          AS conversion,
                      campaign.company_id,
                      company.currency_id
                 FROM (%s) figure
                 JOIN crm_campaign campaign ON campaign.id = figure.crm_campaign_id
            LEFT JOIN res_company company ON company.id = campaign.company_id""",
            self.env["crm.campaign.figure.delta"]._figures_query(),
        )

    def action_view_opportunities(self):
        """Open the opportunities that the figures count."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_playbook.crm_lead_action"
        )
        return action | {
            "views": sorted(action["views"], key=lambda view: view[1] != "list"),
            "domain": [
                ("crm_campaign_id", "=", self.crm_campaign_id.id),
                ("user_id", "=", self.user_id.id),
                ("playbook_stage_id", "=", self.playbook_stage_id.id),
            ],
            "context": {"active_test": False},
        }

    # === READING === #

    @api.model
    def _by_campaign(self, campaigns):
        """The figures of whole campaigns, in one query.

        :return: {campaign: {name of the field: figure}}, zeros where nothing happened
        """
        figures = self._sums(campaigns, ["crm_campaign_id"])
        return {
            campaign: figures.get((campaign._origin,), NOTHING)
            for campaign in campaigns
        }

    @api.model
    def _by_stage(self, campaigns):
        """What goes on in each stage of the campaigns' playbooks, in one query.

        :return: {campaign: {stage: {"here", "planned", "done", "failed"}}}, zeros where
            nothing happened; ``here`` counts who is in the stage, or was closed there
        """
        figures = self._sums(campaigns, ["crm_campaign_id", "playbook_stage_id"])
        return {
            campaign: {
                stage: _stage_line_figures(
                    stage, figures.get((campaign._origin, stage), NOTHING)
                )
                for stage in campaign.playbook_id.stage_ids
            }
            for campaign in campaigns
        }

    @api.model
    def _sums(self, campaigns, groupby):
        rows = self._read_group(
            [("crm_campaign_id", "in", campaigns.ids)],
            groupby,
            [f"{name}:sum" for name in NOTHING],
        )
        width = len(groupby)
        return {
            row[:width]: dict(zip(NOTHING, row[width:], strict=True)) for row in rows
        }

    def _read_group_select(self, aggregate_spec, query):
        """The conversion of several is not the average of theirs."""
        if aggregate_spec != "conversion:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "sum(%s)::float / nullif(sum(%s), 0)",
            self._field_to_sql(self._table, "won_count", query),
            self._field_to_sql(self._table, "opportunity_count", query),
        )


def _stage_line_figures(stage, figures):
    here = {"won": "won_count", "lost": "lost_count"}.get(stage.closes_as, "open_count")
    return {
        "here": figures[here],
        "planned": figures["planned_action_count"],
        "done": figures["done_action_count"],
        "failed": figures["failed_action_count"],
    }

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_action_type import MONEY_GROUPS


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
                          / nullif(open_count + won_count + lost_count, 0) AS conversion,
                      campaign.company_id,
                      company.currency_id
                 FROM (%s) figure
                 JOIN crm_campaign campaign ON campaign.id = figure.crm_campaign_id
            LEFT JOIN res_company company ON company.id = campaign.company_id""",
            self.env["crm.campaign.figure.delta"]._figures_query(),
        )

    @api.model
    def _by_campaign(self, campaigns):
        """The figures of whole campaigns, in one query.

        :return: {campaign: {name of the field: figure}}, zeros where nothing happened
        """
        names = (
            "opportunity_count",
            "open_count",
            "won_count",
            "lost_count",
            "planned_action_count",
            "done_action_count",
            "failed_action_count",
            "action_cost",
        )
        figures = {
            campaign.id: dict(zip(names, sums, strict=True))
            for campaign, *sums in self._read_group(
                [("crm_campaign_id", "in", campaigns.ids)],
                ["crm_campaign_id"],
                [f"{name}:sum" for name in names],
            )
        }
        nothing = dict.fromkeys(names, 0)
        return {
            campaign: figures.get(campaign._origin.id, nothing)
            for campaign in campaigns
        }

    @api.model
    def _by_stage(self, campaigns):
        """What goes on in each stage of campaigns, in one query.

        :return: {campaign: {stage: {"here", "planned", "done", "failed"}}}, zeros where
            nothing happened; ``here`` counts who is in the stage, or was closed there
        """
        names = ("planned_action_count", "done_action_count", "failed_action_count")
        figures = {
            (campaign.id, stage): {
                "here": {"won": won, "lost": lost}.get(stage.closes_as, still_open),
                "planned": planned,
                "done": done,
                "failed": failed,
            }
            for campaign, stage, still_open, won, lost, planned, done, failed in (
                self._read_group(
                    [("crm_campaign_id", "in", campaigns.ids)],
                    ["crm_campaign_id", "playbook_stage_id"],
                    [
                        f"{name}:sum"
                        for name in ("open_count", "won_count", "lost_count", *names)
                    ],
                )
            )
        }
        nothing = dict.fromkeys(("here", "planned", "done", "failed"), 0)
        return {
            campaign: {
                stage: figures.get((campaign._origin.id, stage), nothing)
                for stage in campaign.playbook_id.stage_ids
            }
            for campaign in campaigns
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

from odoo import api, fields, models
from odoo.exceptions import ValidationError

# How sure it is that an opportunity brings what is expected, the least sure first.
OPEN_CATEGORIES = [
    ("pipeline", "Pipeline"),
    ("best_case", "Best Case"),
    ("commit", "Commit"),
    ("omitted", "Omitted"),
]
CATEGORIES = [*OPEN_CATEGORIES[:-1], ("closed", "Closed"), OPEN_CATEGORIES[-1]]
FROM_HERE = (
    "Opportunities that come into this stage are forecast so; people may choose "
    "another category for any of them, which holds until it moves on."
)


class CrmStage(models.Model):
    _inherit = "crm.stage"

    forecast_category = fields.Selection(
        OPEN_CATEGORIES, default="pipeline", required=True, help=FROM_HERE
    )


class CrmPlaybookStage(models.Model):
    _inherit = "crm.playbook.stage"

    forecast_category = fields.Selection(
        OPEN_CATEGORIES, help=f"{FROM_HERE} Empty: as the stage of the pipeline says."
    )


class CrmLead(models.Model):
    """How an opportunity is forecast: by its stage, until somebody knows better."""

    _inherit = "crm.lead"

    forecast_category = fields.Selection(
        CATEGORIES,
        compute="_compute_forecast_category",
        store=True,
        readonly=False,
        copy=False,
        tracking=True,
        help="What its stage says, until somebody chooses another; when it moves on, "
        "the new stage says it. Won ones are closed, lost ones omitted.",
    )

    # Not of what stages say: whoever changes that does not overrule what people chose.
    @api.depends("stage_id", "playbook_stage_id", "won_status")
    def _compute_forecast_category(self):
        for lead in self:
            lead.forecast_category = lead._category_by_rule()

    def _category_by_rule(self):
        if self.won_status == "won":
            return "closed"
        if self.won_status == "lost":
            return "omitted"
        stages = self.playbook_stage_id.forecast_category
        return stages or self.stage_id.forecast_category or "pipeline"

    @api.constrains("forecast_category", "won_status")
    def _check_forecast_category(self):
        for lead in self:
            if (lead.forecast_category == "closed") != (lead.won_status == "won"):
                raise ValidationError(
                    self.env._(
                        "Won opportunities are closed in the forecast, and no others: "
                        "choose another category for %s, or mark it as won.",
                        lead.name,
                    )
                )

from datetime import timedelta

from odoo import fields, models


class ResCompany(models.Model):
    """How a company shares out and plans its tasks, and when its week begins."""

    _inherit = "res.company"

    crm_standard_hour = fields.Float(
        "Hour of Later Tasks",
        help="At what hour of the day tasks are planned that fall on a later day, on "
        "the clock of whoever does them. 0: at the hour at which they are asked for.",
    )
    crm_release_hours = fields.Float(
        "Taken Tasks Are Released After",
        default=24,
        help="Hours after which a task that somebody of the team took, and could have "
        "done by now, is everyone's again. 0: never.",
    )
    crm_week_start = fields.Selection(
        lambda self: self.env["res.lang"]._fields["week_start"].selection,
        "First Day of the Working Week",
        required=True,
        default="1",
        help="With which day the weeks of agendas and points begin; lists and charts "
        "follow the language.",
    )
    crm_attribution_days = fields.Integer(
        "Touches Count For",
        default=90,
        help="How many days before an order campaigns can have touched its customer, "
        "in the attribution of sales.",
    )
    crm_attribution_half_life = fields.Float(
        "Half-Life of a Touch",
        default=7,
        help="In the attribution of sales by time-decay, a touch counts half as much "
        "as one that came later by so many days.",
    )
    crm_call_centre_kind_id = fields.Many2one(
        "crm.entity.kind",
        "Kind of Whom Operators Enter",
        help="The kind of new entities that operators of the call centre enter, until "
        "they choose another.",
    )

    _standard_hour_of_a_day = models.Constraint(
        "CHECK(crm_standard_hour >= 0 AND crm_standard_hour < 24)",
        "The hour of later tasks is an hour of the day: 0 to 23:59.",
    )
    _release_hours_positive = models.Constraint(
        "CHECK(crm_release_hours >= 0)",
        "Tasks cannot be released before they are taken: 0 hours or more.",
    )

    _attribution_days_positive = models.Constraint(
        "CHECK(crm_attribution_days >= 0)",
        "Touches count for 0 days before an order, or more.",
    )
    _attribution_half_life_positive = models.Constraint(
        "CHECK(crm_attribution_half_life > 0)",
        "The half-life of a touch is more than 0 days.",
    )

    def _first_day_of_week(self, day):
        """The day on which the working week of ``day`` began."""
        self.ensure_one()
        return day - timedelta(days=(day.isoweekday() - int(self.crm_week_start)) % 7)

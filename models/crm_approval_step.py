from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmApprovalStep(models.Model):
    """One step of the way from a planned campaign to one that may be launched.

    A company without steps launches its campaigns as it likes.
    """

    _name = "crm.approval.step"
    _description = "Approval Step"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    group_id = fields.Many2one(
        "res.groups", ondelete="restrict", help="Whoever is in it may decide."
    )
    user_ids = fields.Many2many(
        "res.users",
        string="People",
        domain=[("share", "=", False)],
        help="Who else may decide.",
    )
    min_budget = fields.Monetary(
        "From This Budget On",
        help="Campaigns that cost less pass without it. What counts is the budget, or "
        "the fixed costs where these are higher.",
    )
    allows_submitter = fields.Boolean(
        "Own Campaigns Too",
        help="Whoever submitted the campaign may decide as well.",
    )

    @api.constrains("group_id", "user_ids")
    def _check_somebody_decides(self):
        for step in self:
            if not step.group_id and not step.user_ids:
                raise ValidationError(
                    self.env._("Say who decides in %s: a group, or people.", step.name)
                )

    def _approvers(self, campaign):
        """Who may decide on the campaign in this step: those who may see it."""
        people = (self.group_id.all_user_ids | self.user_ids).filtered(
            lambda user: (
                user.active
                and not user.share
                and campaign.company_id in user.company_ids
                and campaign.with_user(user)
                .with_context(allowed_company_ids=campaign.company_id.ids)
                .has_access("read")
            )
        )
        if not self.allows_submitter:
            people -= campaign.submitted_by_id
        return people - campaign._decisions_that_hold().user_id

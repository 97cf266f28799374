from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .crm_action import CrmAction as Action
from .engine import as_engine, in_batches

BATCH = 1000


class CrmAction(models.Model):
    """What the whole team may do: whoever takes it first has it, for a while.

    Who takes a task and does not do it keeps nobody else from it: after the hours that
    the company sets, it is the team's again.
    """

    _inherit = "crm.action"

    _engine_fields = Action._engine_fields | {"taken_at"}

    taken_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When somebody took what was everyone's; not set where it was given.",
    )

    _taken_index = models.Index(
        "(taken_at) WHERE taken_at IS NOT NULL AND state = 'planned'"
    )

    def write(self, vals):
        """Who is given a task by somebody has not taken it."""
        result = super().write(vals)
        if "user_id" in vals and "taken_at" not in vals:
            as_engine(self.filtered("taken_at")).write({"taken_at": False})
        return result

    def take(self):
        """Take actions that nobody has; the first to take one has it.

        :raise UserError: when somebody else has one of them already
        """
        self.check_access("write")
        self._check_planned()
        self.lock_for_update()
        for action in self:
            if action.user_id and action.user_id != self.env.user:
                raise UserError(
                    self.env._(
                        "%(user)s has taken %(action)s already.",
                        user=action.user_id.name,
                        action=action.display_name,
                    )
                )
        free = as_engine(self.filtered(lambda action: not action.user_id))
        free.write({"user_id": self.env.uid, "taken_at": fields.Datetime.now()})
        return True

    def give_back(self):
        """Have nobody have the actions: the first of the team to take one has it."""
        self.check_access("write")
        self._check_planned()
        as_engine(self).write({"user_id": False})
        return True

    # === RELEASING === #

    @api.model
    def _cron_release(self):
        """Give back what was taken, and is overdue longer than its company allows."""
        for company in self.env["res.company"].search([("crm_release_hours", ">", 0)]):
            overdue = self._overdue_since(company)
            for actions in in_batches(
                lambda after, overdue=overdue: self.search(
                    overdue & Domain("id", ">", after), order="id", limit=BATCH
                )
            ):
                actions.give_back()
                self.env["ir.cron"]._commit_progress(len(actions))

    def _overdue_since(self, company):
        """What was taken, and could have been done, before the hours began."""
        begin = fields.Datetime.now() - timedelta(hours=company.crm_release_hours)
        return (
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "planned")
            & Domain("taken_at", "<", begin)
            & Domain("date_start", "<", begin)
        )

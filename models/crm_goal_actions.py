from odoo import api, fields, models

from .engine import as_engine, is_engine
from .event import Event


class CrmActionType(models.Model):
    """For which goal such actions are done."""

    _inherit = "crm.action.type"

    goal_id = fields.Many2one(
        "crm.goal",
        ondelete="restrict",
        index="btree_not_null",
        help="Such actions belong to the entity's open opportunity of this goal, which "
        "is opened if there is none. An action of an opportunity stays with that.",
    )


class CrmPlaybook(models.Model):
    """For which goal a playbook is followed."""

    _inherit = "crm.playbook"

    goal_id = fields.Many2one(
        "crm.goal",
        ondelete="restrict",
        index="btree_not_null",
        help="What the opportunities that follow it are for.",
    )

    @api.constrains("goal_id")
    def _check_begun_for_its_goal(self):
        goals = self.env["crm.goal"].sudo().with_context(active_test=False)
        of_these = [("playbook_id", "in", self.ids)]
        goals.search(of_these)._check_playbook_is_for_it()


class CrmPlaybookStage(models.Model):
    """Who enters a playbook has its goal."""

    _inherit = "crm.playbook.stage"

    def _goal_values(self):
        goal = self.playbook_id.goal_id
        return {"goal_id": goal.id} if goal else {}


class CrmLead(models.Model):
    """What the opportunity is for, and how far it is with that."""

    _inherit = "crm.lead"

    goal_id = fields.Many2one(
        "crm.goal",
        copy=True,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="What the opportunity is for. That of its playbook, if that has one.",
    )

    def _prepare_stage_values(self, stage):
        return super()._prepare_stage_values(stage) | stage._goal_values()


class CrmAction(models.Model):
    """An action of a type with a goal belongs to the opportunity of that goal."""

    _inherit = "crm.action"

    goal_id = fields.Many2one(related="lead_id.goal_id")

    @api.model_create_multi
    def create(self, vals_list):
        actions = super().create(vals_list)
        if not is_engine(self.env):
            actions._join_goal()
        return actions

    def _complete(self, *args, **kwargs):
        """What was planned before its type had a goal joins it when it is done."""
        self._join_goal()
        return super()._complete(*args, **kwargs)

    @api.model
    def _create_planned(self, columns, values, guests=()):
        actions = super()._create_planned(columns, values, guests)
        if self.env["crm.action.type"].browse(values["action_type_id"]).goal_id:
            actions._join_goal()
        return actions

    def _join_goal(self):
        """Have those without an opportunity belong to that of their type's goal."""
        for action in self:
            goal = action.action_type_id.goal_id
            if not goal or action.lead_id:
                continue
            asked = (action.partner_id, action.company_id)
            if lead := goal._open_of(*asked):
                action._join(lead)
            else:
                doer = action.user_id or self.env.user
                action._join(goal._open_for(*asked, doer))
                action._note_opened()

    def _join(self, lead):
        as_engine(self).write(
            {
                "lead_id": lead.id,
                "team_id": self.team_id.id or lead.team_id.id,
                "crm_campaign_id": lead.crm_campaign_id.id,
                **lead._stay_values(),
            }
        )

    def _note_opened(self):
        """The ledger tells with which action the opportunity began."""
        event = Event.of_action("opened", as_engine(self))
        self.env["crm.transition"]._open(event)

    @api.model
    def _check_register_values(self, vals):
        """Who records what was done with somebody need not know the opportunity."""
        values = super()._check_register_values(vals)
        if not values.get("lead_id"):
            values["lead_id"] = self._open_lead_of_goal(values).id
        return values

    @api.model
    def _open_lead_of_goal(self, values):
        goal = self.env["crm.action.type"].browse(values["action_type_id"]).goal_id
        if not goal:
            return self.env["crm.lead"]
        partner = self.env["res.partner"].browse(values["partner_id"])
        lead = goal._open_of(partner, self.env.company).with_env(self.env)
        # Another's opportunity is joined by the engine, when the action is done.
        return lead._filtered_access("write")


class CrmTransition(models.Model):
    """The ledger by goals."""

    _inherit = "crm.transition"

    goal_id = fields.Many2one(related="lead_id.goal_id")

from odoo import api, fields, models
from odoo.exceptions import UserError

from .engine import is_engine


class CrmPlaybookStage(models.Model):
    """What has to be done in a stage before an opportunity goes on."""

    _inherit = "crm.playbook.stage"

    required_type_ids = fields.Many2many(
        "crm.action.type",
        "crm_playbook_stage_required_type_rel",
        "stage_id",
        "action_type_id",
        string="Must Be Done",
        help="An action of each of these has to be done in this stage before a person "
        "moves an opportunity on, or marks it as won. Rules, and closing as lost, are "
        "not held up.",
    )


class CrmLead(models.Model):
    _inherit = "crm.lead"

    missing_type_ids = fields.Many2many(
        "crm.action.type",
        compute="_compute_missing_type_ids",
        compute_sudo=True,
        string="Still To Do Here",
        help="What must be done in this stage before the opportunity goes on.",
    )

    @api.depends(
        "active",
        "won_status",
        "stage_visit",
        "playbook_stage_id.required_type_ids",
        "action_ids.state",
    )
    def _compute_missing_type_ids(self):
        for lead in self:
            missing = lead._missing_types() if lead._is_open() else False
            lead.missing_type_ids = missing

    def _missing_types(self):
        """Types of actions that its stage requires, and that this stay lacks."""
        required = self.playbook_stage_id.required_type_ids
        if not required:
            return required
        # Not by the field, which may hold what the user has read.
        done = self.env["crm.action"].search(
            [
                ("lead_id", "=", self.id),
                ("stage_visit", "=", self.stage_visit),
                ("state", "=", "done"),
                ("corrected_by_id", "=", False),
            ]
        )
        return required - done.action_type_id

    def _check_nothing_is_missing(self):
        """:raise UserError: when something is; it says what is to be done first"""
        for lead in self.sudo():
            if missing := lead._missing_types():
                raise UserError(
                    self.env._(
                        "Before %(lead)s leaves stage %(stage)s, this has to be done: "
                        "%(missing)s. Record it, then go on.",
                        lead=lead.name,
                        stage=lead.playbook_stage_id.name,
                        missing=", ".join(missing.mapped("name")),
                    )
                )

    def go_to_stage(self, stage_id):
        """Move to a stage of the own playbook by hand; its task is planned.

        :param int stage_id: a stage of the playbook under way
        :raise UserError: when the stage is of another playbook, a journey is closed, or
            what its stage requires was not done; going back, and to a stage that
            closes as lost, is always possible
        """
        self.check_access("write")
        stage = self.env["crm.playbook.stage"].browse(stage_id)
        if not is_engine(self.env):
            self.filtered(
                lambda lead: lead._goes_on_to(stage)
            )._check_nothing_is_missing()
        return super().go_to_stage(stage_id)

    def _goes_on_to(self, stage):
        """Whether a stage comes after its own, and is not where it is lost."""
        if stage.sudo().closes_as == "lost":
            return False
        order = self.sudo().playbook_id._stages()._in_order().ids
        own = self.playbook_stage_id.id
        if own not in order or stage.id not in order:
            return False
        return order.index(stage.id) > order.index(own)

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        """Whoever wins an opportunity by hand has done what its stage requires."""
        if not is_engine(self.env):
            won = self.filtered(
                lambda lead: (
                    new_status_by_lead[lead.id]["is_won"]
                    and not old_status_by_lead.get(lead.id, {}).get("is_won")
                )
            )
            won._check_nothing_is_missing()
        return super()._handle_won_lost(old_status_by_lead, new_status_by_lead)

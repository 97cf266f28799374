from odoo import api, fields, models
from odoo.tools import SQL


class CrmCampaignControlMember(models.Model):
    """An entity that a campaign leaves out on purpose, to compare with the others.

    Written by the campaign when the entity's turn comes, and never changed.
    """

    _name = "crm.campaign.control.member"
    _description = "Member of a Control Group"
    _inherit = ["crm.engine.guarded"]
    _order = "id desc"
    _rec_name = "partner_id"
    _engine_fields = frozenset({"crm_campaign_id", "partner_id", "entered_at"})

    crm_campaign_id = fields.Many2one(
        "crm.campaign", "Campaign", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Entity",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    entered_at = fields.Datetime(
        "Left Out Since",
        required=True,
        readonly=True,
        help="When it would have had its opportunity.",
    )

    _one_membership_index = models.UniqueIndex(
        "(crm_campaign_id, partner_id)", "The entity is in the control group already."
    )

    @api.model
    def _keep_one_each(self, entities):
        """Of entities that become one, the earliest membership in each group stays."""
        self.env.execute_query(
            SQL(
                """DELETE FROM crm_campaign_control_member later
                    USING crm_campaign_control_member earlier
                    WHERE later.partner_id = ANY(%s) AND earlier.partner_id = ANY(%s)
                      AND later.crm_campaign_id = earlier.crm_campaign_id
                      AND (later.entered_at, later.id)
                          > (earlier.entered_at, earlier.id)
                RETURNING later.id""",
                entities.ids,
                entities.ids,
            )
        )
        self.invalidate_model()

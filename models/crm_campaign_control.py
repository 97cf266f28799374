from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from . import bulk
from .crm_action_type import MONEY_GROUPS
from .crm_campaign import PLANNED
from .engine import as_engine

# The share is minded to the hundredth of a per cent.
PARTS = 10000


class CrmCampaign(models.Model):
    """Whom a campaign leaves out, to see what it brings about.

    A share of the entities gets no opportunity. Who that is, anybody can compute: the
    md5 of "<id of the campaign>:<id of the entity>", its first eight hexadecimal digits
    as a number, modulo 10,000; whoever is below the share in hundredths of a per cent
    is in the control group. When the turn of such an entity comes, it is recorded.
    """

    _inherit = "crm.campaign"

    control_share = fields.Float(
        "Control Group (%)",
        digits=(5, 2),
        tracking=True,
        help="How many of a hundred entities are left out, to compare with the others. "
        "Chance decides once who it is. Fixed when the campaign is launched.",
    )
    control_member_ids = fields.One2many(
        "crm.campaign.control.member",
        "crm_campaign_id",
        "Control Group",
        groups=MONEY_GROUPS,
    )

    _control_share_in_range = models.Constraint(
        "CHECK(control_share >= 0 AND control_share <= 50)",
        "A control group is at most half of the entities, and at least none.",
    )

    def write(self, vals):
        if "control_share" in vals:
            self._check_control_share_stays(vals["control_share"])
        return super().write(vals)

    def _check_control_share_stays(self, share):
        """Who is in the group, and who is not, was decided by the launch."""
        for campaign in self:
            is_launched = campaign.state not in PLANNED
            if is_launched and campaign._control_parts() != _parts(share):
                raise UserError(
                    self.env._(
                        "%s was launched: its control group stays as it is.",
                        campaign.name,
                    )
                )

    # === WHO === #

    def _in_control(self, partner_id):
        """Whether an entity falls into the control group, as a condition in SQL.

        :param SQL partner_id: the id of the entity
        """
        return SQL(
            "('x' || substr(md5(%s || %s), 1, 8))::bit(32)::bigint %% %s < %s",
            f"{self._origin.id}:",
            partner_id,
            PARTS,
            self._control_parts(),
        )

    def _control_among(self, partner_ids):
        """Who of the entities is in the control group, or will be when its turn comes.

        :return: set of ids
        """
        if not self.control_share or not partner_ids:
            return set()
        rows = self.env.execute_query(
            SQL(
                """SELECT given.id FROM unnest(%s) AS given(id)
                    WHERE %s
                       OR EXISTS (SELECT FROM crm_campaign_control_member member
                                   WHERE member.crm_campaign_id = %s
                                     AND member.partner_id = given.id)""",
                list(partner_ids),
                self._in_control(SQL("given.id")),
                self._origin.id,
            )
        )
        return {partner_id for (partner_id,) in rows}

    def _without_control(self, partner_ids):
        """The entities that are not in the control group, in their order."""
        control = self._control_among(partner_ids)
        return [one for one in partner_ids if one not in control]

    def _control_parts(self):
        return _parts(self.control_share)

    # === GENERATION === #

    def _take_up(self, partner_ids):
        """Whoever falls into the control group gets nothing."""
        return super()._take_up(self._hold_back(partner_ids))

    def _hold_back(self, partner_ids):
        """Record whoever falls into the control group, once.

        :return: the others, in their order
        """
        control = self._control_among(partner_ids)
        if control:
            self._record_control(sorted(control))
        return [one for one in partner_ids if one not in control]

    def _record_control(self, partner_ids):
        members = as_engine(self.env["crm.campaign.control.member"])
        bulk.insert_select(
            members,
            {
                "partner_id": SQL("given.partner_id"),
                "crm_campaign_id": self.id,
                "entered_at": fields.Datetime.now(),
            },
            bulk.table(members, {"partner_id": partner_ids}),
            on_conflict=SQL("ON CONFLICT (crm_campaign_id, partner_id) DO NOTHING"),
        )

    def _entry_conditions(self):
        """Nor is anybody taken up who is in the control group already."""
        conditions = super()._entry_conditions()
        if self.control_share:
            recorded = SQL(
                "NOT EXISTS (SELECT FROM crm_campaign_control_member member"
                " WHERE member.crm_campaign_id = %s"
                " AND member.partner_id = res_partner.id)",
                self._origin.id or None,
            )
            conditions["recorded"] = (Domain.TRUE, [recorded])
        return conditions

    def _launch_conditions(self):
        """Without those whom a generation would only record."""
        conditions = super()._launch_conditions()
        if self.control_share:
            clauses = conditions.pop("recorded")[1]
            chosen = SQL("NOT %s", self._in_control(SQL("res_partner.id")))
            conditions["control"] = (Domain.TRUE, [*clauses, chosen])
        return conditions

    @api.depends("control_share")
    def _compute_to_generate_count(self):
        return super()._compute_to_generate_count()

    @api.depends("control_share")
    def _compute_launch_count(self):
        return super()._compute_launch_count()

    def _refuse_newcomer(self, partner):
        """Why no opportunity is made for the entity, in words."""
        if self._control_among(partner.ids):
            return self.env._(
                "%(entity)s is in the control group of campaign %(campaign)s, which is "
                "left out to see what the campaign brings about: nothing was started.",
                entity=partner.display_name,
                campaign=self.name,
            )
        return super()._refuse_newcomer(partner)


def _parts(share):
    return round((share or 0) * PARTS / 100)

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .audience import SALESPEOPLE


class ResPartner(models.Model):
    """Who has a role for the entity: its own holders, else those of its company."""

    _inherit = "res.partner"

    role_holder_ids = fields.One2many(
        "crm.entity.role.holder", "partner_id", "Roles", groups=SALESPEOPLE
    )
    role_user_ids = fields.Many2many(
        "res.users",
        string="Has a Role",
        compute="_compute_role_user_ids",
        search="_search_role_user_ids",
        groups=SALESPEOPLE,
        help="Who has a role for the entity, or for its company.",
    )

    @api.depends(
        "role_holder_ids.user_id",
        "role_holder_ids.role_id",
        "commercial_partner_id.role_holder_ids.user_id",
        "commercial_partner_id.role_holder_ids.role_id",
    )
    def _compute_role_user_ids(self):
        for partner in self:
            partner.role_user_ids = partner._role_holders().user_id

    def _role_holders(self):
        """Who has which role for the entity, those of its company among them."""
        own = self.role_holder_ids
        of_company = self.commercial_partner_id.role_holder_ids
        return own | of_company.filtered(lambda one: one.role_id not in own.role_id)

    @api.model
    def _search_role_user_ids(self, operator, value):
        self._check_may_search(SALESPEOPLE)
        if operator == "in" and False in value:
            nobodys = ~self._search_role_user_ids("any", Domain.TRUE)
            return nobodys | self._search_role_user_ids("in", value - {False})
        if operator == "in":
            value = Domain("id", "in", value)
        elif operator != "any":
            return NotImplemented
        users = self.env["res.users"].with_context(active_test=False)._search(value)
        return Domain("id", "in", self._with_role_held_by(users))

    @api.model
    def _with_role_held_by(self, users):
        """The entities, as SQL, for whom one of the users has a role.

        :param users: a query of users
        """
        for name in ("crm.entity.role.holder", "res.partner"):
            self.env[name].flush_model()
        return SQL(
            """SELECT partner.id
                  FROM res_partner partner
                  JOIN crm_entity_role_holder holder
                    ON holder.partner_id = partner.commercial_partner_id
                   AND NOT EXISTS (SELECT 1
                                     FROM crm_entity_role_holder own
                                    WHERE own.partner_id = partner.id
                                      AND own.partner_id <> holder.partner_id
                                      AND own.role_id = holder.role_id)
                 WHERE holder.user_id IN %(users)s
                 UNION ALL
                SELECT partner_id
                  FROM crm_entity_role_holder
                 WHERE user_id IN %(users)s""",
            users=users.subselect(),
        )

import functools

from odoo import api, fields, models
from odoo.exceptions import AccessError

from .event import Event


class CrmEntityRoleHolder(models.Model):
    """Who has a role for an entity; at most one person has each.

    Contacts have the holders of their company, but for the roles that they have a
    holder of their own for. Whoever may edit the entity may edit them.
    """

    _name = "crm.entity.role.holder"
    _description = "Holder of an Entity Role"
    _order = "partner_id, role_id, id"
    _rec_name = "user_id"

    partner_id = fields.Many2one(
        "res.partner", string="Entity", required=True, ondelete="cascade"
    )
    role_id = fields.Many2one(
        "crm.entity.role", required=True, ondelete="restrict", index=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        ondelete="cascade",
        index=True,
        domain=[("share", "=", False)],
    )

    _one_holder = models.Constraint(
        "UNIQUE(partner_id, role_id)",
        "Somebody has this role for the entity already: change who it is.",
    )

    def write(self, vals):
        """Of an entity that one may edit, to one that one may edit."""
        result = super().write(vals)
        if "partner_id" in vals:
            self.check_access("write")
        return result

    def _check_access(self, operation):
        if refused := super()._check_access(operation):
            return refused
        if operation == "read" or self.env.su or not any(self._ids):
            return None
        forbidden = self.filtered(
            lambda holder: not holder.sudo().partner_id.sudo(False).has_access("write")
        )
        if not forbidden:
            return None
        return forbidden, functools.partial(forbidden._make_entity_error)

    def _make_entity_error(self):
        return AccessError(
            self.env._("Whoever may not edit an entity does not say who has its roles.")
        )

    # === FROM ONE PERSON OR ENTITY TO ANOTHER === #

    def _pass_on(self, taker):
        """Somebody else has the roles; the ledger says from whom to whom.

        :param taker: tells of a holder who has the role from now on
        """
        nothing = self.env["crm.lead"], self.env["crm.action"]
        for holder in self:
            user = taker(holder)
            event = Event("handed_over", holder.partner_id, *nothing)
            self.env["crm.transition"]._open(event)._note(
                effects=self.env._(
                    "%(role)s: from %(giver)s to %(user)s",
                    role=holder.role_id.name,
                    giver=holder.user_id.name,
                    user=user.name,
                )
            )
            holder.user_id = user

    @api.model
    def _keep_one_each(self, entity, others):
        """Of entities that become one: its own holders stay, else the first ones."""
        holders = self.search([("partner_id", "in", (entity | others).ids)])
        holders = holders.sorted(lambda one: (one.partner_id != entity, one.id))
        for alike in holders.grouped("role_id").values():
            alike[1:].unlink()

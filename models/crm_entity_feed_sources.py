from odoo import api, models

from .engine import as_feed


class SaleOrder(models.Model):
    """Who orders for the first time becomes an entity."""

    _inherit = "sale.order"

    def _action_confirm(self):
        result = super()._action_confirm()
        for order in self:
            self.env["crm.entity.feed"]._feed(
                "customer",
                order.partner_id.commercial_partner_id,
                order.user_id,
                order.company_id,
            )
        return result


class ResPartner(models.Model):
    """Who gets an invoice or sends a bill has a rank from then on."""

    _inherit = "res.partner"

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        ranked = [not _RANKS.isdisjoint(vals) for vals in vals_list]
        if any(ranked):
            partners._feed_by_rank()
        return partners

    def write(self, vals):
        result = super().write(vals)
        if not _RANKS.isdisjoint(vals):
            self._feed_by_rank()
        return result

    def _feed_by_rank(self):
        entities = self.commercial_partner_id.sudo()
        feed = self.env["crm.entity.feed"]._feed
        feed("customer", entities.filtered("customer_rank"))
        feed("supplier", entities.filtered("supplier_rank"))


class ResUsers(models.Model):
    """Who works here becomes an entity; who has a portal only is one already."""

    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        internal = users.filtered(lambda user: not user.share)
        self.env["crm.entity.feed"]._feed("user", internal.partner_id)
        return users


class CrmLead(models.Model):
    """Who asks becomes an entity: somebody known already, or somebody new."""

    _inherit = "crm.lead"

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        feeds = self.env["crm.entity.feed"]
        for lead in leads if feeds._ids_of_source("lead") else ():
            with feeds._never_in_the_way():
                lead.sudo()._find_or_make_customer()
            entity = lead.partner_id.commercial_partner_id
            feeds._feed("lead", entity, lead.user_id, lead.company_id)
        return leads

    def _find_or_make_customer(self):
        """Only who leaves a name and an address or number can be told from others."""
        name = self.contact_name or self.partner_name
        if self.partner_id or not (name and (self.email_from or self.phone)):
            return
        values = self._prepare_customer_values(name, is_company=not self.contact_name)
        values["company_id"] = (self.company_id or self.env.company).id
        known = self.env["res.partner"]._find_entities(values, certain=True)
        if known:
            self.partner_id = known[0]
        else:
            as_feed(self)._handle_partner_assignment(create_missing=True)


_RANKS = {"customer_rank", "supplier_rank"}

from odoo import api, models
from odoo.fields import Domain

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


class AccountMove(models.Model):
    """Who gets an invoice is a customer from then on, who sends a bill a supplier."""

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        feed = self.env["crm.entity.feed"]._feed
        for move in posted.filtered(lambda move: move.is_invoice()):
            source = "customer" if move.is_sale_document() else "supplier"
            feed(source, move.commercial_partner_id, company=move.company_id)
        return posted


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
            self._link_customer(known[0])
        else:
            as_feed(self)._handle_partner_assignment(with_parent=self._find_company())

    def _link_customer(self, customer):
        """With the address and number that were left, be they others than before."""
        left = [name for name in ("email_from", "phone") if self[name]]
        with self.env.protecting([self._fields[name] for name in left], self):
            self.partner_id = customer

    def _find_company(self):
        """The company for which somebody asks, if there is one alone of that name."""
        company = (self.company_id or self.env.company).id
        sought = self.env["res.partner"].new({"name": self.partner_name})
        found = self.env["res.partner"].search(
            Domain("name_key", "=", sought.name_key)
            & Domain("is_company", "=", True)
            & Domain("parent_id", "=", False)
            & Domain("company_id", "in", [False, company])
            & self._in_country(),
            limit=2,
        )
        return found if self.partner_name and len(found) == 1 else found.browse()

    def _in_country(self):
        """A company of the same name in another country is another."""
        if not self.country_id:
            return Domain.TRUE
        return Domain("country_id", "in", [False, self.country_id.id])

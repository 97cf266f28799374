from odoo import models
from odoo.fields import Domain


class ResPartner(models.Model):
    """What of the timeline belongs to an entity.

    A company's is that of all its contacts and addresses, for it is they who order, pay
    and are called; a contact's is the contact's own.
    """

    _name = "res.partner"
    _inherit = ["res.partner", "crm.timeline"]

    def _timeline_domain(self, model):
        people = self._entity_people().ids
        if model == "mail.message":
            return self._messages_of(people)
        of_people = Domain("partner_id", "in", people)
        if model == "calendar.event":
            own = Domain("partner_ids", "in", people)
            return own | Domain("opportunity_id", "in", self._leads_of(people))
        if model == "survey.user_input":
            return of_people | Domain("lead_id", "in", self._leads_of(people))
        return of_people

    def _leads_of(self, people):
        """Of their opportunities, those that the user may see."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        if not leads.has_access("read"):
            return []
        return leads._search([("partner_id", "in", people)])

    def _entity_people(self):
        """All that are of the company; of a contact, the contact alone."""
        self.ensure_one()
        if self.commercial_partner_id != self:
            return self
        everybody = self.sudo().with_context(active_test=False)
        return everybody.search([("commercial_partner_id", "=", self.id)])

    def _messages_of(self, people):
        """Those of the people and of their documents, as far as the user may see them.

        Whose document the user may not see, Odoo leaves out only after it has counted
        them in the page.
        """
        partners = self.with_context(active_test=False)
        seen = partners._search([("id", "in", people)])
        domain = Domain("model", "=", self._name) & Domain("res_id", "in", seen)
        for model in ("crm.lead", "sale.order", "account.move"):
            documents = self.env[model].with_context(active_test=False)
            if documents.has_access("read"):
                own = documents._search([("partner_id", "in", people)])
                domain |= Domain("model", "=", model) & Domain("res_id", "in", own)
        return domain

    def _happened_quotations(self, _kinds):
        """An order that was confirmed is told once, as an order."""
        return Domain("state", "!=", "sale")

    def _gave_status(self):
        """Opportunities have a status too: by hand, or merged, it is theirs alone."""
        by_hand = Domain("trigger", "in", ["status", "merged"])
        return (by_hand & Domain("lead_id", "=", False)) | (
            ~by_hand & Domain("status_after_id", "!=", False)
        )

    def _timeline_partner(self, record):
        """The contact; who leads a meeting is none."""
        if record._name == "calendar.event" or "partner_id" not in record._fields:
            return False
        return record.partner_id != self and record.partner_id.sudo().name

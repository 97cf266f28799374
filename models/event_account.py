from odoo import models

from .event import Event


class AccountMove(models.Model):
    """Source of ``invoice_paid``.

    Two journeys care: the opportunity that the invoice's order came from, and the
    opportunities by which the company asks for its money, once nothing is overdue.
    """

    _inherit = "account.move"

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        self._tell_settled()
        return result

    def _tell_settled(self):
        for move in self.sudo().filtered(lambda move: move.move_type == "out_invoice"):
            for lead in move._journeys_settled():
                event = Event.of_journey(
                    "invoice_paid", lead, key=f"invoice_paid/{move.id}/{lead.id}"
                )
                self.env["crm.playbook.rule"]._tell(event)

    def _journeys_settled(self):
        """Of a credited invoice nothing was paid, but nothing is owed either."""
        collections = self._collections_settled()
        if self.payment_state == "reversed":
            return collections
        orders = self.invoice_line_ids.sale_line_ids.order_id
        return orders.opportunity_id | collections

    def _collections_settled(self):
        """The open collections of the entity, if it owes nothing overdue any more."""
        company = self.company_id
        entity = self.commercial_partner_id.with_context(
            allowed_company_ids=company.ids
        )
        if entity.overdue_amount > 0:
            return self.env["crm.lead"]
        return self.env["crm.lead"].search(
            [
                ("playbook_id.purpose", "=", "collection"),
                ("won_status", "=", "pending"),
                ("partner_id.commercial_partner_id", "=", entity.id),
                ("company_id", "in", [False, company.id]),
            ]
        )


class AccountMoveLine(models.Model):
    """A credit note settles an invoice too, and Odoo's hook of paid ones is silent."""

    _inherit = "account.move.line"

    def _reconcile_post_hook(self, data):
        result = super()._reconcile_post_hook(data)
        data["not_paid_invoices"].filtered(
            lambda move: move.payment_state == "reversed"
        )._tell_settled()
        return result

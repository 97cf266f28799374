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
        for move in self.sudo().filtered(lambda move: move.move_type == "out_invoice"):
            for lead in move._journeys_paid():
                event = Event.of_journey(
                    "invoice_paid", lead, key=f"invoice_paid/{move.id}/{lead.id}"
                )
                self.env["crm.playbook.rule"]._answer(event)
        return result

    def _journeys_paid(self):
        orders = self.invoice_line_ids.sale_line_ids.order_id
        return orders.opportunity_id | self._collections_settled()

    def _collections_settled(self):
        """The open collections of the entity, if it owes nothing overdue any more."""
        entity = self.commercial_partner_id
        if entity.overdue_amount > 0:
            return self.env["crm.lead"]
        return self.env["crm.lead"].search(
            [
                ("playbook_id.purpose", "=", "collection"),
                ("won_status", "=", "pending"),
                ("partner_id.commercial_partner_id", "=", entity.id),
            ]
        )

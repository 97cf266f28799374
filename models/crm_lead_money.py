from odoo import api, fields, models


class CrmLead(models.Model):
    """The money of an opportunity, in its company's currency.

    What is ordered is told by Odoo's own ``sale_amount_total``. An invoice may be of
    several orders: of what is invoiced, only the lines of this opportunity's orders
    count; of what is due, the same share.
    """

    _inherit = "crm.lead"

    invoiced_amount = fields.Monetary(
        "Invoiced",
        compute="_compute_invoiced_amount",
        currency_field="company_currency",
        help="Without tax; credit notes are taken off.",
    )
    due_amount = fields.Monetary(
        "Due",
        compute="_compute_invoiced_amount",
        currency_field="company_currency",
        help="What is still to be paid of the invoices, with tax.",
    )

    @api.depends(
        "order_ids.invoice_ids.state",
        "order_ids.invoice_ids.amount_residual_signed",
    )
    def _compute_invoiced_amount(self):
        for lead in self:
            invoiced = due = 0.0
            for move, lines in lead._invoice_lines().grouped("move_id").items():
                convert = lead._converter(move)
                amount = -sum(lines.mapped("balance"))
                whole = move.amount_untaxed_signed
                share = amount / whole if whole else 1.0
                invoiced += convert(amount)
                due += convert(move.amount_residual_signed * share)
            lead.invoiced_amount = invoiced
            lead.due_amount = due

    def _invoice_lines(self):
        """Lines of posted invoices and credit notes of its orders.

        Whoever sees the opportunity sees its sums, whosever the invoices are.
        """
        # Not by the field, which may hold what the user or somebody else has read.
        orders = self.env["sale.order"].sudo()
        own = orders.search([("opportunity_id", "in", self._origin.ids)])
        lines = own.order_line.invoice_lines
        return lines.filtered(lambda line: line.parent_state == "posted")

    def _converter(self, move):
        """A function from the currency of the invoice to the opportunity's."""
        company = move.company_id
        currency = self.company_currency or self.env.company.currency_id
        return lambda amount: company.currency_id._convert(
            amount, currency, company, move.date
        )

class Money:
    """Orders, invoices, payments and credit notes, made as people make them."""

    def _create_product(self, name="Membership"):
        return self.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "invoice_policy": "order",
                "taxes_id": False,
            }
        )

    def _create_order(self, lead, prices, **values):
        """A quotation of an opportunity.

        :param prices: {product: price}
        """
        return self.env["sale.order"].create(
            {
                "partner_id": lead.partner_id.id,
                "opportunity_id": lead.id,
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": product.id,
                            "price_unit": price,
                            "tax_ids": False,
                        },
                    )
                    for product, price in prices.items()
                ],
                **values,
            }
        )

    def _confirm_order(self, lead, price, **values):
        """A confirmed order of one product."""
        order = self._create_order(lead, {self._create_product(): price}, **values)
        order.action_confirm()
        self.campaign.invalidate_recordset()
        return order

    def _invoice(self, order):
        """Its posted invoice."""
        invoice = order._create_invoices()
        invoice.action_post()
        return invoice

    def _pay(self, invoice):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()

    def _credit(self, invoice, price=None):
        """A posted credit note, of the whole invoice if no price is given."""
        note = invoice._reverse_moves([{"invoice_date": invoice.invoice_date}])
        if price:
            note.invoice_line_ids.price_unit = price
        note.action_post()
        return note

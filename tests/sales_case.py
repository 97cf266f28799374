from odoo.tools import SQL

from .common import PlaybookCase


class SalesCase(PlaybookCase):
    """The same company, which sells something: one by one, or by the thousand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env["product.product"].create(
            {
                "name": "Membership",
                "type": "service",
                "invoice_policy": "order",
                "taxes_id": False,
            }
        )

    @classmethod
    def _sell(cls, partner, price, date=None, **values):
        """A confirmed order of one line, without tax."""
        line = {"product_id": cls.product.id, "price_unit": price, "tax_ids": False}
        order = cls.env["sale.order"].create(
            {"partner_id": partner.id, "order_line": [(0, 0, line)], **values}
        )
        order.action_confirm()
        if date:
            order.date_order = date
        return order

    @classmethod
    def _invoice(cls, order):
        invoice = order._create_invoices()
        invoice.action_post()
        return invoice

    @classmethod
    def _credit(cls, invoice, price=None):
        """A posted credit note, of the whole invoice if no price is given."""
        note = invoice._reverse_moves([{"invoice_date": invoice.invoice_date}])
        if price:
            note.invoice_line_ids.price_unit = price
        note.action_post()
        return note

    @classmethod
    def _copy_rows(cls, record, columns):
        """Insert rows like that of a record, by SQL, each with columns of its own.

        :param columns: {name of a column: list of its values}
        :return: ids of the rows, in the order of the lists
        """
        cls.env.flush_all()
        names = [
            field.name
            for field in record._fields.values()
            if field.store and field.column_type and field.name not in (*columns, "id")
        ]
        table, own = SQL.identifier(record._table), list(map(SQL.identifier, columns))
        types = [
            SQL(record._fields[name].column_type[1])  # pylint: disable=sql-injection
            for name in columns
        ]
        rows = cls.env.execute_query(
            SQL(
                """INSERT INTO %(table)s (%(all)s)
                   SELECT %(own)s, %(others)s
                     FROM unnest(%(values)s) WITH ORDINALITY AS given(%(names)s, place)
                    CROSS JOIN %(table)s example WHERE example.id = %(id)s
                 ORDER BY given.place RETURNING id""",
                table=table,
                all=SQL(", ").join([*own, *map(SQL.identifier, names)]),
                own=SQL(", ").join(SQL("given.%s", name) for name in own),
                others=SQL(", ").join(
                    SQL("example.%s", SQL.identifier(name)) for name in names
                ),
                values=SQL(", ").join(
                    SQL("%s::%s[]", list(values), kind)
                    for values, kind in zip(columns.values(), types, strict=True)
                ),
                names=SQL(", ").join(own),
                id=record.id,
            )
        )
        cls.env.invalidate_all()
        return [row_id for (row_id,) in rows]

    @classmethod
    def _sell_many(cls, example, partner_ids, amounts, dates, **columns):
        """Orders like another one of a single line, by SQL.

        :return: their ids
        """
        order_ids = cls._copy_rows(
            example,
            {
                "partner_id": partner_ids,
                "amount_untaxed": amounts,
                "date_order": dates,
                **columns,
            },
        )
        cls._copy_rows(
            example.order_line, {"order_id": order_ids, "price_subtotal": amounts}
        )
        return order_ids

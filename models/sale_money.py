"""What confirmed orders are worth, in SQL: ordered, refunded, invoiced and paid.

All amounts are without tax, in the currency of the order's company: what is ordered by
the rate that Odoo keeps on the order, what is invoiced as it stands in the books. They
are those of Odoo's own ``sale.report`` and ``account.invoice.report``.
"""

from odoo.tools import SQL

# What a query reads, to be flushed before.
MODELS = (
    "sale.order",
    "sale.order.line",
    "account.move",
    "account.move.line",
)


def sale_lines():
    """A query with one row for each line of each confirmed order.

    ``order_id``, ``order_line_id``, ``product_id``, ``company_id``, ``partner_id``,
    ``opportunity_id``, ``date_order`` (UTC), ``orders`` (1 in the first line of each
    order, else 0), and the amounts ``ordered``, ``refunded`` and ``revenue``.

    A cancelled order is not confirmed any more. Refunded is what was credited and not
    invoiced again since: a credit note that only puts an invoice right takes nothing
    back. Invoiced again is what was invoiced after the first credit note. Of what is
    ordered it takes as much back as it says in the order's currency, so that rates that
    moved since change nothing; it never takes back more than was ordered. Who asks may
    add conditions to the query: they reach the tables.
    """
    ordered = SQL("line.price_subtotal / %s", rate())
    taken_back = SQL(
        """CASE WHEN billed.credited = 0 THEN 0
                ELSE sign(line.price_subtotal) * greatest(0, least(
                     sign(line.price_subtotal)
                     * (billed.credited - billed.charged_again),
                     sign(line.price_subtotal)
                     * (line.price_subtotal - billed.charged + billed.credited)
                )) END"""
    )
    refunded = SQL("coalesce((%s) / %s, 0)", taken_back, rate())
    return SQL(
        """SELECT o.id AS order_id, line.id AS order_line_id, line.product_id,
                  o.company_id, o.partner_id, o.opportunity_id, o.date_order,
                  (NOT EXISTS (
                      SELECT FROM sale_order_line earlier
                       WHERE earlier.order_id = o.id AND earlier.id < line.id
                         AND earlier.display_type IS NULL
                  ))::int AS orders,
                  %s AS ordered, %s AS refunded, %s - %s AS revenue
             FROM sale_order o
             JOIN sale_order_line line
               ON line.order_id = o.id AND line.display_type IS NULL
             LEFT JOIN LATERAL (%s) billed ON true
            WHERE o.state = 'sale'""",
        ordered,
        refunded,
        ordered,
        refunded,
        _billed_of_line(),
    )


def invoice_lines():
    """A query with one row for each posted invoice line of each confirmed order's line.

    ``order_id``, ``order_line_id``, ``product_id``, ``company_id``, ``opportunity_id``,
    ``invoice_line_id``, ``invoice_date``, and the amounts ``invoiced`` (credit notes
    are negative) and ``paid``, the paid share of it.
    """
    return SQL(
        """SELECT o.id AS order_id, line.id AS order_line_id, line.product_id,
                  o.company_id, o.opportunity_id, entry.id AS invoice_line_id,
                  coalesce(move.invoice_date, move.date) AS invoice_date,
                  -entry.balance / %s AS invoiced,
                  -entry.balance / %s * CASE WHEN move.amount_total = 0 THEN 1
                      ELSE 1 - move.amount_residual / move.amount_total END AS paid
             FROM sale_order o
             JOIN sale_order_line line ON line.order_id = o.id
             JOIN sale_order_line_invoice_rel link ON link.order_line_id = line.id
             JOIN account_move_line entry ON entry.id = link.invoice_line_id
             JOIN account_move move ON move.id = entry.move_id
            WHERE o.state = 'sale' AND move.state = 'posted'""",
        _order_lines_of_entry(),
        _order_lines_of_entry(),
    )


def rate():
    """What one unit of the company's currency is in that of the order ``o``."""
    return SQL("coalesce(nullif(o.currency_rate, 0), 1)")


def flush(env):
    """Write what the queries read."""
    for name in MODELS:
        env[name].flush_model()


def _billed_of_line():
    """What was charged and credited for an order line, in the order's currency."""
    amount = SQL(
        """CASE WHEN move.currency_id = o.currency_id THEN entry.price_subtotal
                ELSE abs(entry.balance) * sign(entry.price_subtotal) * %s
           END / %s""",
        rate(),
        _order_lines_of_entry(),
    )
    return SQL(
        """SELECT coalesce(sum(amount) FILTER (WHERE NOT is_credit), 0) AS charged,
                  coalesce(sum(amount) FILTER (WHERE is_credit), 0) AS credited,
                  coalesce(sum(amount)
                      FILTER (WHERE NOT is_credit AND move_id > first_credit_id), 0)
                      AS charged_again
             FROM (SELECT move.id AS move_id,
                          move.move_type = 'out_refund' AS is_credit,
                          min(move.id) FILTER (WHERE move.move_type = 'out_refund')
                              OVER () AS first_credit_id,
                          %s AS amount
                     FROM sale_order_line_invoice_rel link
                     JOIN account_move_line entry ON entry.id = link.invoice_line_id
                     JOIN account_move move ON move.id = entry.move_id
                    WHERE link.order_line_id = line.id AND move.state = 'posted'
                  ) item""",
        amount,
    )


def _order_lines_of_entry():
    """An invoice line may be of several order lines: each has its share of it."""
    return SQL(
        "(SELECT count(*) FROM sale_order_line_invoice_rel share"
        " WHERE share.invoice_line_id = entry.id)"
    )

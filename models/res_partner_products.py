from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

# What sells now is told by so many of the latest lines that were sold.
LATEST_LINES = 5000
MOST = 8


class ResPartner(models.Model):
    """What an entity has bought, and what others buy and it never has."""

    _inherit = "res.partner"

    def _bought(self):
        """What it has bought, the most first, as Odoo's own report has it.

        :return: list of ``{"id", "name", "category", "amount", "quantity", "last"}``
        """
        rows = (
            self.env["sale.report"]
            .sudo()
            ._read_group(
                self._sales_domain()
                & Domain("state", "=", "sale")
                & Domain("product_tmpl_id", "!=", False),
                ["product_tmpl_id"],
                ["price_subtotal:sum", "product_uom_qty:sum", "date:max"],
                order="price_subtotal:sum desc, product_tmpl_id",
            )
        )
        return [
            {
                "id": product.id,
                "name": product.display_name,
                "category": product.categ_id.name,
                "amount": amount,
                "quantity": quantity,
                "last": str(last),
            }
            for product, amount, quantity, last in rows
        ]

    def _missing_products(self):
        """What other customers buy and this one never has: what there is to offer.

        Of the latest lines that were sold, whoever sold them: so it tells what sells
        now, and costs the same however much was ever sold.

        :return: list of ``{"id", "name", "customers", "share" (of all customers of
            these lines)}``, what most of them buy first
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """WITH sold AS (
                    SELECT line.product_id, line.order_partner_id
                      FROM sale_order_line line
                     WHERE line.state = 'sale' AND line.display_type IS NULL
                       AND line.product_id IS NOT NULL
                       AND NOT coalesce(line.is_downpayment, false)
                       AND line.company_id = ANY(%(companies)s)
                  ORDER BY line.id DESC LIMIT %(latest)s
                ), bought AS (
                    SELECT product.product_tmpl_id
                      FROM sale_order_line line
                      JOIN sale_order ON sale_order.id = line.order_id
                      JOIN product_product product ON product.id = line.product_id
                     WHERE line.state = 'sale'
                       AND sale_order.partner_id = ANY(%(people)s)
                )
                SELECT template.id, count(DISTINCT buyer.commercial_partner_id) AS n,
                       (SELECT count(DISTINCT one.commercial_partner_id)
                          FROM sold
                          JOIN res_partner one ON one.id = sold.order_partner_id)
                  FROM sold
                  JOIN product_product product ON product.id = sold.product_id
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                  JOIN res_partner buyer ON buyer.id = sold.order_partner_id
                 WHERE template.sale_ok AND template.active AND product.active
                   AND template.id NOT IN (SELECT product_tmpl_id FROM bought)
              GROUP BY template.id
              ORDER BY n DESC, template.id LIMIT %(most)s""",
                companies=self.env.companies.ids,
                latest=LATEST_LINES,
                people=self._entity_people().ids,
                most=MOST,
            )
        )
        products = self.env["product.template"].browse(id_ for id_, *_ in rows)
        return [
            {
                "id": product.id,
                "name": product.display_name,
                "customers": customers,
                "share": round(100 * customers / everybody),
            }
            for product, (_id, customers, everybody) in zip(products, rows, strict=True)
        ]

"""Who is told what, as groups of Odoo."""

SALESPEOPLE = "sales_team.group_sale_salesman"
ACCOUNTANTS_TOO = (
    f"{SALESPEOPLE},account.group_account_readonly,account.group_account_invoice"
)

"""The environment of the add-on: Odoo, Python, PostgreSQL and a browser.

Everything is made once in the folder ``.odoo`` of the checkout and touches
nothing else of the machine. Only the standard library is used here, because
these modules run before anything is installed.
"""

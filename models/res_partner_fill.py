from odoo import models


class ResPartner(models.Model):
    """An entity that is completed by what comes from elsewhere."""

    _inherit = "res.partner"

    def _fill(self, values):
        """Write the values of fields that are empty; nothing is overwritten."""
        missing = {name: value for name, value in values.items() if not self[name]}
        if missing:
            self.write(missing)

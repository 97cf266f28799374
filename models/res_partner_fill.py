from odoo import models


class ResPartner(models.Model):
    """An entity that is completed by what comes from elsewhere."""

    _inherit = "res.partner"

    def _fill(self, values):
        """Write the values of fields that are empty; nothing is overwritten.

        An address is written where there is none at all: two are not mixed.
        """
        address = self._address_fields()
        has_address = any(self[name] for name in address)
        missing = {
            name: value
            for name, value in values.items()
            if not self[name] and not (has_address and name in address)
        }
        if missing:
            self.write(missing)

from urllib.parse import urlencode

from odoo import models

DIRECTIONS = "https://www.google.com/maps/dir/?"


class ResPartner(models.Model):
    """How to get to an entity."""

    _inherit = "res.partner"

    def _directions_url(self):
        """A link that opens a map with the way there, empty where no place is known."""
        self.ensure_one()
        destination = self._coordinates() or self._place()
        if not destination:
            return ""
        return DIRECTIONS + urlencode({"api": 1, "destination": destination})

    def _coordinates(self):
        latitude, longitude = self.partner_latitude, self.partner_longitude
        return f"{latitude},{longitude}" if latitude or longitude else ""

    def _place(self):
        """The address in one line; a country alone is no place to go to."""
        if not (self.street or self.city or self.zip):
            return ""
        parts = (self.street, f"{self.zip or ''} {self.city or ''}".strip())
        country = self.country_id.name
        return ", ".join(part for part in (*parts, country) if part)

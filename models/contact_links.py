"""How to reach an entity by a tap: call, write, go there."""

from odoo import api, fields, models


class CrmAction(models.Model):
    """The number of an entity as the whole world can dial it."""

    _inherit = "crm.action"

    phone_international = fields.Char(
        "International Phone",
        compute="_compute_phone_international",
        help="In international form, by the country of the entity or the company; as "
        "it was typed where it is no number.",
    )
    phone_dialled = fields.Char(
        compute="_compute_phone_international",
        help="The same in E.164, for links that call.",
    )

    @api.depends("partner_id.phone", "partner_id.country_id", "company_id.country_id")
    def _compute_phone_international(self):
        for action in self:
            written, dialled = action.partner_id._phone_to_dial(
                action.company_id.country_id
            )
            action.phone_international = written
            action.phone_dialled = dialled


class ResPartner(models.Model):
    """What an entity is reached by."""

    _inherit = "res.partner"

    def _phone_to_dial(self, country):
        """The number in international form and in E.164.

        :param country: where the number is, if the entity has no country
        """
        if not self.phone:
            return False, False
        country = self.country_id or country
        written, dialled = (
            self._phone_format("phone", country=country, force_format=form)
            for form in ("INTERNATIONAL", "E164")
        )
        return written or self.phone, dialled

    def _contact_links(self):
        """All that the screen needs to call the entity, write to it and go there.

        :return: ``{"phone", "dialled", "email", "address"}``; what is not known is
            false
        """
        if not self:
            return {}
        phone, dialled = self._phone_to_dial(self.env.company.country_id)
        return {
            "phone": phone,
            "dialled": dialled,
            "email": self.email,
            "address": self._address_line(),
        }

    def _address_line(self):
        """The address on one line, empty where there is none."""
        lines = (self._display_address(without_company=True) or "").splitlines()
        return ", ".join(filter(None, map(str.strip, lines)))

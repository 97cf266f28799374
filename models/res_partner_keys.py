import re

from odoo import api, fields, models
from odoo.tools.misc import remove_accents

# Names are compared with those that begin alike: comparing each with each would take
# the square of the entities.
BEGIN_ALIKE = 5
LEGAL_FORMS = {
    *("ab", "ag", "as", "bv", "co", "corp", "gmbh", "inc", "kft", "kg", "lda", "ltda"),
    *("limited", "llc", "llp", "ltd", "nv", "oy", "plc", "pty", "sa", "sarl", "sas"),
    *("sau", "sl", "sll", "slu", "spa", "sprl", "srl", "srls"),
}
# Countries whose tax numbers begin with other letters than their code.
TAX_PREFIXES = {"GR": "EL", "GB": "XI"}


class ResPartner(models.Model):
    """What an entity is recognised by, however it was written down."""

    _inherit = "res.partner"

    email_normalized = fields.Char(index="btree_not_null")
    phone_sanitized = fields.Char(index="btree_not_null")
    name_key = fields.Char(
        compute="_compute_name_key",
        store=True,
        index="btree_not_null",
        help="The words of the name, without accents and legal form, numbers and long "
        "words first: names that differ little have keys that differ little.",
    )
    tax_key = fields.Char(
        compute="_compute_tax_key",
        store=True,
        index="btree_not_null",
        help="The tax number of an entity in its own right, without its country.",
    )

    _name_in_zip_index = models.Index(f"(left(name_key, {BEGIN_ALIKE}), zip)")
    _name_in_city_index = models.Index(
        f"(left(name_key, {BEGIN_ALIKE}), lower(city::text))"
    )

    @api.depends("name")
    def _compute_name_key(self):
        for partner in self:
            partner.name_key = _name_key(partner.name or "")

    @api.depends("vat", "country_id", "parent_id", "is_company")
    def _compute_tax_key(self):
        """People of a company have its number, which does not tell who they are."""
        for partner in self:
            own = partner.is_company or not partner.parent_id
            country = partner.country_id.code or ""
            partner.tax_key = own and _tax_key(partner.vat or "", country)


def _name_key(name):
    words = re.findall(r"\w+", remove_accents(name).lower().replace(".", ""))
    telling = [word for word in words if word not in LEGAL_FORMS] or words
    return " ".join(sorted(telling, key=_telling_first)) or False


def _telling_first(word):
    return (word.isalpha(), -len(word), word)


def _tax_key(number, country):
    """A number of one character says that there is none."""
    key = re.sub(r"\W", "", number).upper()
    for prefix in (country, TAX_PREFIXES.get(country)):
        if prefix:
            key = key.removeprefix(prefix)
    return len(key) > 1 and key

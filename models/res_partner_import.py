from odoo import api, models
from odoo.tools import email_normalize

from .res_partner_duplicate import _is_certain
from .tax_number import is_wrong

# What tells that a line is about somebody who is there.
TELLING = (
    *("name", "email", "phone", "vat", "zip", "city"),
    *("country_id", "state_id", "parent_id", "company_id", "is_company"),
)
# In which column the words stand by which somebody was recognised.
COLUMNS = {"tax_number": "vat", "email": "email", "phone": "phone", "name": "name"}
# By what two lines of one file are about the same entity.
KEYS = ("vat", "email")


class ResPartner(models.Model):
    """Lines of a file that somebody imports, looked at before anything is written.

    What is wrong is told by line, and how to put it right. Odoo's own import shows it,
    rolls back, and converts names into records.
    """

    _inherit = "res.partner"

    @api.model
    def get_import_templates(self):
        """In place of Odoo's, whose side panel cannot show two."""
        own = {
            "label": self.env._("Import Template for Entities"),
            "template": "/crm_playbook/static/xls/entities_import_template.xlsx",
        }
        return [own]

    @api.model
    def load(self, fields, data):
        """Tell by row; Odoo tells of the first, too, what is wrong with a later one."""
        result = super().load(fields, data)
        if self.env.context.get("import_file") and result["messages"]:
            first, *others = result["messages"]
            if first["message"] in [message["message"] for message in others]:
                result["messages"] = others
            result["messages"].sort(key=_row)
        return result

    def _convert_records(self, records, *, log=lambda message: None, savepoint):
        converted = super()._convert_records(records, log=log, savepoint=savepoint)
        if not self.env.context.get("import_file"):
            return converted
        lines = list(converted)
        for _id, _xid, values, info in lines:
            self._normalize_imported(values, info, log)
        there = self.env.context.get("entities_there", "tell")
        if there == "create":
            return lines
        self._tell_twice(lines, log)
        found = self._find_imported(lines)
        if there == "update":
            return [self._updating(line, found.get(n)) for n, line in enumerate(lines)]
        self._tell_found(lines, found, log)
        return lines

    # === WHAT A LINE SAYS === #

    @api.model
    def _normalize_imported(self, values, info, log):
        """Bring e-mail and phone into normal form, and tell what is none."""
        country = self.env["res.country"].browse(values.get("country_id") or [])
        country = country or self.env.company.country_id
        if email := values.get("email"):
            values["email"] = email_normalize(email) or email
            if not email_normalize(email):
                _error(log, info, "email", self._say_wrong_email(email))
        if phone := values.get("phone"):
            number = self._phone_format(
                number=phone, country=country, force_format="INTERNATIONAL"
            )
            values["phone"] = number or phone
            if not number:
                _error(log, info, "phone", self._say_wrong_phone(phone, country))
        if (vat := values.get("vat")) and is_wrong(vat, country.code):
            _error(log, info, "vat", self._say_wrong_vat(vat))

    @api.model
    def _say_wrong_email(self, email):
        return self.env._(
            "“%s” is no e-mail address. Write one, such as name@example.com, or leave "
            "the cell empty.",
            email,
        )

    @api.model
    def _say_wrong_phone(self, phone, country):
        return self.env._(
            "“%(phone)s” is no phone number in %(country)s. Write it with the code of "
            "its country, such as +34 612 345 678, fill in the country of the line, "
            "or leave the cell empty.",
            phone=phone,
            country=country.name or self.env._("any country"),
        )

    @api.model
    def _say_wrong_vat(self, vat):
        return self.env._(
            "“%s” is no tax number: its check digit or its length is wrong. Correct "
            "it, or leave the cell empty.",
            vat,
        )

    # === WHO IS THERE ALREADY === #

    @api.model
    def _find_imported(self, lines):
        """Who is there already, for sure: {position of the line: (id, likenesses)}.

        Lines that name their record are not looked at.
        """
        sought = {
            -position: self.new(
                {name: values[name] for name in TELLING if values.get(name)}
            )
            for position, (record_id, xid, values, _info) in enumerate(lines, start=1)
            if not record_id and not xid
        }
        alike = self._find_alike(sought) if sought else {}
        certain = {
            -number - 1: [
                (entity_id, likenesses)
                for entity_id, likenesses in entities.items()
                if _is_certain(likenesses)
            ]
            for number, entities in alike.items()
        }
        return {position: found[0] for position, found in certain.items() if found}

    @api.model
    def _tell_found(self, lines, found, log):
        for position, (entity_id, likenesses) in found.items():
            _id, _xid, values, info = lines[position]
            columns = (COLUMNS[likeness] for likeness in likenesses)
            column = next(name for name in columns if values.get(name))
            _error(
                log,
                info,
                column,
                self.env._(
                    "%s. It is there already: choose under “Who is there already” what "
                    "becomes of such lines, or take the line out.",
                    self._say_likenesses({entity_id: likenesses}),
                ),
            )

    @api.model
    def _tell_twice(self, lines, log):
        """Tell lines of one file that are about the same entity."""
        first = {}
        for _id, _xid, values, info in lines:
            for key in KEYS:
                value = values.get(key)
                if not value or (key == "vat" and values.get("parent_id")):
                    continue
                here = info["rows"]["from"] + 1
                row = first.setdefault((key, value), here)
                if row != here:
                    _error(log, info, key, self._say_twice(value, row))

    @api.model
    def _say_twice(self, value, row):
        return self.env._(
            "“%(value)s” stands in row %(row)s already. Put both rows together, or "
            "empty one of the cells.",
            value=value,
            row=row,
        )

    @api.model
    def _updating(self, line, found):
        """The line, for the entity that is there; its empty cells change nothing."""
        if not found:
            return line
        _id, xid, values, info = line
        filled = {name: value for name, value in values.items() if value}
        return found[0], xid, filled, info


def _row(message):
    """By which row a message stands; what is about none comes last."""
    return message["rows"]["from"] if "rows" in message else float("inf")


def _error(log, info, field, message):
    """Tell Odoo's import what is wrong with a line, and in which column.

    Where a column has several errors, Odoo shows only their rows: with ``says_more``,
    the screen shows the words too.
    """
    log(dict(info, type="error", field=field, message=message, says_more=True))

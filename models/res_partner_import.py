from odoo import api, models
from odoo.exceptions import UserError
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


class RefusedAtOnceError(Exception):
    """One of several lines is wrong; which one, each by itself will tell."""


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
        """Tell what is wrong in the order of the rows."""
        result = super().load(fields, data)
        if self.env.context.get("import_file"):
            result["messages"].sort(key=_row)
        return result

    @api.model
    def _load_records(self, data_list, update=False):
        """Refuse several rows without a word: Odoo then makes them one by one.

        It would tell of the first row, too, what is wrong with a later one.
        """
        try:
            return super()._load_records(data_list, update)
        except UserError as error:
            if self.env.context.get("import_file") and len(data_list) > 1:
                raise RefusedAtOnceError from error
            raise

    def _convert_fields_to_values(self, field_names):
        """Odoo's import hands on to people what only accountants read of a company."""
        reader = self.sudo() if self.env.context.get("import_file") else self
        return super(ResPartner, reader)._convert_fields_to_values(field_names)

    def _convert_records(self, records, *, log=lambda message: None, savepoint):
        """Line by line: a later one may name an entity that an earlier one makes."""
        converted = super()._convert_records(records, log=log, savepoint=savepoint)
        if not self.env.context.get("import_file"):
            return converted
        return self._look_at_imported(converted, log)

    @api.model
    def _look_at_imported(self, lines, log):
        there = self.env.context.get("entities_there", "tell")
        newest = self._find_newest()
        first = {}
        for line in lines:
            _id, _xid, values, info = line
            self._normalize_imported(values, info, log)
            if there == "create":
                yield line
                continue
            self._tell_twice(line, first, log)
            found = self._find_imported(line, newest)
            if found and there == "update" and self._is_same_imported(values, *found):
                yield self._updating(line, found[0])
                continue
            if found:
                self._tell_found(line, *found, log)
            yield line

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
    def _find_newest(self):
        """The id above which entities are made by the file itself."""
        everyone = self.sudo().with_context(active_test=False)
        return everyone.search([], order="id desc", limit=1).id

    @api.model
    def _find_imported(self, line, newest):
        """Who was there already, for sure: (id, likenesses), none if nobody was.

        A line that names its record is not looked at.
        """
        record_id, xid, values, _info = line
        if record_id or xid:
            return None
        known = {name: values[name] for name in TELLING if values.get(name)}
        alike = self._find_alike({-1: self.new(known)})[-1]
        return next(
            (
                (entity_id, likenesses)
                for entity_id, likenesses in alike.items()
                if entity_id <= newest and _is_certain(likenesses)
            ),
            None,
        )

    @api.model
    def _is_same_imported(self, values, entity_id, likenesses):
        """Whether a line is about an entity itself, not about who shares its mailbox"""
        entity, line = self.browse(entity_id), self.new(values)
        return (
            "tax_number" in likenesses
            or entity.name_key == line.name_key
            or entity.is_company == line.is_company
        )

    @api.model
    def _tell_found(self, line, entity_id, likenesses, log):
        _id, _xid, values, info = line
        columns = (COLUMNS[likeness] for likeness in likenesses)
        column = next(name for name in columns if values.get(name))
        alike = self._say_likenesses({entity_id: likenesses})
        _error(log, info, column, self._say_found(alike))

    @api.model
    def _say_found(self, alike):
        if self.env.context.get("entities_there") == "update":
            return self.env._(
                "%s. One of both is a company and the other is none: correct the name, "
                "or whether the line is a company, or take the line out.",
                alike,
            )
        return self.env._(
            "%s. It is there already: choose under “Who is there already” what "
            "becomes of such lines, or take the line out.",
            alike,
        )

    @api.model
    def _tell_twice(self, line, first, log):
        """Tell a line about the same entity as an earlier one.

        People of a company may share its tax number and its mailbox.

        :param first: {(column, value): the row where it stands first}
        """
        _id, _xid, values, info = line
        for key in KEYS:
            value = values.get(key)
            if not value or values.get("parent_id"):
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
        _id, xid, values, info = line
        filled = {name: value for name, value in values.items() if value}
        return found, xid, filled, info


def _row(message):
    """By which row a message stands; what is about none comes last."""
    return message["rows"]["from"] if "rows" in message else float("inf")


def _error(log, info, field, message):
    """Tell Odoo's import what is wrong with a line, and in which column.

    Where a column has several errors, Odoo shows only their rows: with ``says_more``,
    the screen shows the words too.
    """
    log(dict(info, type="error", field=field, message=message, says_more=True))

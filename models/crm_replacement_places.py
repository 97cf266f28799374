"""Where records name a type, an outcome or a status, and how another takes its place.

A place is a field of a model. Columns and tables of pairs are rewritten by one
statement each, whatever their number; texts one by one, for there are few. Each keeps
in ``crm.replacement.change`` which records it changed, so that just these are put back.
"""

import json

from odoo.tools import SQL

from .domain_text import replace_in_domain

# Texts that are domains: the model, its field, and the field that says over what.
DOMAINS = [
    ("crm.segment", "domain", "res.partner"),
    ("crm.operation", "domain", "looks_at"),
    ("crm.entity.feed", "domain", "res.partner"),
    ("ir.filters", "domain", "model_id"),
    ("mailing.mailing", "mailing_domain", "mailing_model_real"),
    ("mailing.filter", "mailing_domain", "mailing_model_name"),
    ("gamification.goal.definition", "domain", "model_id"),
    ("base.automation", "filter_domain", "model_name"),
    ("base.automation", "filter_pre_domain", "model_name"),
]
# Texts that are one value: the model, its field, and the field that says of which.
VALUES = {
    ("ir.default", "json_value"): "field_id",
    ("ir.actions.server", "value"): "update_field_id",
}
# What another record has already, and may not be there twice: those stay as they are.
UNIQUE_WITH = {
    ("mailing.mailing", "crm_action_type_id"): ("crm_campaign_id", "playbook_stage_id")
}


def places_of(env, target):
    """All the places where records name one of ``target``.

    :param str target: the name of a model
    """
    stored = [
        (model, field)
        for model in env.registry.values()
        if model._auto and not model._abstract and not model._transient
        if not model._name.startswith("crm.replacement")
        for field in model._fields.values()
        if field.store
    ]
    names = sorted(
        (model._name, field.name) for model, field in stored if _names(field, target)
    )
    texts = [(model, name) for model, name, _about in DOMAINS if model in env.registry]
    return [place_of(env, target, *place) for place in [*names, *texts, *VALUES]]


def place_of(env, target, model, name):
    """The place that is a field of a model."""
    field = env[model]._fields[name]
    if (model, name) in VALUES:
        kind = Values
    else:
        kind = KINDS_OF_PLACES.get(field.type, Domains)
    return kind(env[model].sudo().with_context(active_test=False), field, target)


def _names(field, target):
    if field.type == "reference":
        return True
    if field.comodel_name != target:
        return False
    return field.type == "many2many" or (
        field.type == "many2one" and not field.company_dependent
    )


class Place:
    """A field that may name records of ``target``."""

    def __init__(self, model, field, target):
        self.model, self.field, self.target = model, field, target
        self.env = model.env

    def count(self, old):
        """How many records name ``old`` here."""
        raise NotImplementedError

    def replace(self, line, old, new):
        """Name ``new`` where ``old`` is named, and keep in ``line`` who was changed."""
        raise NotImplementedError

    def put_back(self, line, old, new):
        """Name ``old`` again where it was replaced, and nobody has changed it since.

        :return: how many records
        """
        raise NotImplementedError

    def _execute(self, query):
        self.env.flush_all()
        self.env.cr.execute(query)
        self.env.invalidate_all(flush=False)
        return self.env.cr.rowcount


class Column(Place):
    """A record names one of them.

    When the record was last written, and by whom, stays: people and filters ask it.
    """

    def count(self, old):
        self.model.flush_model([self.field.name])
        return self.env.execute_query(
            SQL(
                "SELECT count(*) FROM %s WHERE %s = %s",
                self.table,
                self.column,
                self._value(old),
            )
        )[0][0]

    def replace(self, line, old, new):
        self._execute(
            SQL(
                """WITH changed AS (
                        UPDATE %s SET %s = %s WHERE %s = %s %s RETURNING id
                   ) INSERT INTO crm_replacement_change (line_id, res_id)
                     SELECT %s, id FROM changed ON CONFLICT DO NOTHING""",
                self.table,
                self.column,
                self._value(new),
                self.column,
                self._value(old),
                self._unless_twins(new),
                line.id,
            )
        )

    def put_back(self, line, old, new):
        return self._execute(
            SQL(
                """UPDATE %s SET %s = %s FROM crm_replacement_change change
                    WHERE change.line_id = %s AND change.res_id = %s.id
                      AND %s = %s""",
                self.table,
                self.column,
                self._value(old),
                line.id,
                self.table,
                self.column,
                self._value(new),
            )
        )

    @property
    def table(self):
        return SQL.identifier(self.model._table)

    @property
    def column(self):
        return SQL.identifier(self.field.name)

    def _value(self, record_id):
        return record_id

    def _unless_twins(self, new):
        """Leave out records that would be there twice."""
        keys = UNIQUE_WITH.get((self.model._name, self.field.name))
        if not keys:
            return SQL()
        alike = SQL(" AND ").join(
            SQL(
                "twin.%s IS NOT DISTINCT FROM %s.%s",
                SQL.identifier(key),
                self.table,
                SQL.identifier(key),
            )
            for key in keys
        )
        return SQL(
            "AND NOT EXISTS (SELECT FROM %s twin WHERE twin.%s = %s AND %s)",
            self.table,
            self.column,
            new,
            alike,
        )


class Reference(Column):
    """A record names one of any model."""

    def _value(self, record_id):
        return f"{self.target},{record_id}"


class Pairs(Place):
    """A record names several of them, in a table of pairs."""

    def count(self, old):
        self.env.flush_all()
        return self.env.execute_query(
            SQL("SELECT count(*) FROM %s WHERE %s = %s", self.table, self.column, old)
        )[0][0]

    def replace(self, line, old, new):
        """Who names both already only loses one of them."""
        names = {"pairs": self.table, "named": self.column, "by": self.owner}
        self._keep(
            line,
            True,
            SQL(
                """DELETE FROM %(pairs)s lost WHERE %(named)s = %(old)s AND EXISTS (
                        SELECT FROM %(pairs)s kept
                         WHERE kept.%(by)s = lost.%(by)s AND kept.%(named)s = %(new)s)
                   RETURNING %(by)s""",
                **names,
                old=old,
                new=new,
            ),
        )
        self._keep(
            line,
            False,
            SQL(
                "UPDATE %(pairs)s SET %(named)s = %(new)s WHERE %(named)s = %(old)s "
                "RETURNING %(by)s",
                **names,
                old=old,
                new=new,
            ),
        )

    def _keep(self, line, had_both, query):
        self._execute(
            SQL(
                """WITH changed(id) AS (%s)
                   INSERT INTO crm_replacement_change (line_id, res_id, had_both)
                   SELECT %s, id, %s FROM changed ON CONFLICT DO NOTHING""",
                query,
                line.id,
                had_both,
            )
        )

    def put_back(self, line, old, new):
        restored = self._execute(
            SQL(
                """INSERT INTO %s (%s, %s)
                   SELECT owner.id, %s FROM crm_replacement_change change
                     JOIN %s owner ON owner.id = change.res_id
                    WHERE change.line_id = %s
                      AND EXISTS (SELECT FROM %s pair
                                   WHERE pair.%s = owner.id AND pair.%s = %s)
                   ON CONFLICT DO NOTHING""",
                self.table,
                self.owner,
                self.column,
                old,
                SQL.identifier(self.model._table),
                line.id,
                self.table,
                self.owner,
                self.column,
                new,
            )
        )
        self._execute(
            SQL(
                """DELETE FROM %s pair USING crm_replacement_change change
                    WHERE change.line_id = %s AND NOT change.had_both
                      AND pair.%s = change.res_id AND pair.%s = %s""",
                self.table,
                line.id,
                self.owner,
                self.column,
                new,
            )
        )
        return restored

    @property
    def table(self):
        return SQL.identifier(self.field.relation)

    @property
    def owner(self):
        return SQL.identifier(self.field.column1)

    @property
    def column(self):
        return SQL.identifier(self.field.column2)


class Texts(Place):
    """A text that names them by their ids."""

    def count(self, old):
        # No record has the id 0: it only shows whether the text would change.
        return len(self._changes(old, 0))

    def replace(self, line, old, new):
        changes = self._changes(old, new)
        for record, text in changes.items():
            line._keep_text(record, record[self.field.name], text)
            record[self.field.name] = text

    def put_back(self, line, old, new):
        restored = 0
        for change in line.change_ids:
            record = self.model.browse(change.res_id).exists()
            if record and record[self.field.name] == change.after:
                record[self.field.name] = change.before
                restored += 1
        return restored

    def _changes(self, old, new):
        """{record: its new text}"""
        texts = {
            record: self._replaced(record, old, new)
            for record in self.model.search([(self.field.name, "ilike", str(old))])
        }
        return {
            record: text
            for record, text in texts.items()
            if text != record[self.field.name]
        }

    def _replaced(self, record, old, new):
        raise NotImplementedError


class Domains(Texts):
    """The conditions of segments, filters, mailings, targets and automations."""

    def _replaced(self, record, old, new):
        text = record[self.field.name]
        about = self._about(record)
        if about not in self.env:
            return text
        return replace_in_domain(self.env[about], text, self.target, old, new)

    def _about(self, record):
        """The name of the model that the domain is over."""
        about = next(
            about
            for model, name, about in DOMAINS
            if (model, name) == (self.model._name, self.field.name)
        )
        if about not in record._fields:
            return about
        named = record[about]
        return getattr(named, "model", named)


class Values(Texts):
    """What new records have by Odoo's own defaults, and what server actions write."""

    def _replaced(self, record, old, new):
        of = VALUES[self.model._name, self.field.name]
        value = record[self.field.name]
        is_named = record[of].relation == self.target and value == json.dumps(old)
        return json.dumps(new) if is_named else value


KINDS_OF_PLACES = {"many2one": Column, "reference": Reference, "many2many": Pairs}

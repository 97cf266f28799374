"""Insert thousands of records in one statement.

For what the engine makes by the thousand. The rows are as complete as ``create`` would
make them: defaults are filled in, and stored fields that are computed, and that the
caller does not give, are computed. What ``create`` does besides for single records made
by people (mail, followers, tracking, automation rules) is left out.
"""

from odoo import fields
from odoo.tools import SQL

NO_CONFLICT = SQL()


def insert(model, rows):
    """Insert records of ``model``.

    :param rows: list of dictionaries, all with the same names of fields, values as for
        ``create``
    :return: the new records, in the order of the rows
    """
    if not rows:
        return model
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return insert_columns(model, columns)


def insert_columns(model, columns, values=None):
    """Insert records of ``model`` given column by column.

    :param columns: {name of a field: list of what each record has}
    :param values: what all of them have
    :return: the new records, in the order of the lists
    """
    own = {name: SQL("given.%s", SQL.identifier(name)) for name in columns}
    return insert_select(model, own | (values or {}), table(model, columns))


def table(model, columns):
    """Rows given by Python as a table ``given`` of a query, with their order ``n``.

    :param columns: {name: list of values}; the name says the type, by the field of
        ``model`` that is called so
    """
    return SQL(
        "unnest(%s) WITH ORDINALITY AS given(%s, n)",
        SQL(", ").join(
            SQL("%s::%s[]", _column(model, name, values), _column_type(model, name))
            for name, values in columns.items()
        ),
        SQL(", ").join(SQL.identifier(name) for name in columns),
    )


def insert_select(model, values, source, reads=(), on_conflict=NO_CONFLICT):
    """Insert one record of ``model`` for each row of a query.

    :param values: {name of a field: an SQL expression over ``source``, or the value
        that all of them have, as for ``create``}
    :param source: what stands behind FROM, a table ``given`` among it
    :param reads: names of the models that ``source`` reads
    :param on_conflict: SQL that says what is done with rows that are there already
    :return: the new records, in the order of ``given.n``
    """
    for name in reads:
        model.env[name].flush_model()
    values = _defaults(model, values) | _log_values(model) | values
    rows = model.env.execute_query(
        SQL(
            "INSERT INTO %s (id, %s) SELECT nextval(%s), %s FROM %s "
            "ORDER BY given.n %s RETURNING id",
            SQL.identifier(model._table),
            SQL(", ").join(SQL.identifier(name) for name in values),
            f"{model._table}_id_seq",
            SQL(", ").join(_expression(model, *item) for item in values.items()),
            source,
            on_conflict,
        )
    )
    # Numbered in the order of insertion, which RETURNING does not promise to keep.
    records = model.browse(sorted(record_id for (record_id,) in rows))
    _forget_lists(model, values)
    records.modified(values)
    _compute_only_the_rest(records, values)
    return records


def _column(model, name, values):
    field = model._fields[name]
    if field.type in ("many2one", "integer", "datetime"):
        return [value or None for value in values]
    return [field.convert_to_column_insert(value, model) for value in values]


def _column_type(model, name):
    field_type = model._fields[name].column_type[1]
    return SQL(field_type)  # pylint: disable=sql-injection


def _expression(model, name, value):
    if isinstance(value, SQL):
        return value
    field = model._fields[name]
    return SQL(
        "%s::%s",
        field.convert_to_column_insert(value, model),
        _column_type(model, name),
    )


def _defaults(model, given):
    """Default values of the stored fields that are not given."""
    names = [
        name
        for name, field in model._fields.items()
        if field.store and field.column_type and field.default and name not in given
    ]
    defaults = model.default_get(names)
    return {name: defaults[name] for name in names if name in defaults}


def _log_values(model):
    now = fields.Datetime.now()
    return {
        "create_uid": model.env.uid,
        "write_uid": model.env.uid,
        "create_date": now,
        "write_date": now,
    }


def _forget_lists(model, names):
    """The records that the new ones point at may remember lists without them."""
    for name in names:
        for inverse in model.pool.field_inverses[model._fields[name]]:
            model.env[inverse.model_name].invalidate_model([inverse.name])


def _compute_only_the_rest(records, names):
    """Compute the stored fields that were not given, other add-ons' included."""
    for name, field in records._fields.items():
        if field.store and field.compute:
            if name in names:
                records.env.remove_to_compute(field, records)
            else:
                records.env.add_to_compute(field, records)

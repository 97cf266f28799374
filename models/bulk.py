"""Insert thousands of records in one statement.

For what the engine makes by the thousand. The rows are as complete as ``create`` would
make them: defaults are filled in, and stored fields that are computed, and that the
caller does not give, are computed. What ``create`` does besides for single records made
by people (mail, followers, tracking, automation rules) is left out.
"""

from odoo import fields
from odoo.tools import SQL, split_every

ROWS_IN_A_STATEMENT = 1000


def insert(model, rows):
    """Insert records of ``model``.

    :param rows: list of dictionaries, all with the same names of fields, values as for
        ``create``
    :return: the new records, in the order of the rows
    """
    if not rows:
        return model
    model.env.flush_all()
    complete = _defaults(model, rows[0]) | _log_values(model)
    names = [*rows[0], *complete]
    ids = []
    for batch in split_every(ROWS_IN_A_STATEMENT, rows):
        ids += _insert_batch(model, names, [row | complete for row in batch])
    records = model.browse(ids)
    _forget_lists(model, names)
    records.modified(names)
    _compute_only_the_rest(records, names)
    return records


def _insert_batch(model, names, rows):
    ids = _next_ids(model, len(rows))
    columns = [model._fields[name] for name in names]
    values = (
        (
            record_id,
            *(
                field.convert_to_column_insert(row[field.name], model)
                for field in columns
            ),
        )
        for record_id, row in zip(ids, rows, strict=True)
    )
    model.env.execute_query(
        SQL(
            "INSERT INTO %s (id, %s) VALUES %s RETURNING id",
            SQL.identifier(model._table),
            SQL(", ").join(SQL.identifier(name) for name in names),
            SQL(", ").join(SQL("%s", row) for row in values),
        )
    )
    return ids


def _next_ids(model, count):
    """Ids drawn beforehand: ``RETURNING`` promises no order."""
    rows = model.env.execute_query(
        SQL(
            "SELECT nextval(%s) FROM generate_series(1, %s)",
            f"{model._table}_id_seq",
            count,
        )
    )
    return [record_id for (record_id,) in rows]


def _defaults(model, given):
    """Default values of the stored fields that the rows do not give."""
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
    """Compute the stored fields that the rows did not give, other add-ons' included."""
    for name, field in records._fields.items():
        if field.store and field.compute:
            if name in names:
                records.env.remove_to_compute(field, records)
            else:
                records.env.add_to_compute(field, records)

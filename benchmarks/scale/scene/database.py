"""What the steps ask of PostgreSQL itself."""

from contextlib import contextmanager


class Wrong(Exception):
    """A job did not do its work, so its time means nothing."""


def check(is_true, problem):
    """Fail loudly unless it is so."""
    if not is_true:
        raise Wrong(problem)


def check_count(env, expected, query, *parameters):
    """Fail unless the query counts so many.

    What is known of the tables is of before the job: PostgreSQL would go through them
    row by row as if they were small.
    """
    env.cr.execute("SET enable_nestloop = off")
    found = number(env, query, *parameters)
    env.cr.execute("RESET enable_nestloop")
    check(found == expected, f"{found:,} instead of {expected:,}: {query}")


def number(env, query, *parameters):
    """The one number that a query finds."""
    env.flush_all()
    env.cr.execute(query, parameters or None)
    ((found,),) = env.cr.fetchall()
    return found


def owned_columns(env, table):
    """The names of the columns of a table, in their order."""
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = current_schema AND table_name = %s "
        "ORDER BY ordinal_position",
        (table,),
    )
    return [name for (name,) in env.cr.fetchall()]


def vacuum(env, *tables):
    """Clear away what was deleted from these tables, and settle."""
    with outside_transaction(env):
        for table in tables:
            env.cr.execute(f"VACUUM {table}")
    settle(env)


def settle(env):
    """Have PostgreSQL know how large everything is, and nothing left to write.

    A plan made while a table is almost empty reads it from end to end, for as long as
    nobody tells the session better. So each job begins with tables that hold some rows
    already, and with this.
    """
    with outside_transaction(env):
        env.cr.execute("ANALYZE")
        env.cr.execute("CHECKPOINT")


@contextmanager
def outside_transaction(env):
    """Commit, and have each statement stand alone."""
    env.cr.commit()
    env.invalidate_all()
    connection = env.cr._cnx
    connection.autocommit = True
    try:
        yield
    finally:
        connection.autocommit = False


def bytes_of_a_row(env, table):
    """What a row of a table takes, without and with its indexes."""
    env.cr.execute(
        f"""SELECT count(*), pg_table_size('{table}'), pg_total_relation_size('{table}')
              FROM {table}"""
    )
    ((rows, bare, whole),) = env.cr.fetchall()
    return bare / rows, whole / rows


def insert_copies(env, table, pattern, values, source, which="true"):
    """Insert a row for each row of ``source``.

    :param pattern: which row of the table gives each column that is not told, as SQL
    :param values: {column: SQL}
    :param which: the condition on the rows of the source
    """
    columns = owned_columns(env, table)
    terms = [values.get(name, f"pattern.{name}") for name in columns]
    env.flush_all()
    with unchecked(env):
        env.cr.execute(
            f"""INSERT INTO {table} ({", ".join(columns)})
                SELECT {", ".join(terms)}
                  FROM {source}
                  JOIN {table} pattern ON {pattern}
                 WHERE {which}"""
        )
    env.cr.execute(f"SELECT setval('{table}_id_seq', max(id)) FROM {table}")
    env.cr.commit()
    env.invalidate_all()


def multiply(env, record, count, **values):
    """Insert copies of a record.

    :param values: {column: SQL} over ``n``, the number of the copy
    """
    first = next_id(env, record._table)
    insert_copies(
        env,
        record._table,
        pattern=f"pattern.id = {record.id}",
        source=f"generate_series(1, {count}) n",
        values={"id": f"{first} - 1 + n", **values},
    )


def next_id(env, table):
    """The first id that is free."""
    return number(env, f"SELECT coalesce(max(id), 0) + 1 FROM {table}")


@contextmanager
def unchecked(env):
    """Rows may come and go in bulk without being asked who refers to whom."""
    env.cr.execute("SET session_replication_role = replica")
    yield
    env.cr.execute("SET session_replication_role = origin")

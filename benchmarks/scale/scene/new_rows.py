"""The rows that a piece of work inserts, whatever tables it writes to."""

from .database import check_count, number, unchecked, vacuum

# What other rows refer to comes first.
REFERRED_TO = ["mail_message", "mail_followers", "crm_lead", "crm_transition"]
# A table that gets less than a row for so many records is not what the work is for.
RARE = 20


class NewRows:
    """Finds, from its making on, the new rows of every table.

    They can be set aside in tables without an index, and inserted again.
    """

    def __init__(self, env):
        self.env = env
        env.cr.commit()
        self.transaction = number(
            env, "SELECT txid_current() % (2::bigint ^ 32)::bigint"
        )
        self.numbered = self._sequences()
        self.conditions = {}

    def set_aside(self, count):
        """Move the new rows out of their tables, as if the work had not been done.

        :param count: how many records the work was for
        """
        found = self._conditions()
        self.conditions = {
            table: condition
            for table, condition in found.items()
            if self._count(table, condition) * RARE >= count
        }
        for table, condition in self.conditions.items():
            rows = f"SELECT * FROM {table} WHERE {condition}"
            self.env.cr.execute(f"CREATE TABLE {_side(table)} AS {rows}")
        self.counts = {
            table: number(self.env, f"SELECT count(*) FROM {_side(table)}")
            for table in self.conditions
        }
        self.remove()

    def insert(self):
        """Insert them again: what the work costs at the very least."""
        for table in self.tables:
            self.env.cr.execute(f"INSERT INTO {table} SELECT * FROM {_side(table)}")
        self.env.cr.commit()

    def check_inserted(self):
        """Fail unless all are there again."""
        for table, condition in self.conditions.items():
            query = f"SELECT count(*) FROM {table} WHERE {condition}"
            check_count(self.env, self.counts[table], query)

    def remove(self):
        """Delete the rows, without asking who refers to them: nobody else does."""
        self.env.flush_all()
        self.env.invalidate_all()
        with unchecked(self.env):
            for table, condition in self.conditions.items():
                self.env.cr.execute(f"DELETE FROM {table} WHERE {condition}")
        vacuum(self.env, *self.conditions)

    def forget(self):
        """Drop the tables where the rows were set aside."""
        for table in self.conditions:
            self.env.cr.execute(f"DROP TABLE {_side(table)}")
        self.env.cr.commit()

    def __str__(self):
        return ", ".join(f"{self.counts[table]:,} {table}" for table in self.tables)

    @property
    def tables(self):
        """The tables, in an order in which they can be filled."""
        first = [table for table in REFERRED_TO if table in self.conditions]
        return [*first, *sorted(self.conditions.keys() - set(first))]

    def _conditions(self):
        """Which rows of each table are new: by their ids, else by who wrote them."""
        before, after = self.numbered, self._sequences()
        conditions = {
            table: f"id > {before[table]}"
            for table, last in after.items()
            if last > before[table]
        }
        for table in self._tables_without_ids():
            conditions[table] = f"xmin::text::bigint >= {self.transaction}"
        return conditions

    def _sequences(self):
        self.env.cr.execute(
            """SELECT regexp_replace(sequencename, '_id_seq$', ''),
                      coalesce(last_value, 0)
                 FROM pg_sequences
                WHERE schemaname = current_schema
                  AND sequencename LIKE '%\\_id\\_seq'"""
        )
        return dict(self.env.cr.fetchall())

    def _tables_without_ids(self):
        self.env.cr.execute(
            """SELECT relname FROM pg_class
                WHERE relkind = 'r' AND relnamespace = current_schema::regnamespace
                  AND NOT EXISTS (SELECT FROM pg_attribute
                                   WHERE attrelid = pg_class.oid AND attname = 'id')"""
        )
        return [table for (table,) in self.env.cr.fetchall()]

    def _count(self, table, condition):
        return number(self.env, f"SELECT count(*) FROM {table} WHERE {condition}")


def _side(table):
    return f"scale_side_{table}"

"""Databases with their files: made, cloned, named and dropped together."""

import os
import shutil

from .failure import Failure

COLUMNS = (
    "name, res_model, res_id, type, url, public, mimetype, store_fname, checksum,"
    " file_size, create_uid, write_uid, create_date, write_date"
)
BUILT_PAGES = f"SELECT {COLUMNS} FROM ir_attachment WHERE url LIKE '/web/assets/%'"


class Databases:
    """The databases of one server and the folders of their attachments."""

    def __init__(self, layout, postgres):
        self.filestore = layout.data / "filestore"
        self.postgres = postgres

    def names(self, prefix=""):
        """The names of the databases that begin with ``prefix``."""
        names = self.postgres.psql("SELECT datname FROM pg_database").splitlines()
        return [name for name in names if name.startswith(prefix)]

    def exists(self, name):
        """Whether there is a database called ``name``."""
        return name in self.names()

    def digest(self, name):
        """What ``mark`` wrote on the database, or an empty text."""
        return self.postgres.psql(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            f" WHERE datname = {_literal(name)}"
        )

    def mark(self, name, digest):
        """Write on the database what it was made from."""
        self.postgres.psql(f"COMMENT ON DATABASE {_name(name)} IS {_literal(digest)}")

    def clone(self, template, name):
        """Copy a database; its files never change, so they are shared by links."""
        self.drop(name)
        self.postgres.psql(f"CREATE DATABASE {_name(name)} TEMPLATE {_name(template)}")
        self._share_files(template, name)

    def copy_built_pages(self, source, target):
        """Give ``target`` the scripts and styles that were built in ``source``.

        Odoo finds them by a digest of what they were built from, and builds the others.
        """
        copy = f"{source}_copy"
        self.clone(source, copy)
        rows = self.postgres.psql(f"COPY ({BUILT_PAGES}) TO STDOUT", copy)
        self.postgres.psql(
            f"COPY ir_attachment ({COLUMNS}) FROM STDIN", target, f"{rows}\n"
        )
        self._share_files(copy, target)
        self.drop(copy)

    def rename(self, old, new):
        """Give a finished database its final name, in place of an older one."""
        self.drop(new)
        self.postgres.psql(f"ALTER DATABASE {_name(old)} RENAME TO {_name(new)}")
        if (self.filestore / old).is_dir():
            (self.filestore / old).rename(self.filestore / new)

    def close(self, name):
        """Let nobody connect to a database, so that it can always be copied."""
        self.postgres.psql(f"ALTER DATABASE {_name(name)} ALLOW_CONNECTIONS false")

    def drop(self, name):
        """Remove a database, whoever is connected, and its files."""
        if name in ("postgres", "template0", "template1"):
            raise Failure(f"The database {name} belongs to PostgreSQL itself.")
        self.postgres.psql(f"DROP DATABASE IF EXISTS {_name(name)} WITH (FORCE)")
        shutil.rmtree(self.filestore / name, ignore_errors=True)

    def _share_files(self, source, target):
        if (self.filestore / source).is_dir():
            shutil.copytree(
                self.filestore / source,
                self.filestore / target,
                copy_function=_link,
                dirs_exist_ok=True,
            )


def _link(source, target):
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        shutil.copy2(source, target)


def _name(text):
    return '"' + text.replace('"', '""') + '"'


def _literal(text):
    return "'" + text.replace("'", "''") + "'"

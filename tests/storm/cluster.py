"""A PostgreSQL server of its own, which may be restarted while others use theirs."""

import os
import shlex
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

SUPERUSER = "odoo"
# Only its socket leads to it.
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = off
"""


class Cluster:
    """A server with a copy of one database, from ``with`` to the end of its block.

    Within the block, whoever is started finds this server instead of the usual one.

    :param database: a ``Database`` of ``server.py``
    """

    def __init__(self, database):
        self.database = database

    def __enter__(self):
        with ExitStack() as cleanup:
            self.folder = Path(_as_owner("mktemp", "-d", "-t", "cluster_XXXXXX"))
            cleanup.callback(shutil.rmtree, self.folder)
            self._make()
            self._control("start")
            cleanup.callback(self._control, "stop", "-m", "immediate")
            copy = self.folder / "copy"
            self.database.copy_to(copy)
            cleanup.enter_context(patch.dict(os.environ, self._environment))
            self.database.make_from(copy)
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(self, *_error):
        self._cleanup.close()

    def restart(self):
        """Restart it without waiting for anybody, as after a power cut."""
        self._control("restart", "-m", "immediate")

    def _make(self):
        _as_owner(
            *(_program("initdb"), "-D", self._data, "-U", SUPERUSER),
            *("-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "-N"),
        )
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(SETTINGS.format(folder=self.folder))

    def _control(self, *words):
        log = self.folder / "log"
        _as_owner(_program("pg_ctl"), "-D", self._data, "-l", log, "-s", "-w", *words)

    @property
    def _data(self):
        return self.folder / "data"

    @property
    def _environment(self):
        return {
            "PGHOST": str(self.folder),
            "PGPORT": "5432",
            "PGUSER": SUPERUSER,
            # What is committed is on the disk, though tests are in haste otherwise.
            "PGOPTIONS": "",
        }


def _program(name):
    return Path(os.environ["CRM_PLAYBOOK_POSTGRES"]) / name


def _as_owner(*words):
    """Run a program as a user whom PostgreSQL accepts, which root is not."""
    owner = shlex.split(os.environ["CRM_PLAYBOOK_POSTGRES_OWNER"])
    command = [*owner, *map(str, words)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()

"""A real Odoo server on a database of its own, for whoever talks to it from outside.

Tests and benchmarks use it alike, so it knows neither: it needs nothing but the
environment that ``./test`` and ``./run bench`` prepare.
"""

import ctypes
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import psycopg2

START_SECONDS = 90
STOP_SECONDS = 20
COMMIT = "\nenv.cr.commit()\n"
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux


class ServerProblem(Exception):
    """What is wrong with the surroundings, said so that it can be put right."""


class Database:
    """A database that is copied from the one with the add-on freshly installed."""

    def __init__(self, name):
        self.name = name

    def exists(self):
        """Whether there is such a database already."""
        names = _sql("postgres", "SELECT datname FROM pg_database")
        return self.name in names.splitlines()

    def make(self):
        """Copy the template."""
        _run(["createdb", "-T", _prepared("CRM_PLAYBOOK_TEMPLATE_DB"), self.name])

    def copy_to(self, file):
        """Write what it holds into a file."""
        _run(["pg_dump", "-Fc", "-d", self.name, "-f", str(file)])

    def make_from(self, file):
        """Make it out of such a file, on whatever server that is."""
        _run(["createdb", self.name])
        _run(["pg_restore", "--no-owner", "-d", self.name, str(file)])

    def install(self, add_on):
        """Install another add-on besides."""
        options = ["-i", add_on, "--stop-after-init", "--no-http"]
        _run([*_odoo(), "-d", self.name, *options, "--log-level", "error"])

    def drop(self):
        """Remove the database, whoever is connected."""
        _run(["dropdb", "--if-exists", "--force", self.name])

    def disconnect(self):
        """Cut off whoever is connected, such as the server of a run that was killed."""
        _sql(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{self.name}'",
        )

    def rows(self, query):
        """The rows of an SQL query, as tuples of texts."""
        text = _sql(self.name, query)
        return [tuple(line.split("\t")) for line in text.splitlines()]

    def program(self, *words):
        """The words that run a Python program which reads Odoo's options itself."""
        _launcher, *options = _odoo()
        position = options.index("-c") if "-c" in options else len(options)
        return [sys.executable, *map(str, words), *options[position:], "-d", self.name]

    @contextmanager
    def locked(self, table):
        """Whoever writes to the table is held up in the middle of it."""
        connection = psycopg2.connect(dbname=self.name)
        try:
            connection.cursor().execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield
        finally:
            connection.close()

    def wait_until_held_up(self, table=None, number=1):
        """Wait for so many who would write to a table, or a row, that is locked."""
        what = f"relation = '{table}'::regclass" if table else "locktype <> 'relation'"
        waiting = (
            "SELECT DISTINCT pid FROM pg_locks "
            f"WHERE NOT granted AND ({'TRUE' if number > 1 else what})"
        )
        deadline = time.monotonic() + START_SECONDS
        while len(self.rows(waiting)) < number:
            if time.monotonic() > deadline:
                raise ServerProblem(f"Nobody writes to {table or 'a row'}.")
            time.sleep(0.05)

    def run(self, script, **environment):
        """Run a script in Odoo's shell, as the system, and return what it printed.

        What it changed is kept if it comes to its end.
        """
        program, *options = _odoo()
        position = options.index("-c") if "-c" in options else len(options)
        command = [program, *options[:position], "shell", *options[position:]]
        command += ["-d", self.name, "--no-http", "--log-level", "error"]
        with tempfile.TemporaryDirectory() as folder:
            command += ["--data-dir", folder]
            return _run(command, Path(script).read_text() + COMMIT, **environment)


class OdooServer:
    """An Odoo server process, from ``with`` to the end of its block.

    Its files (the log, sessions, attachments) vanish with it.
    """

    def __init__(self, database, *options, **environment):
        self.database = database
        self.options = options
        self.environment = environment
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = tempfile.TemporaryDirectory(prefix="crm_playbook_")
        self.log = Path(self.folder.name) / "odoo.log"
        self.process = None

    def __enter__(self):
        self._start()
        try:
            self._wait_until_it_answers()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_error):
        self._stop()

    def log_lines(self):
        """What the server has logged so far."""
        return self.log.read_text(errors="replace").splitlines()

    def _start(self):
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, __file__, *_odoo(), *self._server_options()],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _server_options(self):
        name = self.database.name
        return [
            *self.options,
            *("-d", name, "--db-filter", f"^{name}$", "--no-database-list"),
            *("--http-interface", "127.0.0.1", "--http-port", str(self.port)),
            *("--gevent-port", str(free_port()), "--max-cron-threads", "0"),
            *("--data-dir", self.folder.name),
        ]

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(self.log_lines()[-20:])
                raise ServerProblem(f"Odoo did not start. It said at last:\n{tail}")
            time.sleep(0.1)

    def _answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}/web/health", timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def _stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()


def free_port():
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _odoo():
    return shlex.split(_prepared("CRM_PLAYBOOK_ODOO"))


def _prepared(name):
    value = os.environ.get(name)
    if not value:
        raise ServerProblem(
            f"{name} is not set: start tests by ./test and benchmarks by ./run bench, "
            "which prepare Odoo and a database for them."
        )
    return value


def _sql(database, query):
    return _run(["psql", "-d", database, "-AtF", "\t", "-c", query])


def _run(command, typed="", **environment):
    result = subprocess.run(
        command,
        check=False,
        env={**os.environ, **environment},
        input=typed,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise ServerProblem(
            f"{shlex.join(command)} failed:\n{result.stdout}{result.stderr}"
        )
    return result.stdout


def _become(command):
    """Become ``command``, and stop where the starter is killed outright (on Linux)."""
    try:
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)
    except (AttributeError, OSError):
        sys.stderr.write("Nothing ends this server if its starter is killed.\n")
    os.execvp(command[0], command)


if __name__ == "__main__":
    _become(sys.argv[1:])

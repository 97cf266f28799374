"""PostgreSQL: a private cluster that only a socket leads to, or a server you name."""

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

from .commands import read, run_logged
from .debian_packages import Apt, unpack
from .failure import Failure, tail
from .layout import ignores_system
from .private_programs import library_environment, wrapper, write_program

SUPERUSER = "odoo"
PORT = "5432"
OLDEST = 14
PACKAGE = r"postgresql-\d+"
CLIENTS = ("psql", "createdb", "dropdb", "pg_dump", "pg_restore")
# For setpriv: enter every folder as root may, also where a program asks beforehand
# whether it could (which is what the securebits are for).
PASS_THROUGH = (
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    "--securebits=+no_setuid_fixup",
)
SETTINGS = """
# Only the socket leads to this cluster: no port of the machine is taken.
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket}'
shared_buffers = 512MB
effective_cache_size = 2GB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
wal_level = minimal
max_wal_senders = 0
checkpoint_timeout = 15min
random_page_cost = 1.1
max_connections = 100
timezone = 'UTC'
"""


class PostgresPrograms:
    """The programs of PostgreSQL: the machine's, or else Debian's, unpacked."""

    title = "PostgreSQL"

    def __init__(self, layout):
        self.layout = layout

    @property
    def folder(self):
        """The folder of ``postgres``, ``psql`` and the others, or None."""
        found = [
            *self._on_machine(),
            *_versions(self.layout.system / "usr/lib/postgresql"),
        ]
        wanted = self._version_of_cluster()
        fitting = [path for path in found if wanted in (None, _major_version(path))]
        return max(fitting, key=_major_version, default=None)

    @property
    def are_private(self):
        """Whether the programs were unpacked rather than found on the machine."""
        return self.layout.system in self.folder.parents

    @property
    def environment(self):
        """What the private programs need to find their libraries."""
        return library_environment(self.layout) if self.are_private else {}

    def is_ready(self):
        """Whether there are programs for the cluster."""
        return self.folder is not None

    def make(self, progress):
        """Download the programs and the libraries this machine lacks."""
        apt = Apt(self.layout)
        wanted = self._version_of_cluster()
        pattern = rf"postgresql-{wanted}" if wanted else PACKAGE
        name = apt.newest_name(pattern, progress)
        if not name:
            raise Failure(
                f"apt has no package like {pattern}.",
                "Install PostgreSQL yourself, or remove .odoo/postgres if it was"
                " made by another version (its databases are lost).",
            )
        files = apt.download(apt.closure([name], progress), progress)
        unpack(files, self.layout.system, progress)
        self._put_clients_on_path()

    def _put_clients_on_path(self):
        for name in CLIENTS:
            script = wrapper(self.folder / name, self.environment)
            write_program(self.layout.programs / name, script)

    def _on_machine(self):
        if ignores_system():
            return []
        initdb = shutil.which("initdb")
        on_path = [Path(initdb).resolve().parent] if initdb else []
        found = [*on_path, *_versions(Path("/usr/lib/postgresql"))]
        return [path for path in found if _major_version(path) >= OLDEST]

    def _version_of_cluster(self):
        file = self.layout.cluster / "PG_VERSION"
        return int(file.read_text()) if file.exists() else None


class Postgres:
    """The server that the databases live in."""

    title = "database server"

    def __init__(self, layout, programs):
        self.layout = layout
        self.programs = programs
        own = str(layout.socket)
        self.is_private = os.environ.get("PGHOST") in (None, "", own)
        self.log = layout.log("postgres")

    @property
    def environment(self):
        """What leads clients, Odoo among them, to the server."""
        if not self.is_private:
            return {}
        return {
            "PGHOST": str(self.layout.socket),
            "PGPORT": PORT,
            "PGUSER": SUPERUSER,
        }

    @property
    def owner(self):
        """What a command line begins with that runs a program as a server's owner."""
        library = [f"{key}={value}" for key, value in self.programs.environment.items()]
        return ["env", *library, "LC_ALL=C", *self._privileges()]

    def is_ready(self):
        """Whether the server answers."""
        if self.programs.folder is None:
            return False
        return bool(
            read(
                [self._program("psql"), "-Atqc", "SELECT 1", "template1"],
                env=self._client_environment(),
            )
        )

    def make(self, progress):
        """Start the server, which is made if this is the first time."""
        if not self.is_private:
            raise Failure(
                f"No PostgreSQL answers at PGHOST={os.environ['PGHOST']}"
                f" PGPORT={os.environ.get('PGPORT', '')}"
                f" PGUSER={os.environ.get('PGUSER', '')}.",
                "Start that server, or unset PGHOST to get a private one.",
            )
        self._check_owner()
        if not (self.layout.cluster / "PG_VERSION").exists():
            progress.tell("making the cluster")
            self._make_cluster()
        progress.tell("starting")
        self._start()

    def stop(self):
        """Stop the private server; its databases stay."""
        if self.is_private and self.is_ready():
            self._as_owner(
                "pg_ctl", "stop", "-w", "-m", "fast", "-D", self.layout.cluster
            )

    def psql(self, sql, database="postgres", rows=""):
        """Run ``sql``, which may copy ``rows``, and return what it prints, plain."""
        command = [self._program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run(
            [*command, "-d", database, "-c", sql],
            env=self._client_environment(),
            input=rows,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failure(f"PostgreSQL refused: {done.stderr.strip()}")
        return done.stdout.strip()

    def _program(self, name):
        return self.programs.folder / name

    def _client_environment(self):
        return {**os.environ, **self.programs.environment, **self.environment}

    def _make_cluster(self):
        unfinished = self.layout.cluster.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        self._make_private_folder(unfinished)
        self._as_owner(
            *("initdb", "--pgdata", unfinished, "--username", SUPERUSER),
            *("--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"),
            *("--lc-collate", "C", "--no-sync"),
        )
        settings = SETTINGS.format(port=PORT, socket=self.layout.socket)
        with (unfinished / "postgresql.conf").open("a") as file:
            file.write(settings)
        unfinished.rename(self.layout.cluster)

    def _start(self):
        self._make_private_folder(self.layout.socket)
        self._make_own(self.log)
        try:
            self._as_owner(
                *("pg_ctl", "start", "-w", "-t", "60", "-s"),
                *("-D", self.layout.cluster, "-l", self.log),
            )
        except Failure as failure:
            raise Failure(
                f"PostgreSQL would not start:\n{tail(self.layout.log('pg_ctl'), 5)}"
                f"\n{tail(self.log)}",
                f"The whole log: {self.log}",
                "If the cluster is broken, remove .odoo/postgres and run again"
                " (its databases are made anew).",
            ) from failure

    def _as_owner(self, program, *arguments):
        run_logged(
            [*self._privileges(), self._program(program), *arguments],
            self.layout.log(program),
            f"{program} of PostgreSQL failed.",
            "Remove .odoo/postgres and run again.",
            env={**os.environ, **self.programs.environment, "LC_ALL": "C"},
            cwd="/",
        )

    def _privileges(self):
        """PostgreSQL refuses to be root: then it becomes a user without rights.

        That user may not be able to enter the folders above the checkout. So it
        keeps root's right to pass through them, which setpriv hands on.
        """
        if os.geteuid() != 0:
            return []
        owner = _unprivileged_user()
        become = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}"]
        passing = [] if _can_enter(owner, self.layout.home) else PASS_THROUGH
        return [*become, "--clear-groups", *passing]

    def _make_private_folder(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self._make_own(folder)
        folder.chmod(0o700)

    def _make_own(self, path):
        if not path.exists():
            path.touch()
        if os.geteuid() == 0:
            owner = _unprivileged_user()
            os.chown(path, owner.pw_uid, owner.pw_gid)

    def _check_owner(self):
        if not self.layout.cluster.exists():
            return
        owner = self.layout.cluster.stat().st_uid
        own = _unprivileged_user().pw_uid if os.geteuid() == 0 else os.geteuid()
        if owner != own:
            raise Failure(
                "The cluster in .odoo/postgres belongs to another user.",
                "Run as that user, or remove .odoo and run again.",
            )


def _unprivileged_user():
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Failure(
        "root cannot run PostgreSQL, and there is no user 'nobody' to run it.",
        "Run as an ordinary user.",
    )


def _can_enter(user, folder):
    test = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
    done = subprocess.run([*test, "--clear-groups", "test", "-x", folder], check=False)
    return done.returncode == 0


def _versions(folder):
    return [path.parent for path in folder.glob("*/bin/initdb")]


def _major_version(folder):
    found = re.search(r"/(\d+)/bin$", str(folder))
    if not found:
        found = re.search(r" (\d+)", read([folder / "postgres", "--version"]))
    return int(found[1]) if found else 0

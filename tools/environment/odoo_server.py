"""How Odoo is started: its configuration file and its command line."""

import os
import shlex

from .commands import run_logged
from .private_programs import write_program

CONFIGURATION = """[options]
addons_path = {addons_path}
data_dir = {data_dir}
http_interface = 127.0.0.1
db_host = {host}
db_port = {port}
db_user = {user}
"""
LAUNCHER = """#!{python}
from odoo.cli.command import main

main()
"""
BUILD_PAGES = "env['ir.qweb']._pregenerate_assets_bundles()\nenv.cr.commit()\n"
FOREIGN_PYTHON = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


class OdooServer:
    """Odoo with the add-on in its path and the database server at hand."""

    def __init__(self, layout, odoo_source, python, postgres):
        self.layout = layout
        self.odoo_source = odoo_source
        self.python = python
        self.postgres = postgres
        self.launcher = layout.programs / "odoo"

    def configure(self):
        """Write odoo.conf and show Odoo the add-on under its technical name."""
        self.layout.data.mkdir(parents=True, exist_ok=True)
        _link(self.layout.add_on, self.layout.checkout)
        write_program(self.launcher, LAUNCHER.format(python=self.python.interpreter))
        self.layout.configuration.write_text(self._configuration())

    def command(self, *arguments):
        """The command line that runs Odoo."""
        # The launcher lies in a folder of its own, because Python imports from the
        # folder of what it runs.
        return [str(self.python.interpreter), str(self.launcher), *map(str, arguments)]

    def server_command(self, database, *arguments):
        """The command line of the server on one database."""
        return self.command(
            *("-c", self.layout.configuration, "-d", database), *arguments
        )

    def work_on(self, database, log, problem, *arguments, advice=(), on_line=None):
        """Let Odoo install or update in ``database`` without serving pages."""
        options = ("--stop-after-init", "--no-http", "--max-cron-threads", "0")
        run_logged(
            self.server_command(database, *options, *arguments),
            log,
            problem,
            *advice,
            on_line=on_line,
            env=self.hasty_environment,
        )

    def build_pages(self, database, progress):
        """Build the scripts and styles of the pages, which the first page waits for."""
        progress.tell("about half a minute")
        self.run_in_shell(
            database,
            BUILD_PAGES,
            self.layout.log("pages"),
            "The scripts and styles of the pages could not be built.",
        )

    def run_in_shell(self, database, code, log, problem):
        """Let Odoo's shell run ``code`` on ``database``."""
        # Odoo's shell reads its code from an input that is no terminal.
        script = self.layout.home / "shell.py"
        script.write_text(code)
        with script.open() as lines:
            run_logged(
                self.command("shell", "-d", database, "--no-http"),
                log,
                problem,
                stdin=lines,
                env=self.hasty_environment,
            )

    @property
    def hasty_environment(self):
        """For databases that are made anew if the machine loses power meanwhile."""
        return {**self.environment, "PGOPTIONS": "-c synchronous_commit=off"}

    @property
    def environment(self):
        """What Odoo, its tests and its benchmarks find in their environment."""
        return {
            **own_environment(),
            **self.postgres.environment,
            "PATH": self._path(),
            "ODOO_RC": str(self.layout.configuration),
            "CRM_PLAYBOOK_CONF": str(self.layout.configuration),
            "CRM_PLAYBOOK_ODOO": shlex.join(
                self.command("-c", self.layout.configuration)
            ),
            "CRM_PLAYBOOK_POSTGRES": str(self.postgres.programs.folder),
            "CRM_PLAYBOOK_POSTGRES_OWNER": shlex.join(self.postgres.owner),
        }

    def _path(self):
        folders = [self.layout.programs, self.layout.python / "bin"]
        if not self.postgres.programs.are_private:
            folders.append(self.postgres.programs.folder)
        inherited = os.environ.get("PATH", os.defpath)
        return os.pathsep.join([*map(str, folders), inherited])

    def _configuration(self):
        server = {**os.environ, **self.postgres.environment}
        addons = [*self.odoo_source.addons_paths, self.layout.addons]
        return CONFIGURATION.format(
            addons_path=",".join(map(str, addons)),
            data_dir=self.layout.data,
            host=server.get("PGHOST", "False"),
            port=server.get("PGPORT", "False"),
            user=server.get("PGUSER", "False"),
        )


def own_environment():
    """The environment of this program without what leads Python elsewhere."""
    return {
        name: value for name, value in os.environ.items() if name not in FOREIGN_PYTHON
    }


def _link(link, target):
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink() and link.resolve() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target, target_is_directory=True)

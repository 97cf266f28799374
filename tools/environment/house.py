"""The whole environment put together, from the checkout to the server."""

import shutil

from .add_on import AddOn
from .browser import Browser
from .console import Console
from .databases import Databases
from .failure import Failure
from .layout import Layout
from .lock import exclusive
from .odoo_server import OdooServer
from .odoo_source import OdooSource
from .postgres import Postgres, PostgresPrograms
from .printer import Printer
from .python_environment import PythonEnvironment
from .templates import Templates

NEEDED_BYTES = 5 << 30


class House:
    """All parts of the environment, each knowing the ones it stands on."""

    def __init__(self, checkout):
        self.console = Console()
        self.layout = Layout(checkout)
        self.add_on = AddOn(self.layout)
        self.odoo_source = OdooSource(self.layout)
        self.python = PythonEnvironment(self.layout, self.odoo_source)
        self.programs = PostgresPrograms(self.layout)
        self.postgres = Postgres(self.layout, self.programs)
        self.browser = Browser(self.layout)
        self.printer = Printer(self.layout, self.browser)
        self.odoo = OdooServer(
            self.layout, self.odoo_source, self.python, self.postgres
        )
        self.databases = Databases(self.layout, self.postgres)
        self.templates = Templates(self)

    def exclusive(self):
        """Keep other runs from preparing the same things meanwhile."""
        return exclusive(self.layout.home / "lock", self.console)

    def prepare(self, with_browser=False):
        """Make what is missing, so that Odoo can start."""
        self._require_space()
        browser = [self.browser] if with_browser else []
        self.console.make(
            [
                self.odoo_source,
                self.python,
                self.programs,
                self.printer,
                *browser,
                self.postgres,
            ]
        )
        self.odoo.configure()

    def prepare_python(self):
        """Make what is missing for the linters, which need neither Odoo nor data."""
        self._require_space()
        self.console.make([self.python])

    def _require_space(self):
        free = shutil.disk_usage(self.layout.checkout).free
        if not self.python.stamp.path.exists() and free < NEEDED_BYTES:
            raise Failure(
                f"The disk of {self.layout.checkout} has {free >> 20} MB free;"
                f" Odoo and its databases need about {NEEDED_BYTES >> 20}.",
                "Make room, or check the project out on a larger disk.",
            )

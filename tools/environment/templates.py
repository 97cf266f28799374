"""Databases that are made once and copied ever after."""

from .failure import Failure
from .install_log import complaints, module_progress
from .layout import ADD_ON
from .stamps import digest_of


class Template:
    """A database that ``fill`` makes from a copy of its parent, or from nothing.

    It is marked with a digest of all it was made from, made under another name and
    renamed when complete. Nobody may connect to it, so it can always be copied.
    """

    def __init__(self, house, name, title, digest, fill, parent=None):
        self.house = house
        self.databases = house.databases
        self.name = f"{ADD_ON}_template_{name}"
        self.title = title
        self.digest = digest
        self.fill = fill
        self.parent = parent

    def ready(self):
        """Make the database if it is missing or outdated, and return its name."""
        if self.databases.digest(self.name) != self.digest:
            if self.parent:
                self.parent.ready()
            with self.house.console.step(self.title) as progress:
                self._make(progress)
        return self.name

    def _make(self, progress):
        unfinished = f"{self.name}_new"
        self.databases.drop(unfinished)
        if self.parent:
            self.databases.clone(self.parent.name, unfinished)
        self.fill(unfinished, progress)
        self.databases.rename(unfinished, self.name)
        self.databases.close(self.name)
        self.databases.mark(self.name, self.digest)


class Templates:
    """The templates of the demonstration and of the tests."""

    def __init__(self, house):
        self.house = house

    def dependencies(self, with_demo=False):
        """Everything the add-on builds on."""
        return Template(
            self.house,
            "demonstration" if with_demo else "dependencies",
            "Odoo's own add-ons" + _with_data(with_demo),
            self._dependencies_digest(),
            self._prepare_demonstration if with_demo else self._prepare,
        )

    def installed(self, with_demo=False):
        """The add-on, installed without a complaint."""
        add_on = self.house.add_on.installation_digest(with_demo)
        return Template(
            self.house,
            "installed_demonstration" if with_demo else "installed",
            f"Installation of {ADD_ON}" + _with_data(with_demo),
            digest_of(self._dependencies_digest(), add_on),
            self._install_demonstration if with_demo else self._install,
            parent=self.dependencies(with_demo),
        )

    def pages(self):
        """The same, with the scripts and styles of its pages already built."""
        installed = self.installed()
        return Template(
            self.house,
            "pages",
            "Scripts and styles of the pages",
            digest_of(installed.digest, self.house.add_on.page_digest()),
            self._build_pages,
            parent=installed,
        )

    def _dependencies_digest(self):
        return digest_of(
            *sorted(self.house.add_on.dependencies),
            self.house.odoo_source.identity(),
            self.house.python.stamp.digest,
        )

    def _prepare(self, database, progress, *options):
        self.house.odoo.work_on(
            database,
            self.house.layout.log("dependencies"),
            "The add-ons that this one depends on could not be installed.",
            *("-i", ",".join(self.house.add_on.dependencies), *options),
            on_line=module_progress(progress),
        )

    def _prepare_demonstration(self, database, progress):
        self._prepare(database, progress, "--with-demo")

    def _install(self, database, progress, *options):
        log = self.house.layout.log("install")
        self.house.odoo.work_on(
            database,
            log,
            f"{ADD_ON} could not be installed.",
            *("-i", ADD_ON, *options),
            on_line=module_progress(progress),
        )
        found = complaints(log.read_text())
        if found:
            raise Failure(
                "\n".join([f"{ADD_ON} complains while it is installed:", *found]),
                f"The whole log: {log}",
            )

    def _install_demonstration(self, database, progress):
        self._install(database, progress, "--with-demo")

    def _build_pages(self, database, progress):
        databases, former = self.house.databases, f"{ADD_ON}_template_pages"
        if databases.exists(former):
            databases.copy_built_pages(former, database)
        self.house.odoo.build_pages(database, progress)


def _with_data(with_demo):
    return " with demonstration data" if with_demo else ""

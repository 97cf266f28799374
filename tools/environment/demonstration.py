"""The database that a person clicks through."""

from .install_log import module_progress
from .layout import ADD_ON

PROBLEM = (
    f"{ADD_ON} could not be {{done}} in the database {{name}}.",
    "To begin with a new database: ./run reset (the old one is lost).",
)


class Demonstration:
    """A database with the add-on, kept up to date with its files."""

    def __init__(self, house, name=None, with_demo=True):
        self.house = house
        self.databases = house.databases
        self.with_demo = with_demo
        self.name = name or (ADD_ON if with_demo else f"{ADD_ON}_plain")
        self.digest = house.add_on.installation_digest(with_demo)

    def ready(self):
        """Make the database, or bring it up to date, if that is needed."""
        if not self.databases.exists(self.name):
            self._make()
        elif self.databases.digest(self.name) != self.digest:
            self._update()
        return self.name

    def remove(self):
        """Forget the database: the next start makes a new one."""
        self.databases.drop(self.name)

    def _make(self):
        template = self.house.templates.dependencies(self.with_demo).ready()
        unfinished = f"{self.name}_new"
        console = self.house.console
        with console.step(f"Installation of {ADD_ON}") as progress:
            self.databases.clone(template, unfinished)
            self._work_on(unfinished, "installed", progress, "-i", ADD_ON)
        with console.step("Scripts and styles of the pages") as progress:
            self.house.odoo.build_pages(unfinished, progress)
        self.databases.rename(unfinished, self.name)
        self.databases.mark(self.name, self.digest)

    def _update(self):
        with self.house.console.step(f"Update of {ADD_ON}") as progress:
            # A database that somebody brought may not have the add-on yet.
            options = ("-i", ADD_ON, "-u", ADD_ON)
            self._work_on(self.name, "updated", progress, *options)
            self.databases.mark(self.name, self.digest)

    def _work_on(self, database, done, progress, *options):
        problem, advice = PROBLEM
        demo = ["--with-demo"] if self.with_demo else []
        self.house.odoo.work_on(
            database,
            self.house.layout.log(done),
            problem.format(done=done, name=self.name),
            *(*options, *demo),
            advice=[advice],
            on_line=module_progress(progress),
        )

"""Run test files by pytest, each run on a database of its own."""

import json
import os
import subprocess
import time
from pathlib import Path

from .layout import ADD_ON
from .strict_report import REPORT

TOOLS = Path(__file__).parent.parent
PLUGIN = "environment.strict_pytest"
UNKNOWN_SECONDS = 5


class PytestRun:
    """One process of pytest."""

    def __init__(self, house, label, names):
        self.house = house
        self.label = label
        self.names = names
        self.work = house.layout.home / "tests"
        self.report = self.work / f"{label}.json"
        self.output = self.work / f"{label}.log"
        self.process = None

    def start(self, arguments, environment, hidden=False):
        """Start pytest; when ``hidden``, its output waits in a file."""
        self.work.mkdir(parents=True, exist_ok=True)
        self.report.unlink(missing_ok=True)
        output = self.output.open("w") if hidden else None
        self.process = subprocess.Popen(
            self._command(arguments),
            # Python imports from the folder it is started in: one without surprises.
            cwd=self.work,
            env={**environment, **self._own_environment()},
            stdout=output,
            stderr=subprocess.STDOUT if hidden else None,
        )

    def show(self):
        """Print the hidden output as it grows, until the process has ended."""
        with self.output.open() as output:
            while True:
                has_ended = self.process.poll() is not None
                print(output.read(), end="", flush=True)
                if has_ended:
                    return
                time.sleep(0.3)

    def finish(self, results):
        """Wait for the end and add what came out to ``results``."""
        status = self.process.wait()
        results.add_report(self.report, self.names, status)

    def _command(self, arguments):
        layout = self.house.layout
        words = [
            *(self.house.python.interpreter, "-m", "pytest", "-p", PLUGIN),
            *("-c", layout.checkout / "pyproject.toml"),
            *("-o", f"cache_dir={self.work / 'cache'}"),
            *arguments,
        ]
        return [str(word) for word in words]

    def _own_environment(self):
        return {
            "PYTHONPATH": str(TOOLS),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self.work / "hypothesis"),
            REPORT: str(self.report),
        }


class OdooRuns:
    """The add-on's tests, in as many processes as the machine has use for."""

    def __init__(self, house, suite):
        self.house = house
        self.suite = suite
        self.memory = house.layout.home / "seconds.json"

    def prepare(self, names):
        """Make the database that the tests run in copies of; return its name."""
        templates = self.house.templates
        opens_pages = self.suite.opens_pages(names)
        return (templates.pages() if opens_pages else templates.installed()).ready()

    def run(self, names, arguments, template, results):
        """Run the test files and add what comes out to ``results``."""
        groups = self._groups(names, arguments)
        runs = []
        try:
            for number, group in enumerate(groups):
                run = PytestRun(self.house, f"tests_{number + 1}", group)
                runs.append(run)
                self._start(run, template, arguments, hidden=number > 0)
            for number, run in enumerate(runs):
                if number > 0:
                    run.show()
                run.finish(results)
        finally:
            self._clean_up(runs)
        self._remember(results.seconds)

    def _start(self, run, template, arguments, hidden):
        database = _database_of(run)
        self.house.databases.clone(template, database)
        options = [
            f"--rootdir={self.suite.linked_folder}",
            f"--confcutdir={self.suite.linked_folder}",
            f"--odoo-config={self.house.layout.configuration}",
            f"--odoo-database={database}",
            "--odoo-http",
            "--odoo-extra=max-cron-threads=0",
        ]
        environment = {
            **self.house.odoo.hasty_environment,
            "CRM_PLAYBOOK_TEMPLATE_DB": template,
        }
        files = self.suite.paths(run.names)
        run.start([*options, *arguments, *files], environment, hidden)

    def _groups(self, names, arguments):
        """Two groups that take about as long, if there are cores and no dialogue."""
        is_dialogue = any(
            word.startswith(("--pdb", "--trace", "-s")) for word in arguments
        )
        if len(names) < 2 or (os.cpu_count() or 1) < 2 or is_dialogue:
            return [names]
        seconds = self._remembered()
        groups, loads = [[], []], [0, 0]
        for name in sorted(names, key=lambda name: -seconds.get(name, UNKNOWN_SECONDS)):
            lighter = loads.index(min(loads))
            groups[lighter].append(name)
            loads[lighter] += seconds.get(name, UNKNOWN_SECONDS)
        return groups

    def _clean_up(self, runs):
        for run in runs:
            if run.process and run.process.poll() is None:
                run.process.terminate()
                run.process.wait()
            self.house.databases.drop(_database_of(run))

    def _remembered(self):
        try:
            return json.loads(self.memory.read_text())
        except (OSError, ValueError):
            return {}

    def _remember(self, seconds):
        self.memory.write_text(json.dumps({**self._remembered(), **seconds}))


def drop_leftovers(databases):
    """Drop the databases of tests that were killed."""
    for name in databases.names(f"{ADD_ON}_tests_"):
        process = name.split("_")[-1]
        if not Path(f"/proc/{process}").exists():
            databases.drop(name)


def _database_of(run):
    return f"{ADD_ON}_{run.label}_{os.getpid()}"

"""The command ``./test``."""

import os

from .failure import Failure
from .house import House
from .linters import Linters
from .odoo_server import own_environment
from .pytest_runs import TOOLS, OdooRuns, PytestRun, drop_leftovers
from .results import Results
from .suite import Suite

HELP = """\
Check and test the add-on.

  ./test                       linters, then all tests
  ./test NAME ...              the tests of tests/test_NAME.py
  ./test NAME -k EXPRESSION    ... those whose names fit; other options of pytest
                               go after the names too (-x, --pdb, -vv, ...)
  ./test -k EXPRESSION         all test files, the tests whose names fit
  ./test lint                  only the linters, which need no database
  ./test tools                 only the tests of ./run and ./test themselves
  ./test --list                the names of the test files

Tests run in a fresh copy of a database with the add-on and without demonstration
data. It is installed anew only when a file changed that an installation reads.

What fails besides a failing test: a linter; an error in the log of the
installation, or a warning about this add-on, with and without demonstration data
(the former only by ./test without names); a test file that tests/__init__.py
does not import or in which no test is found; a skip whose reason pyproject.toml
does not allow.

environment of the tests and benchmarks:
  CRM_PLAYBOOK_TEMPLATE_DB     a database with the add-on, to copy (createdb -T)
  CRM_PLAYBOOK_ODOO            the words that start Odoo with its configuration
  CRM_PLAYBOOK_CONF, ODOO_RC   the path of odoo.conf
  PGHOST, PGPORT, PGUSER       the database server; its programs are on PATH
  CRM_PLAYBOOK_POSTGRES        the folder of the programs of a server of one's own
  CRM_PLAYBOOK_POSTGRES_OWNER  the words that run them as somebody who may

PostgreSQL goes on running afterwards (./run stop ends it), but not where CI is set.
"""


def main(words, checkout):
    """Do what the words after ``./test`` say; return the exit status."""
    names, options = _split(words)
    if {"-h", "--help"} & set(options):
        print(HELP)
        return 0
    house = House(checkout)
    if "--list" in options:
        return _list(house)
    results = Results()
    try:
        _run(house, names, options, results)
    except Failure as failure:
        results.check(str(failure), passed=False)
    finally:
        if os.environ.get("CI"):
            house.postgres.stop()
    return _tell(results)


def _run(house, names, options, results):
    if names == ["lint"]:
        with house.exclusive():
            house.prepare_python()
        _lint(house, results)
    elif names == ["tools"]:
        with house.exclusive():
            house.prepare_python()
        _test_tools(house, options, results)
    elif names:
        _test_add_on(house, names, options, results)
    else:
        _test_everything(house, options, results)


def _test_everything(house, options, results):
    with house.exclusive():
        house.prepare(with_browser=True)
    if not options:
        _lint(house, results)
        _test_tools(house, [], results)
        _check_demonstration(house, results)
    for name in Suite(house.layout).forgotten():
        results.check(f"{name}: tests/__init__.py does not import it", passed=False)
    _test_add_on(house, [], options, results)


def _lint(house, results):
    for name, passed in Linters(house).run().items():
        results.check(name, passed)


def _test_tools(house, options, results):
    folder = TOOLS / "tests"
    names = sorted(path.name for path in folder.glob("test_*.py"))
    run = PytestRun(house, "tools", names)
    places = [f"--rootdir={folder}", f"--confcutdir={folder}"]
    run.start(["-p", "no:odoo", *places, *options, folder], own_environment())
    run.finish(results)


def _check_demonstration(house, results):
    """Odoo only warns where demonstration data is wrong: here that is a failure."""
    try:
        with house.exclusive():
            house.templates.installed(with_demo=True).ready()
        results.check("demonstration data", passed=True)
    except Failure as failure:
        results.check(str(failure), passed=False)


def _test_add_on(house, words, options, results):
    suite = Suite(house.layout)
    names = suite.named(words) if words else suite.all()
    with house.exclusive():
        house.prepare(with_browser=suite.opens_pages(names))
        drop_leftovers(house.databases)
        runs = OdooRuns(house, suite)
        template = runs.prepare(names)
    runs.run(names, options, template, results)


def _list(house):
    for name in Suite(house.layout).all():
        print(name.removeprefix("test_").removesuffix(".py"))
    return 0


def _tell(results):
    for failure in results.failures:
        print(f"\nFAILED: {failure}")
    print(f"\n{results.summary()}", flush=True)
    return 0 if results.are_good() else 1


def _split(words):
    """The names in front, and the options from the first one on."""
    for place, word in enumerate(words):
        if word.startswith("-"):
            return words[:place], words[place:]
    return words, []

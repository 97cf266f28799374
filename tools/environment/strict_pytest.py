"""A pytest plugin that lets nothing pass by mistake and counts what happened.

It runs inside the tests, in the environment of Odoo: ``-p environment.strict_pytest``.
"""

import json
import os
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from .strict_report import REPORT

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ADVICE = "A skip must say why: pyproject.toml names the reasons that are allowed."


def pytest_configure(config):
    """Count, for whoever started these tests."""
    config.pluginmanager.register(Strictness(config.inipath), "strictness")


class Strictness:
    """Turns mistaken skips into failures and writes down what the tests gave."""

    def __init__(self, pyproject):
        settings = tomllib.loads(Path(pyproject).read_text(encoding="utf-8"))
        self.allowed = tuple(settings["tool"]["crm_playbook"]["allowed_skips"])
        self.outcomes = Counter()
        self.collected = Counter()
        self.seconds = defaultdict(float)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items):
        """Count the tests of each file before any is deselected."""
        self.collected.update(item.path.name for item in items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        """Let a skip fail, unless its reason is an allowed one."""
        report = yield
        if report.skipped and not hasattr(report, "wasxfail"):
            self._judge_skip(report)
        return report

    def pytest_runtest_logreport(self, report):
        """Count outcomes as pytest's own closing line does."""
        self.seconds[Path(report.location[0]).name] += report.duration
        if report.failed:
            self.outcomes["failed"] += 1
        elif _is_subtest(report):
            return
        elif report.skipped:
            self.outcomes["skipped"] += 1
        elif report.when == "call":
            self.outcomes["passed"] += 1

    def pytest_collectreport(self, report):
        """A file that cannot be collected is a failure too."""
        if report.failed:
            self.outcomes["failed"] += 1

    def pytest_sessionfinish(self):
        """Leave the counts to whoever started these tests."""
        if os.environ.get(REPORT):
            counts = {
                "outcomes": self.outcomes,
                "collected": self.collected,
                "seconds": self.seconds,
            }
            Path(os.environ[REPORT]).write_text(json.dumps(counts), encoding="utf-8")

    def _judge_skip(self, report):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not reason.startswith(self.allowed):
            report.outcome = "failed"
            report.longrepr = f"Skipped by mistake: {reason}\n{ADVICE}"


def _is_subtest(report):
    """A part of a test: it counts only if it fails."""
    return hasattr(report, "context")

"""Nothing passes by mistake, whatever pytest alone would say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from environment.results import Results
from environment.strict_report import REPORT

CHECKOUT = Path(__file__).parents[2]
TESTS = '''
import unittest


class TestSomething(unittest.TestCase):
    """What is to be judged."""

{body}
'''


@pytest.fixture
def outcome(tmp_path):
    """Run a test class with the given body and return its results."""

    def run(*lines):
        body = "\n".join(f"    {line}" for line in lines)
        (tmp_path / "test_something.py").write_text(TESTS.format(body=body))
        report = tmp_path / "report.json"
        status = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "environment.strict_pytest"),
                *("-p", "no:odoo", "-p", "no:cacheprovider"),
                *("-c", str(CHECKOUT / "pyproject.toml"), f"--rootdir={tmp_path}"),
                *(f"--confcutdir={tmp_path}", str(tmp_path / "test_something.py")),
            ],
            env={
                **os.environ,
                "PYTHONPATH": str(CHECKOUT / "tools"),
                REPORT: str(report),
            },
            cwd=tmp_path,
            capture_output=True,
            check=False,
        ).returncode
        results = Results()
        results.add_report(report, ["test_something.py"], status)
        return results.summary()

    return run


def test_passing_test_passes(outcome):
    assert outcome("def test_it(self): pass") == "1 passed, 0 failed"


def test_failing_test_fails(outcome):
    assert outcome("def test_it(self): self.fail()") == "0 passed, 1 failed"


def test_file_without_tests_fails(outcome):
    assert outcome("def helper(self): pass") == "0 passed, 1 failed"


def test_file_with_an_error_fails(outcome):
    assert outcome("import nothing_of_that_name") == "0 passed, 2 failed"


def test_error_in_the_set_up_fails(outcome):
    fails = "def setUp(self): raise ValueError"
    assert outcome(fails, "def test_it(self): pass") == "0 passed, 1 failed"


def test_skip_without_an_allowed_reason_fails(outcome):
    skip = "@unittest.skip('not today')"
    assert outcome(skip, "def test_it(self): pass") == "0 passed, 1 failed"


def test_skip_of_the_whole_class_fails(outcome):
    skip = "@classmethod", "def setUpClass(cls): raise unittest.SkipTest('no browser')"
    assert outcome(*skip, "def test_it(self): pass") == "0 passed, 1 failed"


def test_skip_with_an_allowed_reason_is_counted(outcome):
    skip = "@unittest.skip('real data absent: no file')"
    summary = outcome(
        skip, "def test_it(self): pass", "def test_other(self): self.assertTrue(1)"
    )
    assert summary == "1 passed, 0 failed, 1 skipped"


def test_failing_part_of_a_test_fails(outcome):
    parts = "def test_it(self):", "    with self.subTest(): self.fail()"
    assert outcome(*parts).endswith("1 failed")


def test_passing_parts_count_as_one_test(outcome):
    parts = "def test_it(self):", "    with self.subTest(): pass"
    assert outcome(*parts) == "1 passed, 0 failed"

"""A test file that Odoo would not run is found out."""

import pytest

from environment.failure import Failure
from environment.layout import Layout
from environment.suite import Suite


@pytest.fixture
def suite(tmp_path):
    """Two test files, one of which is not imported, and a helper."""
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "__init__.py").write_text("from . import test_known, common\n")
    (tests / "common.py").write_text("class Pages(HttpCase): pass\n")
    (tests / "test_known.py").write_text("from .common import Pages\n")
    (tests / "test_forgotten.py").write_text("import os\n")
    return Suite(Layout(tmp_path))


def test_file_that_is_not_imported_is_forgotten(suite):
    assert suite.forgotten() == ["test_forgotten.py"]


@pytest.mark.parametrize("word", ["known", "test_known", "tests/test_known.py"])
def test_file_may_be_named_in_several_ways(suite, word):
    assert suite.named([word]) == ["test_known.py"]


def test_unknown_name_is_answered_by_the_known_ones(suite):
    with pytest.raises(Failure, match="forgotten, known"):
        suite.named(["unknown"])


def test_browser_is_seen_through_a_helper(suite):
    assert suite.opens_pages(["test_known.py"])
    assert not suite.opens_pages(["test_forgotten.py"])

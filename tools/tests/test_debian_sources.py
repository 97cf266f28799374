"""Only the archives of the machine's own release are used."""

import pytest

from environment import debian_sources
from environment.failure import Failure

PARAGRAPHS = """\
Types: deb deb-src
URIs: https://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/example.gpg

Types: deb
URIs: https://third.example
Suites: nodistro
Components: main

Enabled: no
Types: deb
URIs: https://off.example
Suites: bookworm
Components: main
"""
LINES = """\
# deb https://comment.example bookworm main
deb [arch=amd64 signed-by=/k.gpg] https://line.example/debian bookworm main # why
deb-src https://source.example bookworm main
deb https://tool.example tool-bookworm main
"""


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """The apt folder of a machine that runs bookworm."""
    monkeypatch.setattr(debian_sources, "_codename", lambda: "bookworm")
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(LINES)
    (tmp_path / "sources.list.d/debian.sources").write_text(PARAGRAPHS)
    return tmp_path


def test_own_archives_are_found_and_others_left_out(apt):
    own = (
        "deb [signed-by=/usr/share/keyrings/example.gpg] https://mirror.example/debian"
    )
    assert [source.line() for source in debian_sources.own_sources(apt)] == [
        "deb [arch=amd64 signed-by=/k.gpg] https://line.example/debian bookworm main",
        f"{own} bookworm main contrib",
        f"{own} bookworm-updates main contrib",
    ]


def test_archive_of_the_release_itself_has_the_pool(apt):
    plain = [source.is_plain_release() for source in debian_sources.own_sources(apt)]
    assert plain == [True, True, False]


def test_machine_without_debian_archive_is_told_what_to_do(monkeypatch):
    monkeypatch.delenv(debian_sources.MIRROR, raising=False)
    monkeypatch.setattr(debian_sources, "own_sources", list)
    with pytest.raises(Failure, match=debian_sources.MIRROR):
        debian_sources.mirrors()


def test_mirror_may_be_given(monkeypatch):
    monkeypatch.setenv(debian_sources.MIRROR, "https://given.example/debian/")
    assert debian_sources.mirrors() == ["https://given.example/debian"]

"""The Debian archives this machine already trusts, read from its own apt."""

import os
import platform
import re
from pathlib import Path

from .failure import Failure

MIRROR = "CRM_PLAYBOOK_DEBIAN_MIRROR"
ROLLING = ("stable", "testing", "unstable", "sid")
ONE_LINE = re.compile(
    r"^deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<rest>.+)$"
)


class Source:
    """One archive: its address, suite, components and the options of its line."""

    def __init__(self, uri, suite, components, options=""):
        self.uri = uri.rstrip("/")
        self.suite = suite
        self.components = components
        self.options = options

    def line(self):
        """This archive in the one-line style of apt."""
        options = f"[{self.options}] " if self.options else ""
        return f"deb {options}{self.uri} {self.suite} {' '.join(self.components)}"

    def is_release_of(self, codename):
        """Whether this is the release itself, or its updates and security fixes."""
        release = re.split(r"[-/]", self.suite)[0]
        return release in (codename, *ROLLING) and "main" in self.components

    def is_plain_release(self):
        """Whether this is the release itself, whose archive has the whole pool."""
        return not re.search(r"[-/]", self.suite)


def own_sources(folder=Path("/etc/apt")):
    """The archives of the machine's own release; third parties are left out."""
    codename = _codename()
    found = [source for file in _files(folder) for source in _read(file)]
    return [source for source in found if source.is_release_of(codename)]


def mirrors():
    """The addresses that have the packages of Debian."""
    if os.environ.get(MIRROR):
        return [os.environ[MIRROR].rstrip("/")]
    plain = [source.uri for source in own_sources() if source.is_plain_release()]
    if not plain:
        raise Failure(
            "No Debian archive is named in the apt sources of this machine.",
            f"Give the address of a Debian mirror in {MIRROR},",
            "or give your own Odoo 19 in ODOO_PATH.",
        )
    return list(dict.fromkeys(plain))


def _codename():
    try:
        return platform.freedesktop_os_release().get("VERSION_CODENAME", "stable")
    except OSError:
        return "stable"


def _files(folder):
    parts = folder / "sources.list.d"
    return [
        folder / "sources.list",
        *sorted(parts.glob("*.list")),
        *sorted(parts.glob("*.sources")),
    ]


def _read(file):
    if not file.is_file():
        return []
    text = file.read_text(errors="replace")
    read = _paragraphs if file.suffix == ".sources" else _lines
    return list(read(text))


def _lines(text):
    for line in text.splitlines():
        found = ONE_LINE.match(line.split("#")[0].strip())
        if found:
            suite, *components = found["rest"].split()
            yield Source(found["uri"], suite, components, found["options"] or "")


def _paragraphs(text):
    for paragraph in re.split(r"\n\s*\n", text):
        fields = _fields(paragraph)
        is_used = fields.get("enabled", "yes").lower() not in ("no", "false", "0")
        if is_used and "deb" in fields.get("types", "").split():
            yield from _sources_of(fields)


def _sources_of(fields):
    keys = fields.get("signed-by", "").split()
    # A key that is written out in the paragraph itself cannot go on one line:
    # then apt uses the keys it trusts anyway.
    options = f"signed-by={','.join(keys)}" if keys and keys[0][:1] == "/" else ""
    for uri in fields.get("uris", "").split():
        for suite in fields.get("suites", "").split():
            yield Source(uri, suite, fields.get("components", "").split(), options)


def _fields(paragraph):
    fields, name = {}, None
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and name:
            fields[name] += f"\n{line.strip()}"
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields

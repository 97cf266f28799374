"""Odoo 19 itself: Debian's package, pinned and unpacked, or your own in ODOO_PATH."""

import os
import re
import shutil
from pathlib import Path

from . import debian_sources
from .debian_packages import PINS, Apt, Package, unpack
from .failure import Failure
from .stamps import Stamp

OWN_ODOO = "ODOO_PATH"
VERSION = "19.0"
# Debian removed this library, which only blurs the background of video calls, but
# the list of the backend's assets still names it: every page would log an error.
REMOVED_LIBRARY = (
    "mail/static/lib/selfie_segmentation/selfie_segmentation.js",
    "// Not in Debian's package: the blurred background of video calls is missing.\n",
)


class OdooSource:
    """The folder to import ``odoo`` from, downloaded once."""

    title = "Odoo 19"

    def __init__(self, layout):
        self.layout = layout
        self.own = os.environ.get(OWN_ODOO)
        self.stamp = Stamp(layout, "odoo", *_pins(), *REMOVED_LIBRARY)

    @property
    def import_path(self):
        """The folder that holds the package ``odoo``."""
        if self.own:
            return Path(self.own).expanduser().resolve()
        return self.layout.odoo / "usr/lib/python3/dist-packages"

    @property
    def addons_paths(self):
        """The folders of Odoo's own add-ons, as odoo.conf wants them."""
        inside, beside = self.import_path / "odoo/addons", self.import_path / "addons"
        return [inside] if (inside / "crm").is_dir() else [inside, beside]

    def identity(self):
        """A text that changes when Odoo does."""
        if self.own:
            release = self.import_path / "odoo/release.py"
            return f"{self.import_path} {release.read_text()}"
        return self.stamp.digest

    def is_ready(self):
        """Whether Odoo is there; an own one is checked each time."""
        if self.own:
            self._check_own()
            return True
        return self.stamp.is_fresh() and (self.import_path / "odoo").is_dir()

    def make(self, progress):
        """Download, verify and unpack the pinned packages."""
        self.stamp.remove()
        apt = Apt(self.layout)
        apt.prepare()
        files = apt.download(pinned_packages(), progress)
        shutil.rmtree(self.layout.odoo, ignore_errors=True)
        unpack(files, self.layout.odoo, progress)
        self._replace_removed_library()
        self.stamp.write()
        for file in files:
            file.unlink()

    def _replace_removed_library(self):
        name, content = REMOVED_LIBRARY
        stub = self.import_path / "odoo/addons" / name
        if not stub.exists():
            stub.parent.mkdir(parents=True, exist_ok=True)
            stub.write_text(content)

    def _check_own(self):
        release = self.import_path / "odoo/release.py"
        if not release.is_file():
            raise Failure(
                f"{OWN_ODOO} is {self.own}, but there is no odoo/release.py in it.",
                "Give the folder of a checkout of Odoo 19 (the one with odoo-bin),",
                "or the folder that Python imports odoo from.",
            )
        version = ".".join(_version_of(release.read_text()))
        if version != VERSION:
            raise Failure(
                f"{OWN_ODOO} is Odoo {version or 'of an unknown version'},"
                f" this add-on is for Odoo {VERSION}.",
                f"Give the folder of an Odoo {VERSION}, or leave {OWN_ODOO} out.",
            )


def pinned_packages():
    """The packages of the pin file, to be had from the machine's Debian mirror."""
    mirror = debian_sources.mirrors()[0]
    return [
        Package(f"{mirror}/{place}", size, f"SHA256:{checksum}")
        for checksum, size, place in map(str.split, _pins())
    ]


def _pins():
    lines = PINS.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _version_of(release):
    found = re.search(r"^version_info = \((\d+), (\d+)", release, re.MULTILINE)
    return found.groups() if found else ()

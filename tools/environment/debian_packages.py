"""Bring packages of Debian into a folder, by a private apt and without root.

Nothing is installed: packages are downloaded and unpacked. The lists, caches and
settings of this apt are its own; only what the machine trusts and the addresses
it uses are read from the system.
"""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

from . import debian_sources
from .commands import read, run_logged
from .failure import Failure
from .layout import ignores_system

PINS = Path(__file__).with_name("odoo_packages.txt")
APT_HELPER = Path("/usr/lib/apt/apt-helper")
SYSTEM_STATUS = Path("/var/lib/dpkg/status")
PASSED_OVER = re.compile(r"postgresql|libpq|chromium|fonts-")
URI_LINE = re.compile(r"^'(?P<uri>[^']+)' (?P<name>\S+) (?P<size>\d+) ?(?P<hash>\S*)")


class Package:
    """One file to download: where, how large, and what it must contain."""

    def __init__(self, uri, size, checksum):
        self.uri = uri
        self.size = int(size)
        self.checksum = checksum

    @property
    def title(self):
        """The name of the package."""
        return self.name.split("_")[0]

    @property
    def name(self):
        """The file name without the escapes of its address."""
        return unquote(self.uri.rsplit("/", 1)[-1])


class Apt:
    """A private apt that leaves the machine's own alone."""

    def __init__(self, layout):
        self.layout = layout
        self.folder = layout.apt
        self.environment = {
            **os.environ,
            "APT_CONFIG": str(self.folder / "apt.conf"),
            "LC_ALL": "C",
        }

    def prepare(self):
        """Write the settings of the private apt."""
        _require_apt()
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "apt.conf").write_text(self._settings())

    def closure(self, names, progress):
        """The packages that ``names`` need and this machine does not have."""
        self._update(progress)
        command = ["apt-get", "install", "--print-uris", "--yes", "--quiet=2"]
        printed = read(
            [*command, "--no-install-recommends", *names], env=self.environment
        )
        packages = [Package(*found) for found in _uris(printed)]
        if ignores_system():
            packages = _without_libraries_of_machine(packages)
        if not packages:
            raise Failure(
                f"apt finds no way to get {', '.join(names)}.",
                "Install them yourself (apt-get install) and run again.",
            )
        return packages

    def newest_name(self, pattern, progress):
        """The last, by number, of the package names that match ``pattern``."""
        self._update(progress)
        names = read(["apt-cache", "pkgnames"], env=self.environment).split()
        fitting = [name for name in names if re.fullmatch(pattern, name)]
        return max(fitting, key=_numbers, default=None)

    def download(self, packages, progress):
        """Download the packages, checked, and return their files."""
        folder = self.layout.downloads
        folder.mkdir(parents=True, exist_ok=True)
        _require_space(folder, sum(package.size for package in packages))
        total = len(packages)
        for number, package in enumerate(packages, start=1):
            progress.tell(f"downloading {number} of {total}: {_label(package)}")
            self._download_one(package, folder / package.name)
        return [folder / package.name for package in packages]

    def _download_one(self, package, file):
        if file.exists() and _matches(file, package.checksum):
            return
        partial = file.with_name(f"{file.name}.part")
        partial.unlink(missing_ok=True)
        run_logged(
            [APT_HELPER, "download-file", package.uri, partial, package.checksum],
            self.layout.log("apt"),
            f"{package.name} could not be downloaded, or is not what it should be.",
            "Check the network and run again: what is complete is kept.",
            "If the archive has it no more, give your own Odoo 19 in ODOO_PATH,"
            f" or newer packages in {PINS.name}.",
            env=self.environment,
        )
        if not _matches(partial, package.checksum):
            partial.unlink()
            raise checksum_mismatch(package)
        partial.replace(file)

    def _update(self, progress):
        self.prepare()
        if (self.folder / "updated").exists():
            return
        progress.tell("reading the package lists")
        sources = "\n".join(source.line() for source in debian_sources.own_sources())
        (self.folder / "sources.list").write_text(f"{sources}\n")
        run_logged(
            ["apt-get", "update"],
            self.layout.log("apt"),
            "The package lists of Debian could not be read.",
            "Check the network and the apt sources of this machine.",
            env=self.environment,
        )
        (self.folder / "updated").touch()

    def _settings(self):
        folder = self.folder
        return "\n".join(
            [
                *_network_settings(),
                'Dir::Etc::parts "/dev/null";',
                'Dir::Etc::main "/dev/null";',
                'Dir::Etc::preferences "/dev/null";',
                'Dir::Etc::preferencesparts "/dev/null";',
                'Dir::Etc::sourceparts "/dev/null";',
                f'Dir::Etc::sourcelist "{folder}/sources.list";',
                f'Dir::State "{folder}";',
                f'Dir::State::lists "{folder}/lists";',
                f'Dir::State::status "{self._status()}";',
                f'Dir::Cache "{folder}/cache";',
                f'Dir::Log "{folder}";',
                'Acquire::Languages "none";',
                'Acquire::Retries "3";',
                'Acquire::ForceHash "SHA256";',
                # The user _apt cannot enter a folder of somebody's own.
                'APT::Sandbox::User "";',
                'Debug::NoLocking "true";',
                "",
            ]
        )

    def _status(self):
        if SYSTEM_STATUS.exists() and not ignores_system():
            return SYSTEM_STATUS
        nothing = self.folder / "status"
        nothing.write_text("")
        return nothing


def unpack(files, folder, progress):
    """Unpack packages into ``folder``, which becomes a root of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(files, start=1):
        progress.tell(f"unpacking {number} of {len(files)}: {file.name}")
        done = subprocess.run(
            ["dpkg-deb", "--extract", file, folder],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failure(
                f"{file.name} could not be unpacked: {done.stderr.strip()}",
                "Check the free space of the disk and run again.",
            )


def checksum_mismatch(package):
    """The loud failure for a file that is not the pinned one."""
    return Failure(
        f"{package.name} is not the file that this project was tested with:"
        f" its checksum is not {package.checksum}.",
        "It was changed on the way or in the archive. Do not use it.",
        "Run again, or give your own Odoo 19 in ODOO_PATH.",
    )


def _matches(file, checksum):
    kind, _, expected = checksum.partition(":")
    digest = hashlib.new(kind.removesuffix("Sum"))
    with file.open("rb") as content:
        while block := content.read(1 << 20):
            digest.update(block)
    return digest.hexdigest() == expected


def _require_apt():
    if APT_HELPER.exists() and shutil.which("apt-get") and shutil.which("dpkg-deb"):
        return
    raise Failure(
        "This machine has no apt, from which Odoo and its helpers would be brought.",
        "Use Debian or one of its relatives, or have all three yourself:",
        "an Odoo 19 (its folder in ODOO_PATH), PostgreSQL and Chromium on PATH.",
    )


def _require_space(folder, size):
    free = shutil.disk_usage(folder).free
    # What is unpacked takes about ten times the room of its package (Odoo), and
    # the databases want some too.
    needed = size * 10 + (200 << 20)
    if free < needed:
        raise Failure(
            f"The disk of {folder} has {free >> 20} MB free;"
            f" {needed >> 20} are needed.",
            "Make room, or check the project out on a larger disk.",
        )


def _network_settings():
    """The machine's own proxies and time-outs."""
    dumped = read(["apt-config", "dump"]).splitlines()
    return [
        line
        for line in dumped
        if line.startswith("Acquire::") and "::IndexTargets" not in line
    ]


def _without_libraries_of_machine(packages):
    """Leave out what the machine has, except the programs that are passed over."""
    status = SYSTEM_STATUS.read_text(errors="replace") if SYSTEM_STATUS.exists() else ""
    present = set(re.findall(r"^Package: (\S+)$", status, re.MULTILINE))
    return [
        package
        for package in packages
        if package.title not in present or PASSED_OVER.match(package.title)
    ]


def _uris(printed):
    for line in printed.splitlines():
        found = URI_LINE.match(line)
        if found:
            yield found["uri"], found["size"], found["hash"]


def _numbers(name):
    return [int(number) for number in re.findall(r"\d+", name)]


def _label(package):
    return f"{package.title} ({max(1, package.size >> 20)} MB)"

"""The Python packages of Odoo and of the tests, from a lock with checksums."""

import importlib.util
import shutil
import sys
from pathlib import Path

from .commands import run_logged
from .debian_packages import Apt, unpack
from .failure import Failure
from .stamps import Stamp

LOCK = Path(__file__).with_name("requirements.lock")
PIP_IN_DEBIAN = "python3-pip-whl"
WHEELS = "usr/share/python-wheels"


class PythonEnvironment:
    """A virtual environment that imports the locked packages and Odoo."""

    title = "Python packages"

    def __init__(self, layout, odoo_source):
        self.layout = layout
        self.odoo_source = odoo_source
        self.stamp = Stamp(layout, "python", LOCK, sys.version, odoo_source.import_path)

    @property
    def interpreter(self):
        """The Python that runs Odoo."""
        return self.layout.python / "bin/python"

    def is_ready(self):
        """Whether the environment was made from this lock by this Python."""
        return self.stamp.is_fresh() and self.interpreter.exists()

    def make(self, progress):
        """Make the environment anew and install the lock into it."""
        self.stamp.remove()
        shutil.rmtree(self.layout.python, ignore_errors=True)
        pip = self._make_with_pip(progress)
        self._install(pip, progress)
        self._see_odoo()
        self.stamp.write()

    def _make_with_pip(self, progress):
        has_pip = importlib.util.find_spec("ensurepip") is not None
        options = [] if has_pip else ["--without-pip"]
        run_logged(
            [sys.executable, "-m", "venv", *options, self.layout.python],
            self.layout.log("python"),
            "The virtual environment of Python could not be made.",
            "Check that this Python has its module venv.",
        )
        if has_pip:
            return [self.interpreter, "-m", "pip"]
        return [self.interpreter, self._pip_of_debian(progress) / "pip"]

    def _pip_of_debian(self, progress):
        """A wheel of pip can be run as it is: no need to install it."""
        apt = Apt(self.layout)
        packages = [
            package
            for package in apt.closure([PIP_IN_DEBIAN], progress)
            if package.name.startswith(PIP_IN_DEBIAN)
        ]
        unpack(apt.download(packages, progress), self.layout.system, progress)
        wheels = sorted((self.layout.system / WHEELS).glob("pip-*.whl"))
        if not wheels:
            raise Failure(
                "This Python has no pip.",
                "Install it (apt-get install python3-venv) and run again.",
            )
        return wheels[-1]

    def _install(self, pip, progress):
        # The lock is complete, so nothing is resolved: pip would miss docopt, which
        # is no wheel and which only the command line of num2words wants.
        run_logged(
            [
                *(*pip, "install", "--no-deps", "--no-input", "--progress-bar", "off"),
                *("--disable-pip-version-check", "--only-binary", ":all:"),
                *("--require-hashes", "--requirement", LOCK),
            ],
            self.layout.log("python"),
            "The Python packages could not be installed.",
            "Check the network and run again: what is complete is kept by pip.",
            "A checksum that does not match means the file is not the tested one.",
            on_line=_Count(progress),
        )

    def _see_odoo(self):
        packages = next(self.layout.python.glob("lib/python3*/site-packages"))
        (packages / "odoo.pth").write_text(f"{self.odoo_source.import_path}\n")


class _Count:
    """Tell the progress of pip from the lines it prints."""

    def __init__(self, progress):
        self.progress = progress
        self.collected = 0
        self.total = LOCK.read_text().count("==")

    def __call__(self, line):
        if line.startswith(("Collecting", "Ignoring")):
            self.collected += 1
            self.progress.tell(f"{self.collected} of {self.total}")
        elif line.startswith("Installing"):
            self.progress.tell("unpacking all of them")

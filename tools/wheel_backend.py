"""Build the wheel from a folder that bears the add-on's name.

whool, which does the work, takes the name of an add-on from its folder. A checkout
may be called anything, so the add-on is copied under its own name first.
"""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from whool import buildapi

ADD_ON = "crm_playbook"
CHECKOUT = Path(__file__).resolve().parent.parent
NOT_PACKAGED = shutil.ignore_patterns(
    *(".*", "__pycache__", "*.pyc", "benchmarks", "build", "dist", "docs", "tools"),
    *("run", "test"),
)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Build the wheel into ``wheel_directory`` and return its file name."""
    target = Path(wheel_directory).resolve()
    target.mkdir(parents=True, exist_ok=True)
    with _copy_under_its_name():
        return buildapi.build_wheel(str(target), config_settings, metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    """There is no other source distribution than the repository itself."""
    raise NotImplementedError("Build the wheel, or copy the repository.")


@contextmanager
def _copy_under_its_name():
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / ADD_ON
        shutil.copytree(CHECKOUT, copy, ignore=NOT_PACKAGED)
        os.chdir(copy)
        try:
            yield
        finally:
            os.chdir(before)

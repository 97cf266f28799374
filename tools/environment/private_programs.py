"""Let unpacked programs find the libraries that were unpacked with them."""

import os
import shlex


def library_environment(layout):
    """The environment in which programs of ``.odoo/system`` run."""
    own = [str(folder) for folder in _library_folders(layout)]
    inherited = os.environ.get("LD_LIBRARY_PATH")
    return {"LD_LIBRARY_PATH": ":".join(own + ([inherited] if inherited else []))}


def wrapper(program, environment):
    """A script that runs ``program`` in its own environment, so that ours stays."""
    settings = [f"{name}={value}" for name, value in sorted(environment.items())]
    words = ["env", *settings, str(program)] if settings else [str(program)]
    return f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n'


def write_program(path, text):
    """Write an executable file, unless it is there already."""
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def _library_folders(layout):
    patterns = ("usr/lib/*-linux-gnu", "lib/*-linux-gnu", "usr/lib/*-linux-gnu/*")
    found = [path for pattern in patterns for path in layout.system.glob(pattern)]
    return [path for path in found if any(path.glob("*.so*"))]

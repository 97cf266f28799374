"""What the add-on is made of: its dependencies and the files that matter."""

import ast
from pathlib import Path

from .failure import Failure
from .stamps import digest_of

BESIDE_THE_INSTALLATION = {"tests", "docs", "benchmarks", "tools", "readme"}
# Odoo reads these when a page asks for them: no need to install again.
READ_BY_PAGES = ("static/src", "static/tests")


class AddOn:
    """The add-on of the checkout."""

    def __init__(self, layout):
        self.checkout = layout.checkout

    @property
    def manifest(self):
        """The manifest as a dictionary."""
        try:
            return ast.literal_eval((self.checkout / "__manifest__.py").read_text())
        except (OSError, SyntaxError, ValueError) as error:
            raise Failure(f"The manifest cannot be read: {error}") from error

    @property
    def dependencies(self):
        """The names of the add-ons it builds on."""
        return self.manifest["depends"]

    def installation_digest(self, with_demo):
        """Changes with every file that an installation reads."""
        passed_over = READ_BY_PAGES if with_demo else (*READ_BY_PAGES, "demo")
        return digest_of(*self._parts(passed_over))

    def page_digest(self):
        """Changes with every file that a page reads."""
        return digest_of(*self._parts(("static/tests",)))

    def _parts(self, passed_over):
        for path in sorted(self._files()):
            name = path.relative_to(self.checkout).as_posix()
            if not name.startswith(tuple(f"{folder}/" for folder in passed_over)):
                yield from (name, path)

    def _files(self):
        for entry in self.checkout.iterdir():
            if entry.name in BESIDE_THE_INSTALLATION or entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from (path for path in entry.rglob("*") if _counts(path))
            elif entry.suffix == ".py":
                yield entry


def _counts(path: Path):
    return path.is_file() and "__pycache__" not in path.parts

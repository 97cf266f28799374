"""The linters: ruff for Python, pylint-odoo for what is particular to Odoo."""

import shutil
import subprocess

from .layout import ADD_ON

UNCHECKED = {".git", ".odoo", ".ci", "tools", "build", "dist"}


class Linters:
    """Each linter is a check that passes or fails."""

    def __init__(self, house):
        self.house = house
        self.checkout = house.layout.checkout
        self.programs = house.layout.python / "bin"

    def run(self):
        """Run all linters; tell of each by name whether it passed."""
        return {
            "ruff check": self._ruff("check"),
            "ruff format": self._ruff("format", "--check"),
            "pylint-odoo": self._pylint_odoo(),
        }

    def _ruff(self, *words):
        words = (*words, "--output-format", "concise", ".")
        return self._passes(self.programs / "ruff", *words, cwd=self.checkout)

    def _pylint_odoo(self):
        """Check a copy under the add-on's name: pylint looks through symbolic links."""
        folder = self.house.layout.home / "lint"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(
            self.checkout, folder / ADD_ON, ignore=self._unchecked, symlinks=True
        )
        rules = f"--rcfile={self.checkout / 'pyproject.toml'}"
        return self._passes(self.programs / "pylint", ADD_ON, rules, cwd=folder)

    def _unchecked(self, folder, names):
        return UNCHECKED & set(names) if folder == str(self.checkout) else set()

    def _passes(self, *command, cwd):
        words = [str(word) for word in command]
        with self.house.console.step(f"{command[0].name} {words[1]}"):
            done = subprocess.run(
                words,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        if done.returncode:
            print(done.stdout, flush=True)
        return done.returncode == 0

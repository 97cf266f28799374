"""Chromium for the browser tests, with fonts, under the name that Odoo looks for."""

import shutil
from pathlib import Path

from .debian_packages import Apt, unpack
from .layout import ignores_system
from .private_programs import library_environment, wrapper, write_program

# Odoo looks for these, in this order; ours stands under both, first on PATH.
NAMES_ON_MACHINE = ("google-chrome", "chromium", "chromium-browser")
NAMES_FOR_ODOO = ("google-chrome", "chromium")
PACKAGE = "chromium"
FONT_PACKAGES = ("fonts-dejavu-core", "fonts-liberation")
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>{system}/usr/share/fonts</dir>
  <cachedir>{home}/cache/fontconfig</cachedir>
  <include ignore_missing="yes">{rules}/30-metric-aliases.conf</include>
  <include ignore_missing="yes">{rules}/45-latin.conf</include>
  <include ignore_missing="yes">{rules}/60-latin.conf</include>
</fontconfig>
"""


class Browser:
    """The machine's Chromium or Chrome, or else Debian's, unpacked."""

    title = "Chromium"

    def __init__(self, layout):
        self.layout = layout
        self.fonts_file = layout.home / "fonts.conf"

    def is_ready(self):
        """Whether Odoo's tests will find a browser that can write."""
        program = self._program()
        if program is None or not self._has_fonts():
            return False
        script = self._wrapper(program)
        return all(_is_written(path, script) for path in self._scripts())

    def make(self, progress):
        """Download what the machine lacks and put the browser on the path."""
        missing = self._missing_packages()
        if missing:
            apt = Apt(self.layout)
            files = apt.download(apt.closure(missing, progress), progress)
            unpack(files, self.layout.system, progress)
        self.write_fonts_file()
        for path in self._scripts():
            write_program(path, self._wrapper(self._program()))

    def _missing_packages(self):
        browser = [] if self._program() else [PACKAGE]
        return browser + self.missing_fonts()

    def _program(self):
        on_machine = None if ignores_system() else _on_machine(self.layout.programs)
        private = self.layout.system / "usr/lib/chromium/chromium"
        return on_machine or (private if private.exists() else None)

    def _has_fonts(self):
        return _machine_has_fonts() or _holds_fonts(
            self.layout.system / "usr/share/fonts"
        )

    def _scripts(self):
        return [self.layout.programs / name for name in NAMES_FOR_ODOO]

    def _wrapper(self, program):
        environment = {}
        if self.layout.system in program.parents:
            environment.update(library_environment(self.layout))
        if self.layout.system in program.parents:
            environment["FONTCONFIG_FILE"] = str(self.fonts_file)
        return wrapper(program, environment | self.font_environment())

    def missing_fonts(self):
        """The packages of fonts, where there is nothing to write with."""
        return [] if self._has_fonts() else list(FONT_PACKAGES)

    def font_environment(self):
        """What makes a program find our fonts, where the machine has none."""
        if _machine_has_fonts():
            return {}
        return {"FONTCONFIG_FILE": str(self.fonts_file)}

    def write_fonts_file(self):
        """Say where fonts are."""
        self.fonts_file.write_text(
            FONTS.format(
                home=self.layout.home,
                system=self.layout.system,
                rules=self.layout.system / "usr/share/fontconfig/conf.avail",
            )
        )


def _on_machine(own_programs):
    for name in NAMES_ON_MACHINE:
        found = shutil.which(name)
        if found and Path(found).parent != own_programs:
            return Path(found)
    return None


def _machine_has_fonts():
    return not ignores_system() and _holds_fonts(Path("/usr/share/fonts"))


def _holds_fonts(folder):
    return any(any(folder.rglob(f"*.{kind}")) for kind in ("ttf", "otf"))


def _is_written(path, text):
    return path.exists() and path.read_text() == text

"""wkhtmltopdf, by which Odoo makes PDFs: the machine's, or else Debian's, unpacked."""

import shutil
from pathlib import Path

from .debian_packages import Apt, unpack
from .layout import ignores_system
from .private_programs import library_environment, wrapper, write_program

NAME = "wkhtmltopdf"


class Printer:
    """Odoo looks for the program on the path when it starts."""

    title = "wkhtmltopdf"

    def __init__(self, layout, browser):
        self.layout = layout
        self.browser = browser
        self.script = layout.programs / NAME
        self.private = layout.system / "usr/bin" / NAME

    def is_ready(self):
        """Whether Odoo will find the program."""
        return bool(self._on_machine()) or (
            self.private.exists()
            and self.script.exists()
            and self.script.read_text() == self._wrapper()
        )

    def make(self, progress):
        """Download the program with its libraries and put it on the path."""
        if not self.private.exists():
            apt = Apt(self.layout)
            missing = [NAME, *self.browser.missing_fonts()]
            files = apt.download(apt.closure(missing, progress), progress)
            unpack(files, self.layout.system, progress)
        self.browser.write_fonts_file()
        write_program(self.script, self._wrapper())

    def _on_machine(self):
        found = None if ignores_system() else shutil.which(NAME)
        return found and Path(found).parent != self.layout.programs

    def _wrapper(self):
        """It draws without a screen, with the fonts that the browser has."""
        return wrapper(
            self.private,
            {
                **library_environment(self.layout),
                **self.browser.font_environment(),
                "QT_QPA_PLATFORM": "offscreen",
                "QT_PLUGIN_PATH": ":".join(map(str, self._plugins())),
            },
        )

    def _plugins(self):
        return sorted(self.layout.system.glob("usr/lib/*-linux-gnu/qt5/plugins"))

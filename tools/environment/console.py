"""What a person sees while the environment is made."""

import sys
import threading
import time
from contextlib import contextmanager

HEARTBEAT_SECONDS = 15


class Console:
    """Numbered steps with their progress and the time they took."""

    def __init__(self, output=None):
        self.output = output or sys.stderr
        self.is_terminal = self.output.isatty()

    def say(self, text=""):
        """Print a line."""
        self.output.write(f"{text}\n")
        self.output.flush()

    def make(self, steps):
        """Make those of the steps that are not ready yet, one after the other."""
        waiting = [step for step in steps if not step.is_ready()]
        for number, step in enumerate(waiting, start=1):
            with self.step(f"{number}/{len(waiting)} {step.title}") as progress:
                step.make(progress)

    @contextmanager
    def step(self, title):
        """Show that a long step goes on, how far it is, and how long it took."""
        progress = Progress(self, title)
        with progress.shown():
            yield progress


class Progress:
    """The state of one step, told by the step and shown at a steady pace."""

    def __init__(self, console, title):
        self.console = console
        self.title = title
        self.detail = ""
        self.started = time.monotonic()
        self._finished = threading.Event()

    def tell(self, detail):
        """Say how far the step is."""
        self.detail = detail

    @contextmanager
    def shown(self):
        """Repeat the line of this step until its work is done."""
        ticker = threading.Thread(target=self._repeat, daemon=True)
        if not self.console.is_terminal:
            self.console.say(f"{self.title} ...")
        ticker.start()
        try:
            yield
        except BaseException:
            self._finish(ticker, "failed after ")
            raise
        self._finish(ticker)

    def _repeat(self):
        pause = 0.5 if self.console.is_terminal else HEARTBEAT_SECONDS
        while not self._finished.wait(pause):
            self._draw(f"{self.title} ... {self._elapsed()} {self.detail}".rstrip())

    def _finish(self, ticker, outcome=""):
        self._finished.set()
        ticker.join()
        self._draw(f"{self.title} ... {outcome}{self._elapsed()}", end="\n")

    def _elapsed(self):
        return f"{time.monotonic() - self.started:.0f} s"

    def _draw(self, line, end=""):
        if self.console.is_terminal:
            self.console.output.write(f"\r\033[K{line[:100]}{end}")
            self.console.output.flush()
        else:
            self.console.say(line)

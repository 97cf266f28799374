"""Two runs at once must not make the same thing."""

import fcntl
from contextlib import contextmanager


@contextmanager
def exclusive(path, console):
    """Hold the lock file ``path``; wait, and say so, while another run holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        _take(file, console)
        yield


def _take(file, console):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        console.say("Another run is preparing the environment: waiting for it ...")
        fcntl.flock(file, fcntl.LOCK_EX)

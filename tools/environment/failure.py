"""The one exception that a person is meant to read."""


class Failure(Exception):
    """Something stands in the way: what it is and what to do about it."""

    def __init__(self, problem, *advice):
        super().__init__(problem)
        self.problem = problem
        self.advice = advice

    def __str__(self):
        return "\n".join([self.problem, *(f"  -> {line}" for line in self.advice)])


def tail(path, lines=15):
    """The last lines of a log, indented, to show inside a failure."""
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

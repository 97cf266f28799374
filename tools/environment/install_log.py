"""What Odoo's log tells about an installation."""

import re

from .layout import ADD_ON

RECORD = re.compile(
    r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ "
    r"(?P<level>[A-Z]+) (?P<database>\S+) (?P<logger>\S+): "
)
LOADING = re.compile(r"Loading module (?P<name>\S+) \((?P<number>\d+)/(?P<total>\d+)\)")


def complaints(log):
    """The errors of an installation, and the warnings that concern the add-on."""
    return [record for record in _records(log) if _is_complaint(record)]


def module_progress(progress):
    """A listener that tells how many add-ons are loaded."""

    def listen(line):
        found = LOADING.search(line)
        if found:
            progress.tell(f"{found['number']} of {found['total']} add-ons")

    return listen


def _records(log):
    """The records of a log, each with the lines that belong to it."""
    record = []
    for line in log.splitlines():
        if RECORD.match(line) and record:
            yield "\n".join(record)
            record = []
        record.append(line)
    if record:
        yield "\n".join(record)


def _is_complaint(record):
    found = RECORD.match(record)
    if not found:
        return False
    if found["level"] in ("ERROR", "CRITICAL"):
        return True
    return found["level"] == "WARNING" and _concerns_add_on(record, found)


def _concerns_add_on(record, found):
    # The name of the database is of our making and says nothing.
    return ADD_ON in found["logger"] or ADD_ON in record[found.end() :]

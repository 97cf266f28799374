"""What checks and tests gave, added up."""

import json
from collections import Counter

MEANINGS = {
    2: "was interrupted, by a signal or by an error while it looked for tests",
    3: "failed itself",
    4: "does not understand its options",
}


class Results:
    """Counts of passes, failures and skips, with the failures that pytest omits."""

    def __init__(self):
        self.counts = Counter()
        self.seconds = {}
        self.failures = []

    def check(self, name, passed):
        """Count a check that is no test."""
        self.counts["passed" if passed else "failed"] += 1
        if not passed:
            self.failures.append(name)

    def add_report(self, path, names, status):
        """Add what pytest reported on the files ``names``, and their omissions."""
        report = _read(path)
        self.counts.update(report["outcomes"])
        self.seconds.update(report["seconds"])
        silent = [name for name in names if not report["collected"].get(name)]
        for name in silent:
            self.check(f"{name}: no test in it was found", passed=False)
        # Tests that failed are counted above; anything else that is wrong is not.
        if status not in (0, 1, 5) and not report["outcomes"].get("failed"):
            told = MEANINGS.get(status, f"ended with the status {status}")
            self.check(f"pytest {told}", passed=False)

    def are_good(self):
        """Whether something was checked and nothing failed."""
        return self.counts["passed"] > 0 and self.counts["failed"] == 0

    def summary(self):
        """The closing line."""
        line = f"{self.counts['passed']} passed, {self.counts['failed']} failed"
        skipped = self.counts["skipped"]
        return f"{line}, {skipped} skipped" if skipped else line


def _read(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {"outcomes": {}, "collected": {}, "seconds": {}}

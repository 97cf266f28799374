"""Remember what a finished step was made from, to make it again when that changes."""

import hashlib
from pathlib import Path


def digest_of(*parts):
    """One digest of texts and of the contents of files."""
    digest = hashlib.sha256()
    for part in parts:
        content = _content(part)
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()


def _content(part):
    if isinstance(part, Path) and part.is_file():
        return part.read_bytes()
    return str(part).encode()


class Stamp:
    """A small file written as the very last act of a step."""

    def __init__(self, layout, name, *parts):
        self.path = layout.stamps / name
        self.digest = digest_of(layout.home, *parts)

    def is_fresh(self):
        """Whether the step was finished from just these parts."""
        return self.path.exists() and self.path.read_text() == self.digest

    def write(self):
        """Declare the step finished."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".new")
        temporary.write_text(self.digest)
        temporary.replace(self.path)

    def remove(self):
        """Declare the step unfinished."""
        self.path.unlink(missing_ok=True)

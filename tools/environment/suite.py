"""The test files of the add-on, and whether Odoo would find each of them."""

import ast

from .failure import Failure


class Suite:
    """The folder ``tests`` of the add-on."""

    def __init__(self, layout):
        self.folder = layout.checkout / "tests"
        self.linked_folder = layout.add_on / "tests"

    def all(self):
        """The names of all test files."""
        return sorted(path.name for path in self.folder.glob("test_*.py"))

    def named(self, words):
        """The names of the files that a person means by ``words``."""
        return [self._named(word) for word in words]

    def paths(self, names):
        """Where pytest finds the files, under the add-on's own name."""
        return [self.linked_folder / name for name in names]

    def opens_pages(self, names):
        """Whether a test among the files, or a helper of theirs, asks for pages."""
        return any("HttpCase" in source for source in self._sources(names))

    def forgotten(self):
        """The test files that ``tests/__init__.py`` does not import."""
        imported = _imported((self.folder / "__init__.py").read_text())
        return [name for name in self.all() if name.removesuffix(".py") not in imported]

    def _sources(self, names):
        """The sources of the files and of what they import from this folder."""
        seen, waiting = set(), list(names)
        while waiting:
            name = waiting.pop()
            path = self.folder / name
            if name in seen or not path.is_file():
                continue
            seen.add(name)
            source = path.read_text()
            waiting.extend(f"{module}.py" for module in _imported(source))
            yield source

    def _named(self, word):
        stem = word.rsplit("/", 1)[-1].removesuffix(".py")
        for name in (f"test_{stem}.py", f"{stem}.py"):
            if (self.folder / name).is_file():
                return name
        known = ", ".join(name[5:-3] for name in self.all())
        raise Failure(f"There is no tests/test_{stem}.py.", f"Choose one: {known}.")


def _imported(source):
    """The modules of its own folder that a source imports."""
    imports = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.level == 1
    ]
    from_folder = {alias.name for node in imports for alias in node.names}
    return from_folder | {node.module for node in imports if node.module}

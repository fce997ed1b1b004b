"""What the code of a file imports, by its text alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def imports_of(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the whole name of everything that a file imports, also in functions.

    That of ``from a.b import c`` is ``a.b.c``, be c a module or something in one.

    Raises
    ------
    AssertionError
        For a relative import, of which the whole name cannot be told from the text alone.
    """
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                raise AssertionError(f"{file}, line {node.lineno}: import by the whole name")
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)

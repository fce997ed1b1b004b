"""The order of the packages: what lies below knows nothing of what lies above."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "colorizer"
# From the ground up. A package imports from floors below, and on its own floor from those that
# stand before it.
FLOORS = (
    ("common", "color", "images"),
    ("data", "fetch", "prepare", "networks"),
    ("training", "inference", "evaluation", "figures"),
    ("predictors",),
    ("photo", "video"),
    ("web", "cli"),
)
ORDER = [package for floor in FLOORS for package in floor]


def imports_of(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the package of everything that a module imports from this project."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.ImportFrom(module="colorizer"):
                names = [f"colorizer.{alias.name}" for alias in node.names]
            case ast.ImportFrom(module=str(module)):
                names = [module]
            case ast.Import():
                names = [alias.name for alias in node.names]
            case _:
                continue
        for name in names:
            first, *rest = name.split(".")
            if first == "colorizer" and rest:
                yield node.lineno, rest[0]


@pytest.mark.parametrize("package", ORDER)
def test_package_imports_from_what_stands_before_it_alone(package: str) -> None:
    allowed = set(ORDER[: ORDER.index(package) + 1])
    wrong = [
        f"{file.relative_to(SOURCE)}, line {line}: {package} must not import from {imported}"
        for file in sorted((SOURCE / package).rglob("*.py"))
        for line, imported in imports_of(file)
        if imported not in allowed
    ]
    assert not wrong, "\n".join(wrong)


def test_every_package_has_its_floor() -> None:
    packages = {file.parent.name for file in SOURCE.glob("*/__init__.py")}
    assert packages == set(ORDER)

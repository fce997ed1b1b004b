"""The order of the packages: what lies below knows nothing of what lies above."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.import_helpers import imports_of

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


def packages_imported_by(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the package of everything that a module imports from this project."""
    for line, name in imports_of(file):
        first, *rest = name.split(".")
        if first == "colorizer" and rest:
            yield line, rest[0]


def wrong_imports(source: Path, package: str) -> list[str]:
    """Return what a package imports though it must not know it, a line each."""
    allowed = set(ORDER[: ORDER.index(package) + 1])
    return [
        f"{file.relative_to(source)}, line {line}: {package} must not import from {imported}"
        for file in sorted((source / package).rglob("*.py"))
        for line, imported in dict.fromkeys(packages_imported_by(file))
        if imported not in allowed
    ]


@pytest.mark.parametrize("package", ORDER)
def test_package_imports_from_what_stands_before_it_alone(package: str) -> None:
    wrong = wrong_imports(SOURCE, package)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "line",
    [
        "from colorizer import web",
        "from colorizer.web import app",
        "from colorizer.web.app import build_app",
        "import colorizer.web.app as app",
        "def later() -> None:\n    from colorizer.web.app import build_app",
    ],
)
def test_import_from_above_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "color").mkdir()
    (tmp_path / "color" / "icc.py").write_text(f"from colorizer.common import files\n{line}\n")
    number = 2 + line.count("\n")
    named = f"color/icc.py, line {number}: color must not import from web"
    assert wrong_imports(tmp_path, "color") == [named]


def test_relative_import_is_refused(tmp_path: Path) -> None:
    (tmp_path / "color").mkdir()
    (tmp_path / "color" / "icc.py").write_text("from ..web import app\n")
    with pytest.raises(AssertionError, match=r"icc\.py, line 1: import by the whole name"):
        wrong_imports(tmp_path, "color")


@pytest.mark.parametrize("package", ORDER)
def test_package_says_in_three_lines_what_it_is_for(package: str) -> None:
    text = ast.get_docstring(ast.parse((SOURCE / package / "__init__.py").read_text()))
    assert text is not None
    purpose, blank, who, limits = text.split("\n")
    assert purpose.endswith(".")
    assert not blank
    assert who.endswith(".")
    assert limits.startswith("It must not ")


def test_every_package_has_its_floor() -> None:
    packages = {file.parent.name for file in SOURCE.glob("*/__init__.py")}
    assert packages == set(ORDER)

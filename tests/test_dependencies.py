"""What the code imports is declared in pyproject.toml, not left to what other packages need."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.import_helpers import imports_of

REPOSITORY = Path(__file__).resolve().parent.parent
OWN = {"benchmarks", "colorizer", "stages", "tests", "tools"}


@cache
def distributions() -> Mapping[str, Sequence[str]]:
    """Return the distributions that bring each package; to find them takes a second."""
    return packages_distributions()


@cache
def imported(folder: str) -> Mapping[str, Path]:
    """Return the top-level packages that the code of a folder imports, and a file that does."""
    found = {
        name.partition(".")[0]: file
        for file in sorted((REPOSITORY / folder).rglob("*.py"))
        for _, name in imports_of(file)
    }
    known = OWN | sys.stdlib_module_names | {"_typeshed"}  # a type checker's own
    return {name: file for name, file in found.items() if name not in known}


def normalized(name: str) -> str:
    """Return the name of a distribution as PEP 503 spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*extras: str) -> set[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in extras for line in optional[extra])]
    names = [re.match(r"[\w.-]+", line) for line in lines]
    return {normalized(name.group()) for name in names if name}


def undeclared(packages: Mapping[str, Path], names: set[str]) -> dict[str, Path]:
    return {
        package: file
        for package, file in packages.items()
        # An optional package that is not installed goes by its own name.
        if not {normalized(name) for name in distributions().get(package, [package])} & names
    }


def test_what_the_package_and_the_stages_import_is_declared() -> None:
    extras = ("cluster", "export", "heic", "train", "video", "web")
    assert undeclared(imported("src"), declared(*extras)) == {}
    assert undeclared(imported("stages"), declared("train")) == {}


def test_what_is_declared_for_everybody_is_imported() -> None:
    names = {name for package in imported("src") for name in distributions().get(package, [])}
    assert declared() <= {normalized(name) for name in names}


def test_what_tests_benchmarks_and_tools_import_is_declared() -> None:
    names = declared("cluster", "dev", "export", "heic", "s3", "train", "video", "web")
    for folder in ("tests", "benchmarks", "tools"):
        assert undeclared(imported(folder), names) == {}

"""dvc.yaml declares what the stages really use, so that a change reruns what it must."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from colorizer.networks.files import GENERAL
from colorizer.networks.registry import NETWORKS
from tests.import_helpers import imports_of

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCE = REPOSITORY / "src"
STAGES: dict[str, Any] = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"]


def imported_modules(file: Path) -> set[Path]:
    """Return the modules of this project that ``file`` imports, directly or not."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        for module in _modules_in(waiting.pop()):
            if module not in found:
                found.add(module)
                waiting.append(module)
    return found


def _modules_in(file: Path) -> Iterator[Path]:
    for _, name in imports_of(file):
        # What is imported is a module, or something in one.
        for module in (name, name.rpartition(".")[0]):
            path = SOURCE / f"{module.replace('.', '/')}.py"
            if path.is_file():
                yield path


def declared_code(stage: str) -> list[Path]:
    """Return the modules and packages of this project that a stage declares."""
    return [REPOSITORY / dep for dep in STAGES[stage]["deps"] if dep.startswith("src/")]


@pytest.mark.parametrize("stage", STAGES)
def test_imported_modules_are_declared(stage: str) -> None:
    imported = imported_modules(REPOSITORY / "stages" / f"{stage}.py")
    if GENERAL.with_name("files.py") in imported:  # it says where the general network is
        imported.add(GENERAL)
    declared = declared_code(stage)
    missing = {module for module in imported if not {module, *module.parents} & {*declared}}
    assert not missing


@pytest.mark.parametrize("stage", STAGES)
def test_declared_code_is_imported(stage: str) -> None:
    imported = imported_modules(REPOSITORY / "stages" / f"{stage}.py")
    for dep in declared_code(stage):
        modules = {*dep.glob("*.py")} - {dep / "__init__.py"} if dep.is_dir() else {dep}
        # Of a package that a stage hardly uses it names modules, not to rerun for nothing.
        assert len(modules & imported) >= len(modules) / 2, dep


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_depends_on_its_own_script(stage: str) -> None:
    scripts = {dep for dep in STAGES[stage]["deps"] if dep.startswith("stages/")}
    assert scripts == {"stages/__init__.py", f"stages/{stage}.py"}


@pytest.mark.parametrize(
    "package",
    sorted((SOURCE / "colorizer").glob("*/__init__.py")),
    ids=lambda file: file.parent.name,
)
def test_packages_hold_no_code_that_stages_would_have_to_declare(package: Path) -> None:
    body = ast.parse(package.read_text()).body
    assert len(body) == 1
    assert ast.get_docstring(ast.Module(body=body, type_ignores=[]))


def test_importing_the_project_itself_runs_nothing_that_stages_would_have_to_declare() -> None:
    code = "import sys, colorizer; print(*{name for name in sys.modules if 'colorizer' in name})"

    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert {*found.stdout.split()} == {"colorizer", "colorizer.api"}


# Where work is done: what is made is the same, so that a change of it reruns nothing.
PLACES = {"launcher", "device", "devices", "scheduler", "workspace"}
# What only one of the stages that share a block makes something of.
NOT_FOR = {"evaluate": {"predict.panels"}}


@pytest.mark.parametrize("stage", STAGES)
def test_declared_parameters_are_those_read(stage: str) -> None:
    shipped = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    read = blocks_read_by(stage)
    assert read <= set(shipped)
    expected = set()
    for block in read - PLACES:
        if not isinstance(shipped[block], dict):
            expected.add(block)
            continue
        keys = {f"{block}.{'${model}' if key in NETWORKS else key}" for key in shipped[block]}
        left_out = {f"{block}.{place}" for place in PLACES} | NOT_FOR.get(stage, set())
        expected |= keys - left_out if keys & left_out else {block}
    assert set(STAGES[stage]["params"]) == expected


@pytest.mark.parametrize(("stage", "keys"), NOT_FOR.items())
def test_parameters_that_a_stage_leaves_out_are_not_read_by_it(stage: str, keys: set[str]) -> None:
    modules = imported_modules(REPOSITORY / "stages" / f"{stage}.py")
    for file in [REPOSITORY / "stages" / f"{stage}.py", *modules]:
        if file.suffix != ".py":
            continue
        attributes = {
            node.attr
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Attribute)
        }
        assert not {key.partition(".")[2] for key in keys} & attributes, file


def blocks_read_by(stage: str) -> set[str]:
    """Return the attributes of load_params() that a stage's script uses."""
    tree = ast.parse((REPOSITORY / "stages" / f"{stage}.py").read_text())
    # params = load_params(), or load_params().block at once.
    names = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_load_params(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (
            _is_load_params(node.value)
            or (isinstance(node.value, ast.Name) and node.value.id in names)
        )
    }


def _is_load_params(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "load_params"
    )


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_says_what_it_does_in_one_line(stage: str) -> None:
    assert 10 < len(STAGES[stage]["desc"]) < 100
    assert "\n" not in STAGES[stage]["desc"]


def test_metrics_and_csv_plots_stay_in_git() -> None:
    for stage in STAGES.values():
        for output in [*stage["outs"], *stage.get("metrics", [])]:
            path, options = (
                next(iter(output.items())) if isinstance(output, dict) else (output, {})
            )
            in_git = path.endswith((".json", ".csv"))
            assert options.get("cache", True) is not in_git, path


def test_no_output_outlives_its_stage() -> None:
    # `persist: true` would leak one experiment's weights into the next.
    assert "persist" not in (REPOSITORY / "dvc.yaml").read_text()

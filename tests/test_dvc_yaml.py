"""dvc.yaml declares what the stages really use, so that a change reruns what it must."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from colorizer.network_files import GENERAL

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCE = REPOSITORY / "src"
NETWORK_FILES = "src/colorizer/network_files.py"
STAGES: dict[str, Any] = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"]


def imported_modules(file: Path) -> set[str]:
    """Return the modules of this project that ``file`` imports, directly or not, as paths."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        for module in _modules_in(waiting.pop()):
            if module not in found:
                found.add(module)
                waiting.append(module)
    return {module.relative_to(REPOSITORY).as_posix() for module in found}


def _modules_in(file: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports are not followed here"
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        paths = ((SOURCE / Path(*name.split("."))).with_suffix(".py") for name in names)
        yield from (path for path in paths if path.is_file())


@pytest.mark.parametrize("stage", STAGES)
def test_declared_modules_are_those_imported(stage: str) -> None:
    declared = {dep for dep in STAGES[stage]["deps"] if dep.startswith("src/")}
    imported = imported_modules(REPOSITORY / "stages" / f"{stage}.py")
    if NETWORK_FILES in imported:  # it says where the general network is
        imported.add(GENERAL.relative_to(REPOSITORY).as_posix())
    assert declared == imported


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_depends_on_its_own_script(stage: str) -> None:
    scripts = {dep for dep in STAGES[stage]["deps"] if dep.startswith("stages/")}
    assert scripts == {"stages/__init__.py", f"stages/{stage}.py"}


@pytest.mark.parametrize(
    "package", ["src/colorizer/__init__.py", "src/colorizer/models/__init__.py"]
)
def test_packages_hold_no_code_that_stages_would_have_to_declare(package: str) -> None:
    body = ast.parse((REPOSITORY / package).read_text()).body
    assert len(body) == 1
    assert ast.get_docstring(ast.Module(body=body, type_ignores=[]))


# What each stage reads of params.yaml: the attributes of load_params() that its script uses.
@pytest.mark.parametrize("stage", STAGES)
def test_declared_parameters_are_those_read(stage: str) -> None:
    blocks = set(yaml.safe_load((REPOSITORY / "params.yaml").read_text()))
    tree = ast.parse((REPOSITORY / "stages" / f"{stage}.py").read_text())
    # params = load_params(), or load_params().block at once.
    names = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_load_params(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    read = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (
            _is_load_params(node.value)
            or (isinstance(node.value, ast.Name) and node.value.id in names)
        )
    }
    assert read <= blocks
    assert set(STAGES[stage]["params"]) == read


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

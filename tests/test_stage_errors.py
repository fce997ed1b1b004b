"""Mistakes of users, as they see them: one line, no traceback, nothing half-done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from colorizer.manifest import write_manifest
from tests.conftest import PARAMS_FILE, REPOSITORY
from tests.data_helpers import colorful, write_zip

HEADER = "error: "


def set_params(folder: Path, **changes: Any) -> None:
    """Write the shipped parameters to a folder; ``fetch__folder`` stands for fetch.folder."""
    content = yaml.safe_load(PARAMS_FILE.read_text(encoding="utf-8"))
    for key, value in changes.items():
        *blocks, last = key.split("__")
        block = content
        for name in blocks:
            block = block[name]
        block[last] = value
    (folder / "params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def error_of(stage: str, folder: Path) -> str:
    """Run a stage in a folder where it must fail, and return what it says last."""
    run = subprocess.run(
        [sys.executable, "-m", f"stages.{stage}"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    last = run.stderr.splitlines()[-1]
    assert last.startswith(HEADER)
    return last.removeprefix(HEADER)


def test_stage_run_elsewhere(tmp_path: Path) -> None:
    assert error_of("fetch", tmp_path) == (
        "params.yaml not found: run from the repository's top folder"
    )


def test_params_that_are_no_yaml(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("seed: [1\nepochs: 2\n")

    error = error_of("fetch", tmp_path)

    assert error.startswith("params.yaml is not valid YAML: ")
    assert 'in "params.yaml", line 2' in error


def test_mistyped_parameter(tmp_path: Path) -> None:
    set_params(tmp_path, prepare__sise=64)

    assert error_of("fetch", tmp_path) == (
        "unknown parameter prepare.sise; the nearest known one is prepare.size"
    )


def test_folder_without_photographs(tmp_path: Path) -> None:
    set_params(tmp_path, dataset="folder", fetch__folder="mine")
    (tmp_path / "mine").mkdir()

    assert error_of("fetch", tmp_path).startswith("no photograph in mine: ")
    assert list((tmp_path / "data").iterdir()) == []


def test_archive_that_is_damaged_in_the_middle(tmp_path: Path) -> None:
    set_params(tmp_path, dataset="archive", fetch__archive="a.zip")
    archive = write_zip(tmp_path / "a.zip", {"a.jpg": b"x", "b.jpg": b"content"})
    archive.write_bytes(archive.read_bytes().replace(b"content", b"damaged"))

    assert error_of("fetch", tmp_path).startswith("archive a.zip cannot be read: Bad CRC-32 ")
    assert list((tmp_path / "data").iterdir()) == []


def test_prepare_before_fetch(tmp_path: Path) -> None:
    set_params(tmp_path)

    assert error_of("prepare", tmp_path) == (
        "data/raw/manifest.csv not found; fetch photographs with: dvc repro fetch"
    )


def test_too_few_photographs(tmp_path: Path) -> None:
    set_params(tmp_path)
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    colorful(1).save(raw / "a.jpg")
    write_manifest(raw)

    assert error_of("prepare", tmp_path).startswith(
        "too few photographs are left to train, validate and test on: 1 of 1 "
    )
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["raw"]
    assert not (tmp_path / "metrics").exists()

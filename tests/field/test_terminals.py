"""Names that a terminal cannot show: openpreserve/jpylyzer#103, nmap/nmap#2822."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(folder: Path, encoding: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "colorizer", *words],
        cwd=folder,
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("ascii", "東京.png"), ("cp1252", "東京.png"), ("utf-8", os.fsdecode(b"caf\xe9.png"))],
)
def test_photograph_is_named_as_far_as_that_can_be_shown(
    tmp_path: Path, encoding: str, name: str
) -> None:
    for file in (name, f"{Path(name).stem}_color.png"):
        (tmp_path / file).touch()

    done = run(tmp_path, encoding, "photo", name)

    assert done.returncode == 0, done.stderr
    assert b"_color.png is there already" in done.stdout


def test_error_names_a_file_as_far_as_that_can_be_shown(tmp_path: Path) -> None:
    failed = run(tmp_path, "ascii", "photo", "東京.png")

    assert failed.returncode == 1
    assert b"Traceback" not in failed.stderr
    assert b"there is no such file" in failed.stderr

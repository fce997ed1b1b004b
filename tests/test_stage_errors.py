"""Mistakes of users, as they see them: one line, no traceback, nothing half-done."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import save_file

from colorizer.common.errors import run_stage
from colorizer.data.manifest import write_manifest
from tests.conftest import PARAMS_FILE, REPOSITORY
from tests.data_helpers import colorful, save_photographs, tree, write_tar, write_zip
from tests.network_helpers import noise, repeatable, write_shards
from tests.process_helpers import paths

pytestmark = pytest.mark.usefixtures("signal_handlers")

HEADER = "error: "
# Runs a command where data/ is a disk of $1 KiB, with what data/ held before; then lists it.
SMALL_DISK = """
size=$1 listing=$2
shift 2
mv data before && mkdir data && mount -t tmpfs -o size=${size}k none data || exit 77
cp -r before/. data
"$@"
status=$?
(cd data && find . -type f -o -name '.*.*') > "$listing"
exit $status
"""
# No process may write a file of more than 8 blocks of 512 bytes, or of 1024 in some shells.
SMALL_FILES = 'ulimit -f 8; exec "$@"'


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
    """Run a stage in a folder where it must fail, and return what it says."""
    with contextlib.chdir(folder), repeatable(0), pytest.raises(SystemExit) as ended:
        run_stage(import_module(f"stages.{stage}").main)
    error = str(ended.value.code)
    assert error.startswith(HEADER)
    return error.removeprefix(HEADER)


def error_of_process(stage: str, folder: Path, within: Sequence[str] = ()) -> str:
    """Run a stage in a process of its own, where it must fail, and return what it says last.

    ``within`` is a command that takes another one as its last arguments, and runs it.
    """
    run = subprocess.run(
        [*within, sys.executable, "-m", f"stages.{stage}"],
        cwd=folder,
        env=os.environ | paths(REPOSITORY),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    assert "Traceback" not in run.stderr
    # On a slow machine, joblib's tracker of temporary files has a word to say about a full disk.
    told = [line for line in run.stderr.splitlines() if "resource_tracker" not in line]
    last = told[-1]
    assert last.startswith(HEADER)
    return last.removeprefix(HEADER)


@pytest.mark.parametrize(
    ("stage", "told"), [("fetch", error_of_process), ("train", error_of)], ids=["fetch", "train"]
)
def test_stage_run_elsewhere(tmp_path: Path, stage: str, told: Callable[[str, Path], str]) -> None:
    assert told(stage, tmp_path) == "params.yaml not found: run from the repository's top folder"


def test_params_that_are_no_yaml(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("seed: [1\nepochs: 2\n")

    error = error_of("fetch", tmp_path)

    assert error.startswith("params.yaml is not valid YAML: ")
    assert 'in "params.yaml", line 2' in error


@pytest.mark.parametrize(
    ("stage", "parameter", "message"),
    [
        ("fetch", "epoch", "unknown parameter epoch; the nearest known one is epochs"),
        ("prepare", "prepare__sise", "unknown parameter prepare.sise; the nearest known one is "),
        ("train", "train__vnet", "unknown parameter train.vnet; the nearest known one is "),
        ("evaluate", "evaluate__rank", "unknown parameter evaluate.rank; the nearest known one "),
    ],
)
def test_mistyped_parameter(tmp_path: Path, stage: str, parameter: str, message: str) -> None:
    set_params(tmp_path, **{parameter: 64})

    assert error_of(stage, tmp_path).startswith(message)


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


def test_predict_before_train(tmp_path: Path) -> None:
    set_params(tmp_path)
    prepared = tmp_path / "data" / "prepared"
    for split in ("train", "test"):
        write_shards(prepared, noise(1, 32), split)

    assert error_of("predict", tmp_path) == (
        "checkpoint data/checkpoints/model.safetensors not found; train one with: dvc repro train"
    )
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["prepared"]
    assert not (tmp_path / "metrics").exists()


def test_predict_with_a_network_of_an_older_version(tmp_path: Path) -> None:
    set_params(tmp_path)
    for split in ("train", "test"):
        write_shards(tmp_path / "data" / "prepared", noise(1, 32), split)
    checkpoint = tmp_path / "data" / "checkpoints" / "model.safetensors"
    checkpoint.parent.mkdir()
    about = {"colorizer": '{"version": "1", "model": "unet", "size": 32}'}
    save_file({"weight": torch.zeros(1)}, checkpoint, metadata=about)

    assert error_of("predict", tmp_path) == (
        "checkpoint data/checkpoints/model.safetensors holds the network 'unet' in version '1'; "
        "this code reads version '4'. Train anew with: dvc repro train"
    )


def small_disk(kib: int, listing: Path) -> list[str]:
    """Return the command that runs another one where ``data`` is a small disk.

    The files on it at the end, and hidden folders, are listed in ``listing``.
    """
    own_mounts = ["unshare", "--map-root-user", "--mount"]
    mount = ["sh", "-c", "mount -t tmpfs none /mnt"]
    if shutil.which("unshare") is None or subprocess.run([*own_mounts, *mount]).returncode:
        pytest.skip("this system lets nobody but root mount a disk, or has no unshare")
    return [*own_mounts, "sh", "-c", SMALL_DISK, "sh", str(kib), str(listing)]


def large_photographs(folder: Path, count: int) -> None:
    """Write files of 10 KB that cannot be packed, and are no photographs but by name."""
    noise = random.Random(1)  # noqa: S311  no secret
    for number in range(count):
        (folder / f"{number}.jpg").write_bytes(noise.randbytes(10_000))


def fill(folder: Path, source: str) -> None:
    """Set a folder up to fetch 20 files of 10 KB, from a folder or an archive."""
    (folder / "data").mkdir()
    photographs = folder / "photographs"
    photographs.mkdir()
    large_photographs(photographs, 20)
    if source == "folder":
        set_params(folder, dataset="folder", fetch__folder="photographs")
        return
    writer = {"zip": write_zip, "tar": write_tar}[source]
    writer(folder / "archive", tree(photographs))
    set_params(folder, dataset="archive", fetch__archive="archive")


@pytest.mark.parametrize("source", ["folder", "zip", "tar"])
def test_fetch_on_a_full_disk(tmp_path: Path, source: str) -> None:
    fill(tmp_path, source)

    error = error_of_process("fetch", tmp_path, small_disk(100, tmp_path / "listing"))

    assert error == (
        "no space left on the disk that holds data/raw; free some space there and run again"
    )
    assert (tmp_path / "listing").read_text() == ""


@pytest.mark.parametrize("source", ["folder", "zip", "tar"])
def test_fetch_of_files_larger_than_allowed(tmp_path: Path, source: str) -> None:
    fill(tmp_path, source)
    (tmp_path / "data" / "raw").mkdir()
    (tmp_path / "data" / "raw" / "old.jpg").write_text("old")

    error = error_of_process("fetch", tmp_path, ["sh", "-c", SMALL_FILES, "sh"])

    assert error.startswith("a file of data/raw is larger than its disk or `ulimit -f` allows; ")
    assert tree(tmp_path / "data") == {"raw/old.jpg": b"old"}


def ready_to_prepare(folder: Path) -> dict[str, bytes]:
    """Set a folder up for prepare, with an older result; return what data holds."""
    set_params(folder, prepare__orientation="any", prepare__min_chroma=0)
    raw = folder / "data" / "raw"
    save_photographs(raw, 24)
    write_manifest(raw)
    prepared = folder / "data" / "prepared"
    prepared.mkdir()
    (prepared / "index.csv").write_text("old")
    return tree(folder / "data")


def test_prepare_on_a_full_disk(tmp_path: Path) -> None:
    before = ready_to_prepare(tmp_path)

    # Enough for the photographs, which come to some 30 KB, not for 24 squares of 48 KB.
    error = error_of_process("prepare", tmp_path, small_disk(700, tmp_path / "listing"))

    assert error == (
        "no space left on the disk that holds data/prepared; free some space there and run again"
    )
    listing = (tmp_path / "listing").read_text().split()
    assert sorted(listing) == sorted(f"./{name}" for name in before)


def test_prepare_of_files_larger_than_allowed(tmp_path: Path) -> None:
    before = ready_to_prepare(tmp_path)

    error = error_of_process("prepare", tmp_path, ["sh", "-c", SMALL_FILES, "sh"])

    assert error.startswith("a file of data/prepared is larger than its disk or `ulimit -f` ")
    assert tree(tmp_path / "data") == before


def test_missing_rights(tmp_path: Path) -> None:
    set_params(tmp_path, dataset="archive", fetch__archive="archive.zip")
    (tmp_path / "archive.zip").touch(mode=0o000)
    if os.access(tmp_path / "archive.zip", os.R_OK):
        pytest.skip("whoever runs this may read everything")

    assert error_of("fetch", tmp_path) == (
        "no right to read or write archive.zip; change its rights or its owner and run again"
    )


def test_size_that_the_network_cannot_take(tmp_path: Path) -> None:
    for split in ("train", "val"):
        write_shards(tmp_path / "data" / "prepared", noise(1, 48), split)
    set_params(tmp_path)

    assert error_of("train", tmp_path) == "prepare.size must be a multiple of 32 for unet, got 48"
    assert not (tmp_path / "data" / "checkpoints").exists()

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from colorizer.cli.main import main
from colorizer.common.extras import how_to_install
from colorizer.common.interrupts import SIGNALS
from colorizer.networks.checkpoint import save_checkpoint
from colorizer.networks.registry import build
from tests.data_helpers import tree
from tests.network_helpers import repeatable, vividness_of
from tests.video_helpers import chroma_in, frames_in, grain, luma_in, write_clip

from colorizer.video.write import ClipWriter  # isort: skip

CHECKPOINT = Path("data/checkpoints/model.safetensors")


@pytest.fixture(autouse=True)
def as_before(signal_handlers: None) -> Iterator[None]:
    """Leave torch and signals as they were."""
    with repeatable(0):
        yield


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a checkpoint and a clip."""
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    CHECKPOINT.parent.mkdir(parents=True)
    save_checkpoint(CHECKPOINT, "simple_ae", 32, build("simple_ae").state_dict(), vividness_of())
    write_clip(Path("clip.mkv"), grain(1) * 5, sounds=["aac"])
    return tmp_path


def run(*words: str) -> None:
    named = () if "--checkpoint" in words else ("--checkpoint", str(CHECKPOINT))
    main(["video", *words, *named])


def status_of(*words: str) -> object:
    with pytest.raises(SystemExit) as ended:
        run(*words)
    return ended.value.code


def test_clip_is_written_beside_itself(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(project)

    run("clip.mkv")

    out, err = capsys.readouterr()
    assert out == "clip_color.mp4\n"
    assert err.startswith(f"network: {CHECKPOINT}\n")
    assert "colour: 100%" in err
    assert "5/5" in err
    made = tree(project)
    del made["clip_color.mp4"]
    assert made == before
    assert len(frames_in(Path("clip_color.mp4"))) == 5
    assert abs(chroma_in(Path("clip_color.mp4"))).mean() > 1


def test_output_may_be_a_file_or_a_folder() -> None:
    Path("folder").mkdir()
    run("clip.mkv", "-o", "new/out.mov")
    run("clip.mkv", "-o", "folder")

    assert len(frames_in(Path("new/out.mov"))) == 5
    assert len(frames_in(Path("folder/clip_color.mp4"))) == 5


def test_nothing_is_overwritten_unasked() -> None:
    Path("clip_color.mp4").write_bytes(b"mine")

    assert status_of("clip.mkv") == (
        "error: clip_color.mp4 is there already; --overwrite replaces it"
    )
    assert Path("clip_color.mp4").read_bytes() == b"mine"
    run("clip.mkv", "--overwrite")
    assert len(frames_in(Path("clip_color.mp4"))) == 5


def test_clip_is_not_replaced_by_its_copy() -> None:
    assert status_of("clip.mkv", "-o", "clip.mkv", "--overwrite") == (
        "error: clip.mkv would be replaced by its coloured copy"
    )


def test_quality_counts() -> None:
    run("clip.mkv", "-o", "best.mp4", "--crf", "0")
    run("clip.mkv", "-o", "worst.mp4", "--crf", "45")

    clip = luma_in(Path("clip.mkv"))
    np.testing.assert_array_equal(luma_in(Path("best.mp4")), clip)
    assert abs(luma_in(Path("worst.mp4")) - clip).mean() > 0.5


@pytest.mark.parametrize("number", SIGNALS)
def test_interrupt_leaves_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = tree(project)
    write = ClipWriter.write

    def interrupted(self: ClipWriter, *arguments: Any) -> None:
        write(self, *arguments)
        os.kill(os.getpid(), number)

    monkeypatch.setattr(ClipWriter, "write", interrupted)

    assert status_of("clip.mkv") == 130
    assert tree(project) == before


def test_full_disk_leaves_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(project)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ClipWriter, "write", full)

    status = status_of("clip.mkv")
    assert str(status).startswith("error: no space left on the disk that holds clip_color.mp4; ")
    assert tree(project) == before


def test_what_is_lost_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    write_clip(Path("odd.mkv"), grain(2, (65, 47)), codec="ffv1")

    run("odd.mkv")

    assert "note: odd.mkv: odd size: " in capsys.readouterr().err


def test_damaged_clip_is_colored_if_asked_for() -> None:
    write_clip(Path("clip.mkv"), grain(40), options={})
    content = Path("clip.mkv").read_bytes()
    Path("clip.mkv").write_bytes(content[: len(content) // 2])

    assert str(status_of("clip.mkv")).startswith("error: clip.mkv is damaged: ")
    assert not Path("clip_color.mp4").exists()
    run("clip.mkv", "--damaged")
    assert frames_in(Path("clip_color.mp4"))


def test_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colorizer.common.extras.find_spec", lambda name: None)

    assert status_of("clip.mkv") == (f"error: av, torch not installed: {how_to_install('video')}")
    assert status_of("none.mkv") == "error: none.mkv: there is no such file"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["none.mp4"], "none.mp4: there is no such file"),
        (["clip.mkv", "-o", "out.avi"], "out.avi: clips are written as .mp4, "),
        (["clip.mkv", "--checkpoint", "none"], "checkpoint none not found; "),
        (["clip.mkv", "--saturation", "-1"], "the saturation must be "),
        ([str(CHECKPOINT)], f"{CHECKPOINT} cannot be read as a clip: "),
    ],
)
def test_mistakes_are_told(words: list[str], error: str) -> None:
    assert str(status_of(*words)).startswith(f"error: {error}")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["clip.mkv", "--smoothing", "-1"],
        ["clip.mkv", "--smoothing", "nan"],
        ["clip.mkv", "--crf", "99"],
    ],
)
def test_wrong_call_ends_with_status_2(words: list[str]) -> None:
    assert status_of(*words) == 2

from __future__ import annotations

import errno
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from colorizer.common.interrupts import SIGNALS
from colorizer.training.recovery import KEPT_FILES, Recovery
from colorizer.training.training_state import State, pack

pytestmark = pytest.mark.usefixtures("signal_handlers")

FINGERPRINT = "ab" * 32
STATE = State(epoch=3, tensors={"weight": torch.ones(5)}, record={"rows": []})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".resume"


@pytest.fixture
def recovery(folder: Path) -> Recovery:
    return Recovery(folder, FINGERPRINT)


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / f"{FINGERPRINT}.safetensors"


def loaded_epoch(recovery: Recovery) -> int:
    state = recovery.load()
    return state.epoch if state is not None else 0


def test_nothing_is_there_at_first(recovery: Recovery, folder: Path) -> None:
    assert recovery.load() is None
    assert not folder.exists()


def test_what_was_saved_last_is_loaded_and_lies_alone(
    recovery: Recovery, folder: Path, file: Path
) -> None:
    recovery.save(STATE)
    recovery.save(replace(STATE, epoch=4))
    assert loaded_epoch(Recovery(folder, FINGERPRINT)) == 4
    assert list(folder.iterdir()) == [file]


def test_another_training_does_not_see_it(recovery: Recovery, folder: Path) -> None:
    recovery.save(STATE)
    other = Recovery(folder, "cd" * 32)
    assert other.load() is None
    other.save(replace(STATE, epoch=9))
    other.remove()
    assert loaded_epoch(recovery) == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is truncated or not a recovery state"),
        (pack(STATE, FINGERPRINT)[:-1], "it is truncated or not a recovery state"),
        (pack(STATE, FINGERPRINT)[:-1] + b"x", "its content does not match its SHA-256"),
        (pack(STATE, "cd" * 32), "it belongs to another training run"),
    ],
    ids=["empty", "truncated", "damaged", "foreign"],
)
def test_what_cannot_be_used_is_told_in_a_line_and_removed(
    recovery: Recovery,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
    reason: str,
) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    assert recovery.load() is None
    (line,) = capsys.readouterr().err.splitlines()
    start = f"warning: recovery state {file} is ignored, and training starts anew: {reason}"
    assert line.startswith(start)
    assert not file.exists()


def test_folder_in_its_place_is_told_and_removed(
    recovery: Recovery, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file / "inside").mkdir(parents=True)
    assert recovery.load() is None
    assert "Is a directory" in capsys.readouterr().err
    assert not file.exists()
    recovery.save(STATE)
    assert loaded_epoch(recovery) == 3


def test_file_without_rights_is_told_and_removed(
    recovery: Recovery,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    recovery.save(STATE)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert recovery.load() is None
    assert "Permission denied" in capsys.readouterr().err
    assert not file.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
def test_save_that_fails_is_a_warning_and_keeps_the_state_before(
    recovery: Recovery,
    folder: Path,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
) -> None:
    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    recovery.save(STATE)
    monkeypatch.setattr(Path, "write_bytes", full)
    recovery.save(replace(STATE, epoch=4))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: training continues, but epoch 4 cannot be recovered: ")
    monkeypatch.undo()
    assert loaded_epoch(recovery) == 3
    assert list(folder.iterdir()) == [file]


def test_folder_that_cannot_be_made_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".resume").write_text("a file")
    recovery = Recovery(tmp_path / ".resume", FINGERPRINT)
    recovery.save(STATE)
    assert "epoch 3 cannot be recovered" in capsys.readouterr().err
    assert recovery.load() is None


def test_content_is_on_disk_before_its_name_and_the_name_before_save_returns(
    recovery: Recovery, folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace_ = os.fsync, Path.replace

    def synced(number: int) -> None:
        steps.append("folder" if os.path.isdir(number) else "content")
        sync(number)

    def replaced(path: Path, target: Path) -> Path:
        steps.append("name")
        return replace_(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    recovery.save(STATE)
    assert steps == ["content", "name", "folder"]


def test_power_cut_before_the_new_name_leaves_the_state_before(
    recovery: Recovery, folder: Path, file: Path
) -> None:
    recovery.save(STATE)
    child = os.fork()
    if child == 0:  # what dies here runs no clean-up
        Path.replace = lambda *_: os._exit(1)  # type: ignore[method-assign]
        recovery.save(replace(STATE, epoch=4))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert len(list(folder.iterdir())) == 3  # the state, what is half-written, and its lock
    assert loaded_epoch(recovery) == 3
    recovery.save(replace(STATE, epoch=4))
    assert list(folder.iterdir()) == [file]
    assert loaded_epoch(recovery) == 4


def test_only_the_newest_are_kept_and_leavings_of_killed_runs_grow_old(folder: Path) -> None:
    folder.mkdir()
    for age, name in enumerate(["new", "newish", "old", ".left.1234.partial"], start=1):
        (folder / name).mkdir() if name.endswith("partial") else (folder / name).touch()
        os.utime(folder / name, (10**9 - age, 10**9 - age))
    Recovery(folder, FINGERPRINT).save(STATE)
    kept = {f"{FINGERPRINT}.safetensors", "new", "newish"}
    assert {path.name for path in folder.iterdir()} == kept
    assert len(kept) == KEPT_FILES


class TestBlock:
    def test_that_ends_well_removes_the_state_and_an_empty_folder(
        self, recovery: Recovery, folder: Path
    ) -> None:
        with recovery:
            recovery.save(STATE)
        assert not folder.exists()

    def test_leaves_the_states_of_others(self, recovery: Recovery, folder: Path) -> None:
        other = Recovery(folder, "cd" * 32)
        other.save(STATE)
        with recovery:
            recovery.save(STATE)
        assert loaded_epoch(other) == 3
        assert len(list(folder.iterdir())) == 1

    def test_cannot_be_stopped_once_it_has_ended(self, recovery: Recovery) -> None:
        with recovery:
            pass
        assert {signal.getsignal(number) for number in SIGNALS} == {signal.SIG_IGN}

    @staticmethod
    def run(recovery: Recovery, saves: int, error: BaseException) -> None:
        with recovery:
            for _ in range(saves):
                recovery.save(STATE)
            raise error

    def test_that_fails_keeps_the_state(self, recovery: Recovery) -> None:
        with pytest.raises(ZeroDivisionError):
            self.run(recovery, 1, ZeroDivisionError())
        assert loaded_epoch(recovery) == 3

    @pytest.mark.parametrize(
        ("saves", "outlook"), [(0, "starts anew"), (1, "resumes after epoch 3")]
    )
    def test_that_is_stopped_tells_where_the_next_run_goes_on(
        self, recovery: Recovery, saves: int, outlook: str
    ) -> None:
        with pytest.raises(KeyboardInterrupt) as stopped:
            self.run(recovery, saves, KeyboardInterrupt())
        assert str(stopped.value) == f"the next `dvc repro` {outlook}"

    def test_that_is_stopped_again_before_an_epoch_tells_of_the_state_it_found(
        self, recovery: Recovery, folder: Path
    ) -> None:
        recovery.save(STATE)
        again = Recovery(folder, FINGERPRINT)
        again.load()
        with pytest.raises(KeyboardInterrupt, match="resumes after epoch 3"):
            self.run(again, 0, KeyboardInterrupt())

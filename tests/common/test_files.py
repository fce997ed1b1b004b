from __future__ import annotations

import errno
import fcntl
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from filelock import FileLock

from colorizer.common.errors import UserError
from colorizer.common.files import sha256_of, whole_file, whole_folder
from tests.data_helpers import tree

Whole = Callable[[Path], AbstractContextManager[Path]]


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_whole_file_appears_at_the_end_with_its_folders(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b.txt"

    with whole_file(target) as partial:
        partial.write_text("new")
        assert not target.exists()

    assert tree(tmp_path) == {"a/b.txt": b"new"}


def test_whole_file_keeps_the_name_for_writers_that_go_by_it(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a.png") as partial:
        partial.touch()

        assert partial.name == "a.png"


@pytest.mark.parametrize("name", ["x" * 255, "ü" * 127, "[a]*?"])
def test_whole_file_takes_any_name(tmp_path: Path, name: str) -> None:
    with whole_file(tmp_path / name) as partial:
        partial.write_text("new")

    assert tree(tmp_path) == {name: b"new"}
    assert len(list(tmp_path.iterdir())) == 1


def test_whole_file_keeps_the_old_content_on_failure(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def break_off() -> None:
        with whole_file(target) as partial:
            partial.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()

    assert tree(tmp_path) == {"a.txt": b"old"}
    assert list(tmp_path.iterdir()) == [target]


def test_whole_folder_replaces_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    (target / "old").write_text("old")

    with whole_folder(target) as partial:
        (partial / "new").write_text("new")
        assert tree(target) == {"old": b"old"}

    assert tree(tmp_path) == {"folder/new": b"new"}
    assert list(tmp_path.iterdir()) == [target]


def test_whole_folder_keeps_the_old_one_on_failure(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    (target / "old").write_text("old")

    def break_off() -> None:
        with whole_folder(target) as partial:
            (partial / "new").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()

    assert tree(tmp_path) == {"folder/old": b"old"}
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.usefixtures("umask")
def test_whole_folder_has_the_rights_of_the_umask(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "folder"):
        pass

    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o750


def killed_while_writing(kind: str, target: Path) -> list[Path]:
    """Let another process be killed in the middle of a file or folder; return what it left."""
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        f"from colorizer.common.files import {kind}\n"
        f"with {kind}(Path(sys.argv[1])) as partial:\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    assert run.returncode == -signal.SIGKILL
    return list(target.parent.iterdir())


def write(partial: Path) -> None:
    (partial / "new" if partial.is_dir() else partial).write_text("new")


@pytest.mark.parametrize("killed", ["whole_file", "whole_folder"])
def test_leavings_of_a_killed_run_are_swept(tmp_path: Path, killed: str) -> None:
    target = tmp_path / "target"
    left = killed_while_writing(killed, target)
    assert sorted(path.suffix for path in left) == [".lock", ".partial"]
    assert all(path.name.startswith(".target.") for path in left)

    with whole_folder(target):
        assert not any(path.exists() for path in left)

    assert list(tmp_path.iterdir()) == [target]


def leavings_of(target: Path) -> Path:
    """Make what a killed run would have left: nobody holds it any more."""
    left = target.with_name(f".{target.name}.x1y2z3.partial")
    (left / target.name).mkdir(parents=True)
    (left / target.name / "new").write_text("half")
    return left


@pytest.mark.parametrize("whole", [whole_file, whole_folder])
@pytest.mark.parametrize("name", ["target", "[a]*?", "x" * 50])
def test_files_and_folders_sweep_what_has_their_name(
    tmp_path: Path, name: str, whole: Whole
) -> None:
    left = leavings_of(tmp_path / name)
    other = leavings_of(tmp_path / "other")

    with whole(tmp_path / name) as partial:
        assert not left.exists()
        write(partial)

    assert sorted(tmp_path.iterdir()) == sorted([other, tmp_path / name])


def test_lock_of_a_run_that_was_killed_before_it_made_its_folder_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".target.x1y2z3.partial.lock").touch()

    with whole_folder(tmp_path / "target"):
        pass

    assert list(tmp_path.iterdir()) == [tmp_path / "target"]


@pytest.mark.parametrize("whole", [whole_file, whole_folder])
def test_run_that_goes_on_is_not_swept(tmp_path: Path, whole: Whole) -> None:
    target = tmp_path / "target"
    with whole(target) as first:
        write(first)
        with whole(target) as second:
            assert first.parent != second.parent
            write(second)
        assert target.exists()

        assert first.exists()

    assert list(tmp_path.iterdir()) == [target]


def test_without_locks_nothing_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = leavings_of(tmp_path / "target")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with whole_folder(tmp_path / "target") as partial:
        (partial / "new").write_text("new")

    assert left.exists()
    assert tree(tmp_path / "target") == {"new": b"new"}


@pytest.mark.parametrize("whole", [whole_file, whole_folder])
@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "no space left on the disk that holds {}; free some space there"),
        (errno.EDQUOT, "the quota is used up on the disk that holds {}; free some space there"),
        (errno.EFBIG, "a file of {} is larger than its disk or `ulimit -f` allows; raise"),
        (errno.EROFS, "the disk that holds {} is read-only; make it writable"),
    ],
)
def test_full_disk_is_told_and_nothing_left(
    tmp_path: Path, whole: Whole, number: int, message: str
) -> None:
    target = tmp_path / "target"

    def fail() -> None:
        with whole(target) as partial:
            write(partial)
            raise OSError(number, os.strerror(number))

    with pytest.raises(UserError) as raised:
        fail()

    assert str(raised.value).startswith(message.format(target))
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_told_of_a_file_by_its_final_name(tmp_path: Path) -> None:
    def fail() -> None:
        with whole_folder(tmp_path / "folder") as folder, whole_file(folder / "a.txt"):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(UserError, match=re.escape(f" holds {tmp_path / 'folder' / 'a.txt'}; ")):
        fail()

    assert list(tmp_path.iterdir()) == []


def test_other_errors_of_the_disk_pass(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_folder(tmp_path / "folder") as partial:
        (partial / "nowhere" / "file").write_text("new")

    assert list(tmp_path.iterdir()) == []


def test_folder_without_rights_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(lock: FileLock) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", lock.lock_file)

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with pytest.raises(PermissionError) as raised, whole_file(tmp_path / "a"):
        pass

    assert raised.value.filename == str(tmp_path)


def test_sha256_is_that_of_the_standard(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # FIPS 180-2, appendix B.1

    assert sha256_of(tmp_path / "abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_sha256_reads_beyond_one_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"abcdefgh")
    whole = sha256_of(tmp_path / "a")
    monkeypatch.setattr("colorizer.common.files.READ_BLOCK", 3)

    assert sha256_of(tmp_path / "a") == whole

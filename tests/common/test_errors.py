from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from colorizer.common.errors import UserError, about_full_disk, is_full_disk, run_stage

RIGHTS = "no right to read or write {}; change its rights or its owner and run again"


def failing(error: Exception) -> Callable[[], None]:
    def stage() -> None:
        raise error

    return stage


def refused(number: int, file: str | None = None) -> OSError:
    return OSError(number, os.strerror(number), file)


def exit_of(error: Exception) -> object:
    with pytest.raises(SystemExit) as raised:
        run_stage(failing(error))
    # A text goes to standard error, and the status is 1.
    return raised.value.code


def test_stage_that_ends_well_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    run_stage(lambda: None)

    assert capsys.readouterr() == ("", "")


def test_mistake_of_the_user_is_told_alone() -> None:
    assert exit_of(UserError("do this instead")) == "error: do this instead"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (refused(errno.ENOSPC, "data/a"), "no space left on the disk that holds data/a; free"),
        (refused(errno.EDQUOT, "data/a"), "the quota is used up on the disk that holds data/a; "),
        (refused(errno.EFBIG, "data/a"), "a file of data/a is larger than its disk or `ulimit"),
        (refused(errno.EROFS, "data/a"), "the disk that holds data/a is read-only; make it"),
        (refused(errno.EACCES, "data/a"), RIGHTS.format("data/a")),
        (refused(errno.EPERM, "data/a"), RIGHTS.format("data/a")),
    ],
)
def test_what_the_system_refuses_is_told_alone(error: Exception, message: str) -> None:
    assert str(exit_of(error)).startswith(f"error: {message}")


def test_where_it_may_be_is_told_if_no_file_is_named() -> None:
    assert f" {Path.cwd()} or {tempfile.gettempdir()}; " in str(exit_of(refused(errno.ENOSPC)))


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError(),
        refused(errno.ENOENT, "data/a"),
        OSError("without a number"),
    ],
)
def test_mistake_of_the_program_keeps_its_traceback(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        run_stage(failing(error))

    assert raised.value is error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])
def test_full_disk_is_known(number: int) -> None:
    assert is_full_disk(refused(number))
    assert " data/raw" in str(about_full_disk(refused(number), Path("data/raw")))


@pytest.mark.parametrize("error", [refused(errno.EACCES), OSError("text"), ValueError("text")])
def test_other_errors_are_no_full_disk(error: Exception) -> None:
    assert not is_full_disk(error)

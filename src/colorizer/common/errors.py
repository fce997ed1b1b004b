"""Mistakes that the user can fix: reported in one clear message, without a traceback."""

from __future__ import annotations

import errno
import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

_FULL_DISK = {
    errno.ENOSPC: (
        "no space left on the disk that holds {place}; free some space there and run again"
    ),
    errno.EDQUOT: (
        "the quota is used up on the disk that holds {place}; free some space there and run again"
    ),
    errno.EFBIG: (
        "a file of {place} is larger than its disk or `ulimit -f` allows; raise that limit, or "
        "work on another disk, and run again"
    ),
    errno.EROFS: (
        "the disk that holds {place} is read-only; make it writable, or work on another disk, "
        "and run again"
    ),
}
_NO_RIGHTS = "no right to read or write {place}; change its rights or its owner and run again"
_REFUSALS = {**_FULL_DISK, errno.EACCES: _NO_RIGHTS, errno.EPERM: _NO_RIGHTS}


class UserError(Exception):
    """An error whose message says what was expected, what was found and what to do about it."""


def is_full_disk(error: BaseException) -> bool:
    """Tell whether writing failed for lack of space, or because the disk refuses writes."""
    return _errno_of(error) in _FULL_DISK


def about_full_disk(error: BaseException, place: Path) -> UserError:
    """Return the error to show the user where :func:`is_full_disk` holds.

    Parameters
    ----------
    error : BaseException
        What was raised.
    place : Path
        What was being written, under a name that the user knows.
    """
    return UserError(_FULL_DISK[_errno_of(error)].format(place=place))


def run_stage(stage: Callable[[], None]) -> None:
    """Run a stage; on an error that the user can fix, exit with status 1 and only a message.

    Such errors are a :class:`UserError`, a full or read-only disk, and missing permissions.
    """
    for stream in (sys.stdout, sys.stderr):
        # A file's name may have letters that a terminal cannot show: that is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        stage()
    except UserError as error:
        sys.exit(f"error: {error}")
    except Exception as error:
        message = _REFUSALS.get(_errno_of(error))
        if message is None:
            raise
        sys.exit(f"error: {message.format(place=_place_of(error))}")


def _errno_of(error: BaseException) -> int:
    return (error.errno or 0) if isinstance(error, OSError) else 0


def _place_of(error: Exception) -> str:
    name = getattr(error, "filename", None)
    return str(name) if name else f"{Path.cwd()} or {tempfile.gettempdir()}"

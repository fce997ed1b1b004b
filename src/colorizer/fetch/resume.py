"""Partial downloads, which survive a run that breaks off."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from colorizer.common.errors import UserError
from colorizer.common.tables import write_json

if sys.platform != "win32":
    import fcntl

RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


@dataclass(frozen=True)
class Version:
    """What a server says about a file, which tells one version of it from the next."""

    bytes: int | None
    etag: str
    last_modified: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Version:
        """Read the version of a whole file from the headers of its response."""
        length = headers.get("Content-Length", "")
        return cls(
            bytes=int(length) if length.isascii() and length.isdigit() else None,
            etag=headers.get("ETag", ""),
            last_modified=headers.get("Last-Modified", ""),
        )

    @property
    def validator(self) -> str:
        """The value of If-Range: the ETag unless it is weak, else the date; "" if neither."""
        is_strong = self.etag and not self.etag.startswith("W/")
        return self.etag if is_strong else self.last_modified


@dataclass(frozen=True)
class Begun:
    """The part of a download that has arrived: ``offset`` bytes of a version."""

    version: Version
    offset: int

    @property
    def headers(self) -> dict[str, str]:
        """The headers that ask for the rest, or for the whole file if it has changed."""
        return {"Range": f"bytes={self.offset}-", "If-Range": self.version.validator}

    def goes_on_in(self, headers: Mapping[str, str]) -> bool:
        """Tell whether an answer with these headers is the rest of the same version."""
        part = RANGE.fullmatch(headers.get("Content-Range", ""))
        if not part or (int(part[1]), int(part[2])) != (self.offset, self.version.bytes):
            return False
        # A server may leave out here what it said of the whole file, but not contradict it.
        told = {"ETag": self.version.etag, "Last-Modified": self.version.last_modified}
        return all(headers.get(name, value) == value for name, value in told.items())


@dataclass(frozen=True)
class Partial:
    """The files that keep a download until it is complete.

    Attributes
    ----------
    file : Path
        The bytes that have arrived.
    version_file : Path
        The version that they belong to.
    """

    file: Path
    version_file: Path

    def begun(self) -> Begun | None:
        """Return what can be resumed; None if the download has to start afresh.

        The last byte of a complete file is left out, so that the server is asked for it and shows
        whether it still has the same version.
        """
        try:
            version = Version(**json.loads(self.version_file.read_text(encoding="utf-8")))
            size = self.file.stat().st_size
            if version.bytes is None or size > version.bytes:
                return None
        except (OSError, ValueError, TypeError):  # not there, or not written by this class
            return None
        offset = min(size, version.bytes - 1)
        return Begun(version, offset) if offset > 0 and version.validator else None

    def begin(self, version: Version) -> None:
        """Start afresh with another version."""
        # In this order, so that no crash leaves the bytes of one version beside the name of
        # another.
        self.remove()
        write_json(self.version_file, asdict(version))
        self.file.touch()

    def remove(self) -> None:
        """Remove the bytes and their version."""
        self.file.unlink(missing_ok=True)
        self.version_file.unlink(missing_ok=True)


@contextmanager
def partial_of(source: str, folder: Path) -> Iterator[Partial]:
    """Yield the partial download of ``source`` in ``folder``, to one run at a time.

    Raises
    ------
    UserError
        If another run holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    with (folder / f"{key}.lock").open("w") as lock:
        if not _acquire(lock):
            raise UserError(
                f"another run is downloading {source} into {folder}; run again when it has ended"
            )
        yield Partial(folder / f"{key}.partial", folder / f"{key}.json")


def _acquire(lock: IO[str]) -> bool:
    """Take the system's lock on a file, which this process releases however it ends."""
    if sys.platform != "win32":
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks: do without
            pass
    return True

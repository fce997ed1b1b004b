"""Files that are whole or absent, even after a power cut: written aside, then renamed."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from colorizer.common.errors import about_full_disk, is_full_disk

if sys.platform != "win32":
    import fcntl

READ_BLOCK = 1 << 20
SUFFIX = ".partial"
# How much of a name its temporary name keeps: file systems allow 255 bytes in all.
NAME_LENGTH = 50


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path that replaces ``path`` once the block succeeds.

    Its file name is the same, for writers that choose their format by it.

    Raises
    ------
    UserError
        If the disk is full or read-only; nothing is left behind then.
    """
    with _workplace(path) as folder:
        yield folder / path.name
        # Content first, then name, or a power cut may leave the new name on an empty file.
        _to_disk(folder / path.name)
        (folder / path.name).replace(path)
        with suppress(OSError):  # some file systems cannot synchronise folders
            _to_disk(path.parent)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield an empty temporary folder that replaces ``path`` once the block succeeds.

    Raises
    ------
    UserError
        If the disk is full or read-only; nothing is left behind then.
    """
    with _workplace(path) as folder:
        partial = folder / path.name
        partial.mkdir()
        yield partial
        if path.exists():
            shutil.rmtree(path)
        partial.rename(path)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ_BLOCK):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _workplace(path: Path) -> Iterator[Path]:
    """Yield a hidden folder beside ``path`` for this run alone, removed when the block ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        new = _new_folder(path)
        folder = new.with_name(new.name + SUFFIX)
        lock = _lock(new)
        try:
            # Only now may other runs sweep it, and the lock tells them that it is in use.
            new.rename(folder)
            yield folder
        finally:
            for left in (new, folder):
                shutil.rmtree(left, ignore_errors=True)
            _unlock(lock)
    except Exception as error:
        if is_full_disk(error):
            raise about_full_disk(error, _final(path)) from error
        raise


def _to_disk(path: Path) -> None:
    """Wait until a file or folder would survive a power cut."""
    if sys.platform == "win32":
        return
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _new_folder(path: Path) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix=_prefix(path), dir=path.parent))
    except PermissionError as error:
        error.filename = str(path.parent)  # the user does not know the hidden folder
        raise


def _final(path: Path) -> Path:
    """Return the final path of a file in a folder that is being made."""
    parts = (part for part in path.parts if not (part[0] == "." and part.endswith(SUFFIX)))
    return Path(*parts)


def _prefix(path: Path) -> str:
    return f".{path.name[:NAME_LENGTH]}."


def _sweep(path: Path) -> None:
    """Remove what killed runs have left beside ``path``."""
    for left in path.parent.glob(f"{glob.escape(_prefix(path))}*{SUFFIX}"):
        lock = _lock(left)
        if lock is not None:
            shutil.rmtree(left, ignore_errors=True)
            _unlock(lock)


def _lock(folder: Path) -> int | None:
    """Return a lock that ends with this process at the latest; None if another holds it."""
    if sys.platform == "win32":
        return None
    # A file system without locks raises as well: nothing is ever swept there.
    with suppress(OSError):
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise
        return lock
    return None


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)

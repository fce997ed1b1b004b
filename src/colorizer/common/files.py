"""Files that are whole or absent, even after a power cut: written aside, then renamed."""

from __future__ import annotations

import glob
import hashlib
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from colorizer.common.errors import about_full_disk, is_full_disk

READ_BLOCK = 1 << 20
SUFFIX, LOCK_SUFFIX = ".partial", ".lock"
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
        folder = path.with_name(f"{_prefix(path)}{secrets.token_hex(4)}{SUFFIX}")
        # Before there is a folder that other runs may sweep.
        with _held(_lock_of(folder), path.parent):
            folder.mkdir(mode=0o700)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
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


def _final(path: Path) -> Path:
    """Return the final path of a file in a folder that is being made."""
    parts = (part for part in path.parts if not (part[0] == "." and part.endswith(SUFFIX)))
    return Path(*parts)


def _prefix(path: Path) -> str:
    return f".{path.name[:NAME_LENGTH]}."


def _sweep(path: Path) -> None:
    """Remove what killed runs have left beside ``path``."""
    pattern = f"{glob.escape(_prefix(path))}*{SUFFIX}"
    locks = (lock.with_suffix("") for lock in path.parent.glob(pattern + LOCK_SUFFIX))
    for left in {*path.parent.glob(pattern), *locks}:
        lock = _lock_of(left)
        # Held by a run that still works on it, or there are no locks: then nothing is swept.
        with suppress(Timeout, OSError), lock:
            shutil.rmtree(left, ignore_errors=True)
            Path(lock.lock_file).unlink(missing_ok=True)


def _lock_of(folder: Path) -> FileLock:
    """Return the lock on a hidden folder, which ends with the process that holds it at the latest.

    It is a file beside the folder: on Windows, a folder with an open file in it cannot be renamed.
    """
    return FileLock(folder.with_name(folder.name + LOCK_SUFFIX), timeout=0)


@contextmanager
def _held(lock: FileLock, parent: Path) -> Iterator[None]:
    try:
        lock.acquire()
    except PermissionError as error:
        error.filename = str(parent)  # the user does not know the hidden file
        raise
    except OSError as error:
        if is_full_disk(error):
            raise
        # A file system without locks, where nothing is ever swept either.
    try:
        yield
    finally:
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)

"""Files that are whole or not there: written under a temporary name, then renamed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

READ_BLOCK = 1 << 20


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` that takes its place once the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # A unique name, for two runs may write the same file; the suffix stays, for writers that
    # choose their format by it.
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give an empty temporary folder beside ``path`` that replaces it once the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent))
    try:
        yield partial
        if path.exists():
            shutil.rmtree(path)
        # mkdtemp makes a private folder; the result gets the rights that the user's umask gives.
        umask = os.umask(0)
        os.umask(umask)
        partial.chmod(0o777 & ~umask)
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` as indented JSON; NaN and infinity, which JSON has not, are refused."""
    with whole_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(content, file, indent=2, allow_nan=False)
        file.write("\n")


def write_csv(path: Path, table: pd.DataFrame, float_format: str = "%.6g") -> None:
    """Write ``table`` as CSV without its index, with LF line ends on every system."""
    with whole_file(path) as partial:
        table.to_csv(
            partial, index=False, lineterminator="\n", float_format=float_format, encoding="utf-8"
        )


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ_BLOCK):
            digest.update(block)
    return digest.hexdigest()

"""The list of fetched photographs: path, bytes and sha256 of each."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from colorizer.common.errors import UserError
from colorizer.common.files import sha256_of
from colorizer.common.tables import write_csv

if TYPE_CHECKING:
    # Only where it is needed: `colorizer photo` uses nothing but the suffixes, and starts sooner.
    import pandas as pd

MANIFEST = "manifest.csv"
SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".gif", ".bmp"),
    *(".avif", ".jp2", ".j2k"),
)


def photographs_in(folder: Path) -> list[Path]:
    """Return the photographs below a folder, recognised by suffix; hidden ones are left out."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(parent, name) for name in names if not name.startswith("."))
        found += [path for path in paths if path.suffix.lower() in SUFFIXES and path.is_file()]
    return sorted(found)


def manifest_of(folder: Path) -> pd.DataFrame:
    """Return the manifest of the photographs in ``folder``: path, bytes, sha256.

    Raises
    ------
    UserError
        If a name holds control characters or is not UTF-8, which a CSV file cannot hold.
    """
    import pandas as pd

    names = {path: _name(path, folder) for path in photographs_in(folder)}
    rows = [
        (name, path.stat().st_size, sha256_of(path))
        for path, name in tqdm(names.items(), desc="checksum", unit="photograph")
    ]
    return pd.DataFrame(sorted(rows), columns=["path", "bytes", "sha256"])


def write_manifest(folder: Path) -> int:
    """Write the manifest of the photographs in ``folder``; return their number.

    Raises
    ------
    UserError
        As in :func:`manifest_of`.
    """
    table = manifest_of(folder)
    write_csv(folder / MANIFEST, table)
    return len(table)


def read_manifest(folder: Path) -> pd.DataFrame:
    """Read the manifest of a fetched folder: path, bytes, sha256.

    Raises
    ------
    UserError
        If there is none.
    """
    import pandas as pd

    file = folder / MANIFEST
    if not file.is_file():
        raise UserError(f"{file} not found; fetch photographs with: dvc repro fetch")
    return pd.read_csv(file, keep_default_na=False, dtype={"path": str, "sha256": str})


def _name(path: Path, folder: Path) -> str:
    name = path.relative_to(folder).as_posix()
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        raise UserError(
            f"the photograph {name!r} must have a name in UTF-8 without control characters; "
            "rename it and run again"
        )
    return name

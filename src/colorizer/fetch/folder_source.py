"""Photographs from folders: the embedded sample, or the user's own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tqdm import tqdm

from colorizer.common.errors import UserError
from colorizer.data.manifest import photographs_in
from colorizer.fetch.params import FetchParams, Places
from colorizer.fetch.provenance import Origin

SAMPLE_FOLDER = Path("data/sample")


def fetch_sample(_: FetchParams, target: Path, __: Places) -> Origin:
    """Copy the embedded sample; a source, as described in :mod:`colorizer.fetch.sources`."""
    _copy_photographs(SAMPLE_FOLDER, target)
    return Origin(str(SAMPLE_FOLDER))


def fetch_folder(params: FetchParams, target: Path, _: Places) -> Origin:
    """Copy ``fetch.folder``; a source, as described in :mod:`colorizer.fetch.sources`."""
    folder = user_path(params.folder)
    if not params.folder or not folder.is_dir():
        found = "a file" if folder.is_file() else "nothing there"
        raise UserError(
            f"fetch.folder must be a folder of photographs, got {params.folder!r} ({found})"
        )
    _copy_photographs(folder, target)
    return Origin(str(folder))


def user_path(text: str) -> Path:
    """Return a path that a user wrote, with ~ expanded to a home folder."""
    # Unlike Path.expanduser, leaves ~somebody alone if there is no such user.
    return Path(os.path.expanduser(text))


def _copy_photographs(folder: Path, target: Path) -> None:
    for source in tqdm(photographs_in(folder), desc="copy", unit="photograph"):
        copy = target / source.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)

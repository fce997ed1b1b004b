"""Photographs from folders: the embedded sample, or the user's own."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from colorizer.common.errors import UserError
from colorizer.data.manifest import photographs_in
from colorizer.fetch.entry_names import decode_name, why_unusable
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
    """Copy photographs under names that every system can read; others are counted."""
    left_out: Counter[str] = Counter()
    for source in tqdm(photographs_in(folder), desc="copy", unit="photograph"):
        name = PurePosixPath(decode_name(os.fsencode(source.relative_to(folder).as_posix())))
        if reason := why_unusable(name):
            left_out[reason] += 1
            continue
        copy = target / name
        if copy.exists():
            raise UserError(
                f"{folder} holds two photographs that would both be named {str(name)!r}, of which "
                "one would be lost; rename one and run again"
            )
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    if left_out:
        reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
        print(f"left out photographs of {folder}: {reasons}; rename them and run again")

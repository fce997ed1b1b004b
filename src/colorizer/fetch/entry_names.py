"""Names in archives and folders: which are safe, which are photographs, which can be written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath, PureWindowsPath

from colorizer.common.errors import UserError
from colorizer.data.manifest import SUFFIXES

INNER_ARCHIVE_SUFFIXES = (
    *(".zip", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".lzma", ".zst"),
    *(".7z", ".rar"),
)
# The longest name that every file system allows, and the longest path that leaves room for the
# entries' folder within the 1,024 bytes of a path on macOS.
NAME_BYTES = 255
PATH_BYTES = 700


def decode_name(name: bytes) -> str:
    """Decode a name of unknown encoding: UTF-8 if possible, else code page 437.

    Neither loses a photograph: in code page 437, the first encoding of zips, every byte is valid.
    """
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("cp437")


def safe_path(archive: str, name: str, is_link: bool) -> PurePosixPath:
    """Return where an entry goes, relative to the folder for the archive's content.

    Raises
    ------
    UserError
        If it is a link, or would leave that folder.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    faults = {
        "is a link": is_link,
        "has an absolute path": path.is_absolute() or bool(PureWindowsPath(name).drive),
        "climbs out of the archive": ".." in path.parts,
    }
    for fault, present in faults.items():
        if present:
            raise UserError(
                f"archive {archive} is not safe: its entry {name!r} {fault}; nothing was "
                "extracted. Repack it with plain files only"
            )
    return path


def is_photograph(path: PurePosixPath) -> bool:
    """Tell whether the suffix is a photograph's; hidden files and resource forks do not count."""
    return path.suffix.lower() in SUFFIXES and not _is_hidden(path)


def is_archive(path: PurePosixPath) -> bool:
    """Tell whether the suffix is an archive's; hidden files do not count."""
    return path.suffix.lower() in INNER_ARCHIVE_SUFFIXES and not _is_hidden(path)


def why_unusable(path: PurePosixPath) -> str:
    """Return why a file of this name cannot be written or listed; "" if it can."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in str(path)):
        return "with control characters in the name"
    if len(bytes(path)) > PATH_BYTES or any(
        len(part.encode()) > NAME_BYTES for part in path.parts
    ):
        return "with a name too long"
    return ""


def require_distinct(archive: str, paths: Iterable[str]) -> None:
    """Check that no two files would collide, on any system.

    Some disks do not tell ``A.jpg`` from ``a.jpg``, or an accented letter from the letter and its
    accent; and none can have a folder and a file of the same name.

    Raises
    ------
    UserError
        If two would: one of them would be lost.
    """
    taken: dict[str, str] = {}
    for path in paths:
        place = _place(path)
        if place in taken:
            raise _collision(archive, taken[place], path)
        taken[place] = path
    folders: set[PurePosixPath] = set()
    for path in taken.values():
        for folder in PurePosixPath(path).parents:
            if folder in folders:
                break
            folders.add(folder)
            if other := taken.get(_place(str(folder)), ""):
                raise _collision(archive, other, path)


def _is_hidden(path: PurePosixPath) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


def _place(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _collision(archive: str, one: str, other: str) -> UserError:
    if one == other:
        message = f"holds two photographs named {one!r}"
    else:
        message = f"holds {one!r} and {other!r}, of which some disks can hold only one"
    return UserError(
        f"archive {archive} {message}; nothing was extracted, for one of them would be lost. "
        "Unpack it by hand, rename one and use dataset=folder"
    )

"""Names of visitors' files: shown to them and used for downloads, never in the file system."""

from __future__ import annotations

from pathlib import PurePosixPath

from colorizer.photo.formats import WRITE_FORMATS, readable_suffixes
from colorizer.photo.plan import COLORED, marked_name

UNNAMED = "photograph"
MAX_LENGTH = 80
# Characters with a special meaning in some file systems or shells.
_UNSAFE = frozenset('/\\:*?"<>|')


def clean_name(name: str) -> str:
    """Return the last part of a file's name, without unsafe characters.

    Parameters
    ----------
    name : str
        As sent by the browser, which may be anything.

    Returns
    -------
    str
        At least one character, at most :data:`MAX_LENGTH` before the suffix, and no separators or
        control characters.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in _UNSAFE)
    path = PurePosixPath(kept.strip(". ") or UNNAMED)
    return path.stem[:MAX_LENGTH].rstrip(". ") + path.suffix[:MAX_LENGTH]


def known_suffix(name: str) -> str:
    """Return a name's suffix in lower case if it is one for photographs, or else ""."""
    suffix = PurePosixPath(name).suffix.lower()
    known = (
        *readable_suffixes(),
        *(suffix for f in WRITE_FORMATS.values() for suffix in f.suffixes),
    )
    return suffix if suffix in known else ""


def colored_name(name: str, wanted: str | None = None) -> tuple[str, str]:
    """Return the name and format of the coloured photograph for a :func:`clean_name`.

    ``wanted`` is as for :func:`colorizer.photo.plan.marked_name`.
    """
    return marked_name(PurePosixPath(name), COLORED, wanted)


def make_distinct(names: list[str]) -> list[str]:
    """Number repeated names: ``a.jpg``, ``a-2.jpg``, ``a-3.jpg``.

    Upper and lower case count as the same, as they do on many disks.
    """
    numbered: list[str] = []
    taken: set[str] = set()
    for name in names:
        path, number, new = PurePosixPath(name), 1, name
        while new.lower() in taken:
            number += 1
            new = f"{path.stem}-{number}{path.suffix}"
        taken.add(new.lower())
        numbered.append(new)
    return numbered

"""The formats of files that coloured photographs are written in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from colorizer.data.manifest import SUFFIXES

JPEG, PNG, TIFF, WEBP, HEIC = "jpeg", "png", "tiff", "webp", "heic"


@dataclass(frozen=True)
class Format:
    """A format: its name for Pillow, its suffixes (the usual one first), and what it holds."""

    pillow: str
    suffixes: tuple[str, ...]
    has_alpha: bool


# By the names that --format knows.
FORMATS = {
    JPEG: Format("JPEG", (".jpg", ".jpeg", ".jpe"), has_alpha=False),
    PNG: Format("PNG", (".png",), has_alpha=True),
    TIFF: Format("TIFF", (".tif", ".tiff"), has_alpha=True),
    WEBP: Format("WEBP", (".webp",), has_alpha=True),
    HEIC: Format("HEIF", (".heic", ".heif"), has_alpha=True),
}
# Of 100, for JPEG, WebP and HEIC: nobody sees what is lost.
QUALITY = 95
# GIF and BMP, which hold no 16 million colours or are hardly read any more.
OTHERWISE = PNG


@cache
def has_heif() -> bool:
    """Tell whether HEIC can be read and written: whether Pillow's plug-in is installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True


def readable_suffixes() -> tuple[str, ...]:
    """Return the suffixes of the files that are taken for photographs in a folder."""
    return (*SUFFIXES, *FORMATS[HEIC].suffixes) if has_heif() else SUFFIXES


def format_of(suffix: str) -> str | None:
    """Return the name of the format that files with this suffix are written in, if any."""
    for name, format_ in FORMATS.items():
        if suffix.lower() in format_.suffixes:
            return name
    return None

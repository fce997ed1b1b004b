"""The formats of files that coloured photographs are written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from colorizer.data.manifest import SUFFIXES

JPEG, PNG, TIFF, WEBP, HEIC = "jpeg", "png", "tiff", "webp", "heic"


@dataclass(frozen=True)
class Format:
    """A format that photographs are written in.

    Attributes
    ----------
    pillow : str
        Its name for Pillow.
    suffixes : tuple of str
        Of its files, the usual one first.
    has_alpha : bool
        Whether it holds transparency.
    has_quality : bool
        Whether it takes a quality of 1 to 100.
    options : mapping
        What else Pillow is told.
    max_exif_bytes : int or None
        More EXIF than that is left out.
    """

    pillow: str
    suffixes: tuple[str, ...]
    has_alpha: bool = True
    has_quality: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    max_exif_bytes: int | None = None


# By the names that --format knows; a line here makes a new one known. TIFF is written by
# colorizer.photo.tiff, for Pillow cannot write 16 bits of RGB.
WRITE_FORMATS = {
    JPEG: Format(
        "JPEG",
        (".jpg", ".jpeg", ".jpe"),
        has_alpha=False,
        options={"subsampling": "4:4:4"},  # chroma at half the size spoils lightness along edges
        max_exif_bytes=65533,  # what a segment holds
    ),
    # Less than half the time of Pillow's default, for a seventh more bytes.
    PNG: Format("PNG", (".png",), has_quality=False, options={"compress_level": 1}),
    TIFF: Format("TIFF", (".tif", ".tiff"), has_quality=False),
    # Exact, or what is transparent would become black.
    WEBP: Format("WEBP", (".webp",), options={"exact": True}),
    HEIC: Format("HEIF", (".heic", ".heif")),
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
    return (*SUFFIXES, *WRITE_FORMATS[HEIC].suffixes) if has_heif() else SUFFIXES


def format_of(suffix: str) -> str | None:
    """Return the name of the format that files with this suffix are written in, if any."""
    for name, format_ in WRITE_FORMATS.items():
        if suffix.lower() in format_.suffixes:
            return name
    return None

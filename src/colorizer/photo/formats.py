"""The file formats for coloured photographs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from colorizer.data.manifest import SUFFIXES

JPEG, PNG, TIFF, WEBP, HEIC = "jpeg", "png", "tiff", "webp", "heic"
AVIF, JPEG_2000 = "avif", "jp2"


@dataclass(frozen=True)
class Format:
    """A file format for photographs.

    Attributes
    ----------
    pillow : str
        Pillow's name for it.
    suffixes : tuple of str
        Its file suffixes, the usual one first.
    has_alpha : bool
        Whether it can hold transparency.
    has_quality : bool
        Whether it takes a quality of 1 to 100.
    has_profile : bool
        Whether it holds an ICC profile; if not, it is written in sRGB.
    options : mapping
        Further options for Pillow.
    max_exif_bytes : int or None
        EXIF with more bytes than this is left out; None for no limit.
    """

    pillow: str
    suffixes: tuple[str, ...]
    has_alpha: bool = True
    has_quality: bool = True
    has_profile: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    max_exif_bytes: int | None = None


# Keys are the values of --format; adding a line here adds a format. TIFF is written by
# colorizer.photo.tiff, as Pillow cannot write 16-bit RGB.
WRITE_FORMATS = {
    JPEG: Format(
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        has_alpha=False,
        options={"subsampling": "4:4:4"},  # halved chroma spoils lightness along edges
        max_exif_bytes=65533,  # what one segment can hold
    ),
    # Takes less than half as long as Pillow's default, for a seventh more bytes.
    PNG: Format("PNG", (".png",), has_quality=False, options={"compress_level": 1}),
    TIFF: Format("TIFF", (".tif", ".tiff"), has_quality=False),
    # Otherwise transparent pixels would become black.
    WEBP: Format("WEBP", (".webp",), options={"exact": True}),
    HEIC: Format("HEIF", (".heic", ".heif")),
    AVIF: Format("AVIF", (".avif",), options={"subsampling": "4:4:4"}),
    # Lossless, as archives want it.
    JPEG_2000: Format(
        "JPEG2000",
        (".jp2", ".j2k"),
        has_quality=False,
        has_profile=False,
        options={"mct": 1},
        max_exif_bytes=0,
    ),
}
# Out of 100, for JPEG, WebP, AVIF and HEIC: the loss is invisible.
QUALITY = 95
# For GIF, which cannot hold 16 million colours, and BMP, which few programs still use.
OTHERWISE = PNG


@cache
def has_heif() -> bool:
    """Tell whether HEIC can be read and written, that is, Pillow's plug-in is installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True


def readable_suffixes() -> tuple[str, ...]:
    """Return the suffixes that mark a file in a folder as a photograph."""
    return (*SUFFIXES, *WRITE_FORMATS[HEIC].suffixes) if has_heif() else SUFFIXES


def format_of(suffix: str) -> str | None:
    """Return the name of the format to write for a suffix, if there is one."""
    for name, format_ in WRITE_FORMATS.items():
        if suffix.lower() in format_.suffixes:
            return name
    return None

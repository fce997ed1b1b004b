"""Read a photograph: all its pixels, upright, and what its file says about it."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from colorizer.color.icc import ColorSpace
from colorizer.common.extras import how_to_install
from colorizer.images.decode import (
    READ_FORMATS,
    UnreadableImageError,
    first_line,
    require_decodable,
)
from colorizer.images.opening import NO_RANGE, level_greys, open_image, space_of
from colorizer.images.orientation import ORIENTATION_TAG, orientation_of, turn_upright
from colorizer.photo.descriptions import Descriptions, descriptions_of
from colorizer.photo.formats import HEIC, format_of, has_heif

MAX_MEGAPIXELS = 250
MAX_DPI = 65535  # the most that a JPEG can state
_WIDTH, _HEIGHT = ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight
_INTEROP = ExifTags.IFD.Interop
# TIFF tags that say how its pixels are stored, and which grey copies it holds: not true of the
# file that is written.
_OF_PIXELS = frozenset(
    {
        *(254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 280, 281, 284, 290),
        *(291, 292, 293, 297, 301, 317, 318, 319, 320, 322, 323, 324, 325, 330, 332, 333, 334),
        *(336, 338, 339, 340, 341, 342, 347, 512, 513, 514, 519, 520, 521, 529, 530, 531, 532),
        *(700, 33723, 34377, 34675),
    }
)


@dataclass(frozen=True)
class Photo:
    """A decoded photograph.

    Attributes
    ----------
    image : Image
        Upright, in any of Pillow's modes.
    space : ColorSpace
        What its pixels mean.
    exif : bytes
        Its EXIF without orientation or thumbnail, from "Exif" on; empty if there is none.
    dpi : tuple of float or None
        Its resolution in pixels per inch, across and down; None if unknown.
    is_compressed : bool
        Whether it is a compressed TIFF.
    words : Descriptions
        Its comments, XMP and the like.
    notes : tuple of str
        What of the file is not kept, in words for the user.
    """

    image: Image.Image
    space: ColorSpace
    exif: bytes
    dpi: tuple[float, float] | None
    is_compressed: bool
    words: Descriptions = field(default_factory=Descriptions)
    notes: tuple[str, ...] = ()


def read_photo(path: Path, max_megapixels: float = MAX_MEGAPIXELS) -> Photo:
    """Decode a photograph, or the first frame of an animation.

    Parameters
    ----------
    path : Path
        Its file.
    max_megapixels : float
        The most that it may have, in 10^6 pixels.

    Raises
    ------
    UnreadableImageError
        If the file is not a photograph, is broken, has pixels without a fixed range, has more
        than ``max_megapixels``, or would cost far more to decode than a photograph of its size.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns about faulty EXIF, which photographers cannot repair.
            warnings.simplefilter("ignore", UserWarning)
            return _read(path, max_megapixels)
    except UnreadableImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadableImageError(_too_large(max_megapixels)) from error
    except MemoryError as error:
        raise UnreadableImageError("there is not enough memory for it") from error
    except Exception as error:  # given a broken file, a decoder may raise anything
        raise UnreadableImageError(first_line(error, path)) from error


def _read(path: Path, max_megapixels: float) -> Photo:
    if format_of(path.suffix) == HEIC and not has_heif():
        raise UnreadableImageError(f"HEIC needs a plug-in: {how_to_install('heic')}")
    formats = (*READ_FORMATS, "HEIF") if has_heif() else READ_FORMATS
    with path.open("rb") as file:
        opened = open_image(file, max_megapixels, formats)
        with opened.image as image:
            if math.prod(image.size) > max_megapixels * 1e6:
                raise UnreadableImageError(_too_large(max_megapixels))
            require_decodable(image, max_megapixels)
            image.load()
            info, space = image.info, space_of(image)
            notes = opened.notes
            if space.is_profile_lost:
                notes += ("its colour profile has no way back from sRGB, which is written",)
            return Photo(
                turn_upright(level_greys(image), orientation_of(image)),
                space,
                _exif_of(image),
                _dpi_of(info),
                image.format == "TIFF" and info.get("compression", "raw") != "raw",
                descriptions_of(image),
                notes,
            )


def as_photo(image: Image.Image) -> Photo:
    """Return an image that Pillow has opened as a photograph, without what its file says.

    Raises
    ------
    ValueError
        If its pixels have no fixed range.
    """
    if image.mode == "F":
        raise ValueError(NO_RANGE.format("32-bit floating point"))
    image.load()
    upright = turn_upright(level_greys(image), orientation_of(image))
    return Photo(upright, space_of(image), b"", None, is_compressed=False)


def sized_exif(exif: bytes, size: tuple[int, int]) -> bytes:
    """Return EXIF with its width and height, if it has any, set to ``size`` (in pixels)."""
    loaded = Image.Exif()
    loaded.load(exif)
    if ExifTags.IFD.Exif not in loaded:
        return exif
    details = loaded.get_ifd(ExifTags.IFD.Exif)
    for tag, side in zip((_WIDTH, _HEIGHT), size, strict=True):
        if tag in details:
            details[tag] = side
    return loaded.tobytes()


def _too_large(max_megapixels: float) -> str:
    return f"more than {max_megapixels:g} megapixels"


def _exif_of(image: Image.Image) -> bytes:
    """Return what EXIF says about the photograph, without how it is stored."""
    try:
        found, kept = image.getexif(), Image.Exif()
        for tag, value in found.items():
            if tag not in _OF_PIXELS and tag != ORIENTATION_TAG:
                kept[tag] = value
        for group in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            if group in found:
                # Interoperability is an offset into the old file.
                details = found.get_ifd(group).items()
                kept[group] = {tag: value for tag, value in details if tag != _INTEROP}
                if not kept[group]:
                    del kept[group]
        return kept.tobytes() if kept else b""
    except Exception:  # noqa: BLE001  as above
        return b""


def _dpi_of(info: dict[str | tuple[int, int], Any]) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    is_known = all(math.isfinite(value) and 0 < value <= MAX_DPI for value in (across, down))
    return (across, down) if is_known else None

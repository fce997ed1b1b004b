"""Photographs of any kind as squares of 8-bit sRGB."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from colorizer.color.icc import rgb_to_srgb
from colorizer.images.convert import to_rgb
from colorizer.images.decode import (
    UnreadableImageError,
    first_line,
    require_decodable,
)
from colorizer.images.jpeg_dc import DC_SCALE, strip_detail
from colorizer.images.opening import level_greys, open_image, space_of
from colorizer.images.orientation import TRANSPOSED_ORIENTATIONS, orientation_of, turn_upright

# A JPEG is decoded at no less than this many times the target size: below it quality suffers.
DRAFT_FACTOR = 2
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels


class UnwantedImageError(Exception):
    """A readable photograph that the rules of preparation leave out; ``reason`` says which one.

    ``width`` and ``height`` are in pixels; 0 if unknown.
    """

    def __init__(self, reason: str, width: int, height: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.width = width
        self.height = height


@dataclass(frozen=True)
class SquareRule:
    """Which photographs to take, and how to make squares of them.

    Attributes
    ----------
    size : int
        Side of the squares, in pixels.
    orientation : str
        "landscape" leaves out vertical photographs, "any" takes them.
    crop : str
        "center" crops to the middle, "stretch" distorts the whole photograph.
    min_side : int
        The shortest side allowed, in pixels.
    max_megapixels : float
        The size of the largest photograph allowed, in 10^6 pixels.
    """

    size: int
    orientation: str
    crop: str
    min_side: int
    max_megapixels: float


@dataclass(frozen=True)
class Square:
    """A prepared photograph: pixels (size, size, 3) uint8 sRGB, and its upright original size."""

    pixels: npt.NDArray[np.uint8]
    width: int
    height: int


def load_square(photograph: Path | BinaryIO, rule: SquareRule) -> Square:
    """Decode a photograph, a path or an open file, and make the square that ``rule`` asks for.

    The EXIF orientation is applied, transparency is laid on white, an embedded colour profile is
    converted to sRGB, 16-bit and CMYK become 8-bit RGB, and only the first frame of an animation
    is taken.

    Decoding takes up to 16 bytes of memory per pixel; for a JPEG, usually less than one.

    Raises
    ------
    UnreadableImageError
        If the file is not a photograph, is broken, has a pixel format without a fixed range, or
        would cost far more memory or time than a photograph of its size.
    UnwantedImageError
        If the photograph is too large, too small, or vertical where only landscape is wanted.
    """
    try:
        # Not by its path: Pillow would map an uncompressed TIFF, in the wrong shape if it is
        # stored on its side.
        with _opened(photograph) as file, open_image(file, rule.max_megapixels).image as image:
            return _square(image, rule)
    except (UnwantedImageError, UnreadableImageError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnwantedImageError("too large", *_claimed_size(photograph)) from error
    except Exception as error:  # a broken file can make a decoder raise anything
        raise UnreadableImageError(first_line(error, photograph)) from error


def _opened(photograph: Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    return photograph.open("rb") if isinstance(photograph, Path) else nullcontext(photograph)


def _claimed_size(photograph: Path | BinaryIO) -> tuple[int, int]:
    """Return width and height of a file that Pillow refuses to open; zeros for a GIF or a WebP."""
    for format_ in (JpegImageFile, PngImageFile, TiffImageFile, BmpImageFile):
        with suppress(Exception), _opened(photograph) as file:
            file.seek(0)
            return format_(file).size
    return 0, 0


def _square(image: Image.Image, rule: SquareRule) -> Square:
    width, height = image.size
    # Before the orientation is read: to find it, Pillow may decode the pixels of a PNG.
    if width * height / 1e6 > rule.max_megapixels:
        raise UnwantedImageError("too large", width, height)
    require_decodable(image, rule.max_megapixels)
    orientation = orientation_of(image)
    if orientation in TRANSPOSED_ORIENTATIONS:
        width, height = height, width
    if min(width, height) < rule.min_side:
        raise UnwantedImageError("too small", width, height)
    if rule.orientation == "landscape" and height > width:
        raise UnwantedImageError("vertical", width, height)

    profile, space = image.info.get("icc_profile"), space_of(image)
    side = DRAFT_FACTOR * rule.size
    full_size = image.size
    box = _draft(image, side)
    if image.size == tuple(-(-length // DC_SCALE) for length in full_size):
        image = _without_detail(image, side)
    image = level_greys(image)
    image = space.to_srgb(image) if space.mode == "CMYK" else to_rgb(image)
    # Crop and resize before turning upright and converting colours: fewer pixels to touch.
    image = image.resize(
        (rule.size, rule.size),
        Image.Resampling.LANCZOS,
        box=CROPS[rule.crop](box),
        reducing_gap=3.0,
    )
    image = turn_upright(image, orientation)
    if space.mode == "L" or (space.mode == "RGB" and not profile):
        image = space.to_srgb(image)
    elif profile:
        image = rgb_to_srgb(image, profile)
    return Square(np.asarray(image, dtype=np.uint8), width, height)


def _draft(image: Image.Image, side: int) -> Box:
    """Have a JPEG decoded at a fraction of its size; return the box that the photograph fills.

    The box ends within the last row and column of pixels if the size is not a multiple of the
    fraction: taking those as whole would squeeze the photograph.
    """
    drafted = image.draft(None, (side, side)) if image.format in ("JPEG", "MPO") else None
    return drafted[1] if drafted else (0, 0, *image.size)


def _without_detail(image: Image.Image, side: int) -> Image.Image:
    """Spare a progressive JPEG's decoder the coefficients that this scale does not use."""
    if image.format != "JPEG" or not image.info.get("progressive"):
        return image
    assert isinstance(image, ImageFile.ImageFile)
    assert image.fp is not None, "not yet decoded"
    image.fp.seek(0)
    lighter = strip_detail(image.fp.read())
    if lighter is None:
        return image
    opened = Image.open(io.BytesIO(lighter), formats=("JPEG",))
    _draft(opened, side)
    return opened


def _center(box: Box) -> Box:
    _, _, width, height = box
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


def _whole(box: Box) -> Box:
    return box


# The part of a photograph that becomes the square, before it is turned upright.
CROPS: dict[str, Callable[[Box], Box]] = {"center": _center, "stretch": _whole}

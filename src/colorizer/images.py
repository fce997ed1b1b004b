"""Safe decoding of photographs of any kind into upright sRGB, cropped and resized."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP")
SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".webp", ".tif", ".tiff", ".gif", ".bmp")
# A JPEG is decoded at no less than this many times the target size: below it quality suffers.
DRAFT_FACTOR = 2
ORIENTATION_TAG = 0x0112
# Pillow's own guard against decompression bombs knows one limit for all; SquareRule has ours,
# which is checked before any pixel is decoded.
Image.MAX_IMAGE_PIXELS = None
TRANSPOSED_ORIENTATIONS = (5, 6, 7, 8)
# What undoes each EXIF orientation (CIPA DC-008, tag 0x0112).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels
_SRGB = ImageCms.createProfile("sRGB")


class UnreadableImageError(Exception):
    """A file that cannot be decoded as a photograph; the message says why."""


class UnwantedImageError(Exception):
    """A readable photograph that the rules of preparation leave out; ``reason`` says which."""

    def __init__(self, reason: str, width: int, height: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.width = width
        self.height = height


@dataclass(frozen=True)
class SquareRule:
    """Which photographs to take, and how to make squares of ``size`` pixels of them."""

    size: int
    orientation: str
    crop: str
    min_side: int
    max_megapixels: float


@dataclass(frozen=True)
class Square:
    """A prepared photograph: pixels (size, size, 3) uint8 sRGB, and its original, upright size."""

    pixels: npt.NDArray[np.uint8]
    width: int
    height: int


def load_square(path: Path, rule: SquareRule) -> Square:
    """Decode a photograph and make the square that ``rule`` asks for.

    The EXIF orientation is applied, transparency is laid on white, an embedded colour profile is
    converted to sRGB, 16-bit and CMYK become 8-bit RGB, and of an animation the first frame is
    taken.

    Raises
    ------
    UnreadableImageError
        If the file is no photograph, is broken, or has a pixel format without a fixed range.
    UnwantedImageError
        If the photograph is too large, too small, or vertical where only landscape is wanted.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            return _square(image, rule)
    except UnwantedImageError:
        raise
    except Exception as error:  # a broken file makes a decoder raise whatever its parser meets
        raise UnreadableImageError(_first_line(error, path)) from error


def _square(image: Image.Image, rule: SquareRule) -> Square:
    width, height = image.size
    # Before the orientation is read: to look for it, Pillow may decode the pixels of a PNG.
    if width * height / 1e6 > rule.max_megapixels:
        raise UnwantedImageError("too large", width, height)
    orientation = _orientation(image)
    if orientation in TRANSPOSED_ORIENTATIONS:
        width, height = height, width
    if min(width, height) < rule.min_side:
        raise UnwantedImageError("too small", width, height)
    if rule.orientation == "landscape" and height > width:
        raise UnwantedImageError("vertical", width, height)

    profile = image.info.get("icc_profile")
    box = _draft(image, DRAFT_FACTOR * rule.size)
    image = to_rgb(image)
    # Crop and resize before turning upright and converting colours: fewer pixels to touch.
    image = image.resize(
        (rule.size, rule.size),
        Image.Resampling.LANCZOS,
        box=_center(box) if rule.crop == "center" else box,
        reducing_gap=3.0,
    )
    image = _upright(image, orientation)
    if profile:
        image = _to_srgb(image, profile)
    return Square(np.asarray(image, dtype=np.uint8), width, height)


def _draft(image: Image.Image, side: int) -> Box:
    """Let a JPEG be decoded at a fraction of its size; return the box that the pixels fill.

    The box ends within the last row and column of pixels where the size is no multiple of the
    fraction: to take those for whole would squeeze the photograph.
    """
    drafted = image.draft(None, (side, side)) if image.format in ("JPEG", "MPO") else None
    return drafted[1] if drafted else (0, 0, *image.size)


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert an image of any Pillow mode to 8-bit RGB; transparency is laid on white.

    Raises
    ------
    ValueError
        For 32-bit floating point, whose range is not fixed.
    """
    if image.mode == "F":
        raise ValueError("32-bit floating point pixels have no fixed range; save as 8 or 16 bit")
    if image.mode.startswith("I"):  # I;16 and its kin, and I where Pillow widened them
        wide = np.asarray(image).astype(np.int64)
        depth = 65535 if wide.max(initial=0) > 255 or image.mode != "I" else 255
        image = Image.fromarray((wide.clip(0, depth) * 255 / depth).round().astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image)
    return image.convert("RGB")


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return 1  # Pillow itself turns these upright
    try:
        value = image.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001  a corrupt EXIF block raises anything; the pixels may still be sound
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, _SRGB)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a broken or a CMYK profile: the plain conversion is the best there is
    return converted or image


def _center(box: Box) -> Box:
    _, _, width, height = box
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return left, top, left + side, top + side


def _first_line(error: Exception, path: Path) -> str:
    text = str(error).replace(str(path), path.name).strip() or type(error).__name__
    return text.splitlines()[0]

"""Safe decoding of photographs of any kind into upright sRGB, cropped and resized."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from colorizer.images.jpeg_dc import DC_SCALE, without_detail
from colorizer.images.limits import require_reasonable

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP")
# A JPEG is decoded at no less than this many times the target size: below it quality suffers.
DRAFT_FACTOR = 2
ORIENTATION_TAG = 0x0112
TILE_SIZE_TAGS = (0x0142, 0x0143)
# Pillow's own guard against decompression bombs knows one limit for all threads. It serves while
# a file is opened; what comes after is up to SquareRule.
Image.MAX_IMAGE_PIXELS = None
_PILLOW_LIMIT = Lock()
# Pillow decodes run-length-coded BMPs in Python, a pixel at a time: half a minute for so many.
MAX_RUN_LENGTH_MEGAPIXELS = 25
# Pixels that are converted at once: fewer cost time, more memory.
STRIP_PIXELS = 1 << 20
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


# What Python calls a file that it has opened by its path.
OPENED_FILE = re.compile(r"<_io\.\w+ name=(?:'[^']*'|\"[^\"]*\")>")


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


def load_square(photograph: Path | BinaryIO, rule: SquareRule) -> Square:
    """Decode a photograph, a path or an open file, and make the square that ``rule`` asks for.

    The EXIF orientation is applied, transparency is laid on white, an embedded colour profile is
    converted to sRGB, 16-bit and CMYK become 8-bit RGB, and of an animation the first frame is
    taken.

    While it is decoded, a photograph takes up to 16 bytes of memory a pixel; a JPEG, as a rule,
    less than one.

    Raises
    ------
    UnreadableImageError
        If the file is no photograph, is broken, has a pixel format without a fixed range, or
        would cost far more memory or time than a photograph of its size.
    UnwantedImageError
        If the photograph is too large, too small, or vertical where only landscape is wanted.
    """
    try:
        # Not by its path: Pillow maps an uncompressed TIFF then, in the wrong shape if it lies on
        # its side.
        with _opened(photograph) as file:
            require_reasonable(file, rule.max_megapixels)
            file.seek(0)
            with pillow_limited_to(rule.max_megapixels):
                image = Image.open(file, formats=FORMATS)
            with image:
                return _square(image, rule)
    except UnwantedImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnwantedImageError("too large", *_claimed_size(photograph)) from error
    except Exception as error:  # a broken file makes a decoder raise whatever its parser meets
        raise UnreadableImageError(first_line(error, photograph)) from error


def _opened(photograph: Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    return photograph.open("rb") if isinstance(photograph, Path) else nullcontext(photograph)


@contextmanager
def pillow_limited_to(max_megapixels: float) -> Iterator[None]:
    """Let Pillow refuse what is too large: for a GIF it takes memory before it tells the size."""
    with _PILLOW_LIMIT:
        Image.MAX_IMAGE_PIXELS = math.ceil(max_megapixels * 1e6)
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = None


def _claimed_size(photograph: Path | BinaryIO) -> tuple[int, int]:
    """Return width and height of what Pillow refuses to open; zeros if it is a GIF or a WebP."""
    for format_ in (JpegImageFile, PngImageFile, TiffImageFile, BmpImageFile):
        with suppress(Exception), _opened(photograph) as file:
            file.seek(0)
            return format_(file).size
    return 0, 0


def _square(image: Image.Image, rule: SquareRule) -> Square:
    width, height = image.size
    # Before the orientation is read: to look for it, Pillow may decode the pixels of a PNG.
    if width * height / 1e6 > rule.max_megapixels:
        raise UnwantedImageError("too large", width, height)
    require_decodable(image, rule.max_megapixels)
    orientation = _orientation(image)
    if orientation in TRANSPOSED_ORIENTATIONS:
        width, height = height, width
    if min(width, height) < rule.min_side:
        raise UnwantedImageError("too small", width, height)
    if rule.orientation == "landscape" and height > width:
        raise UnwantedImageError("vertical", width, height)

    profile = image.info.get("icc_profile")
    side = DRAFT_FACTOR * rule.size
    full_size = image.size
    box = _draft(image, side)
    if image.size == tuple(-(-length // DC_SCALE) for length in full_size):
        image = _without_detail(image, side)
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


def require_decodable(image: Image.Image, max_megapixels: float) -> None:
    """Raise ``ValueError`` if decoding takes far more than such an image should, or cannot be."""
    if isinstance(image, TiffImageFile):
        # Decoders take memory for a whole tile, though it may be larger than the image.
        tile = [image.tag_v2.get(tag, 0) for tag in TILE_SIZE_TAGS]
        if not all(isinstance(side, int) for side in tile):
            raise ValueError("a TIFF whose size of tiles is no number")
        if math.prod(tile) / 1e6 > max_megapixels:
            raise ValueError(f"a TIFF with tiles of {tile[0]}x{tile[1]} pixels")
    elif isinstance(image, BmpImageFile):
        is_coded = any(tile.codec_name == "bmp_rle" for tile in image.tile)
        if is_coded and math.prod(image.size) / 1e6 > MAX_RUN_LENGTH_MEGAPIXELS:
            raise ValueError(
                f"a run-length-coded BMP of more than {MAX_RUN_LENGTH_MEGAPIXELS} megapixels"
            )


def _draft(image: Image.Image, side: int) -> Box:
    """Let a JPEG be decoded at a fraction of its size; return the box that the pixels fill.

    The box ends within the last row and column of pixels where the size is no multiple of the
    fraction: to take those for whole would squeeze the photograph.
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
    lighter = without_detail(image.fp.read())
    if lighter is None:
        return image
    opened = Image.open(io.BytesIO(lighter), formats=("JPEG",))
    _draft(opened, side)
    return opened


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert an image of any Pillow mode to 8-bit RGB; transparency is laid on white.

    Raises
    ------
    ValueError
        For 32-bit floating point, whose range is not fixed.
    """
    if image.mode == "F":
        raise ValueError("32-bit floating point pixels have no fixed range; save as 8 or 16 bit")
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if not image.mode.startswith("I"):
        return _by_strips(image, _laid_on_white)
    # I;16 and its kin, and I where Pillow widened them.
    depth = 65535 if image.mode != "I" or highest(image) > 255 else 255
    return _by_strips(image, lambda strip: _narrowed(strip, depth))


def _by_strips(image: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Convert to RGB without a second and a third copy of the whole image in memory."""
    width, height = image.size
    converted = Image.new("RGB", image.size)
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        box = (0, top, width, min(top + rows, height))
        converted.paste(convert(image.crop(box)), box)
    return converted


def _laid_on_white(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image)
    return image.convert("RGB")


def _narrowed(image: Image.Image, depth: int) -> Image.Image:
    wide = np.asarray(image).astype(np.int64).clip(0, depth)
    return Image.fromarray((wide * 255 / depth).round().astype(np.uint8)).convert("RGB")


def highest(image: Image.Image) -> float:
    """Return the largest value of an image of one channel."""
    _, highest = cast(tuple[float, float], image.getextrema())
    return highest


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


def first_line(error: Exception, photograph: Path | BinaryIO) -> str:
    """Return what an error says, without where the photograph lies or how Python calls it."""
    # An open file shows up as Python's name for it, which changes from run to run.
    name = photograph.name if isinstance(photograph, Path) else "the file"
    opened = repr(name) if isinstance(photograph, Path) else name
    text = OPENED_FILE.sub(lambda _: opened, str(error))
    text = text.replace(str(photograph), name).replace(repr(photograph), name).strip()
    text = text or type(error).__name__
    return text.splitlines()[0]

"""What decoding a photograph may cost, and how it fails."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.TiffImagePlugin import TiffImageFile

READ_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "AVIF", "JPEG2000")
TILE_SIZE_TAGS = (0x0142, 0x0143)
# Pillow's own guard against decompression bombs has one limit for all threads. It is used while a
# file is opened; after that it is up to the decoders.
Image.MAX_IMAGE_PIXELS = None
_PILLOW_LIMIT = Lock()
# Pillow decodes run-length-coded BMPs in Python, a pixel at a time: half a minute for this many.
MAX_RUN_LENGTH_MEGAPIXELS = 25


# Python's name for a file that it has opened by its path.
OPENED_FILE = re.compile(r"<_io\.\w+ name=(?:'[^']*'|\"[^\"]*\")>")


class UnreadableImageError(Exception):
    """A file that cannot be decoded as a photograph; the message says why."""


@contextmanager
def pillow_limited_to(max_megapixels: float) -> Iterator[None]:
    """Make Pillow refuse what is too large: it allocates a GIF's memory before reporting its size.

    The limit is in 10^6 pixels.
    """
    with _PILLOW_LIMIT:
        Image.MAX_IMAGE_PIXELS = math.ceil(max_megapixels * 1e6)
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = None


def require_decodable(image: Image.Image, max_megapixels: float) -> None:
    """Raise ``ValueError`` if decoding would cost far more than it should, or is impossible."""
    if isinstance(image, TiffImageFile):
        # Decoders allocate a whole tile, though it may be larger than the image.
        tile = [image.tag_v2.get(tag, 0) for tag in TILE_SIZE_TAGS]
        if not all(isinstance(side, int) for side in tile):
            raise ValueError("a TIFF whose tile size is not a number")
        if math.prod(tile) / 1e6 > max_megapixels:
            raise ValueError(f"a TIFF with tiles of {tile[0]}x{tile[1]} pixels")
    elif isinstance(image, BmpImageFile):
        is_coded = any(tile.codec_name == "bmp_rle" for tile in image.tile)
        if is_coded and math.prod(image.size) / 1e6 > MAX_RUN_LENGTH_MEGAPIXELS:
            raise ValueError(
                f"a run-length-coded BMP of more than {MAX_RUN_LENGTH_MEGAPIXELS} megapixels"
            )


def first_line(error: Exception, photograph: Path | BinaryIO) -> str:
    """Return an error's first line, without the photograph's folder or Python's name for it."""
    # An open file appears under Python's name for it, which changes from run to run.
    name = photograph.name if isinstance(photograph, Path) else "the file"
    opened = repr(name) if isinstance(photograph, Path) else name
    text = OPENED_FILE.sub(lambda _: opened, str(error))
    text = text.replace(str(photograph), name).replace(repr(photograph), name).strip()
    text = text or type(error).__name__
    return text.splitlines()[0]

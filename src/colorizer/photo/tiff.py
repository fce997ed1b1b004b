"""Write TIFFs strip by strip: with 16 bits per channel, or compressed with EXIF.

Pillow reads both but can write neither.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2
from PIL.TiffTags import LONG

from colorizer.color.lightness_tables import Pixels

# Numbers from TIFF 6.0.
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
OFFSETS, SAMPLES, ROWS, BYTE_COUNTS, PLANAR = 273, 277, 278, 279, 284
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, PREDICTOR, ICC_PROFILE = 282, 283, 296, 317, 34675
AS_IT_IS, DEFLATE = 1, 8
RGB, CHUNKY, INCH, DIFFERENCES = 2, 1, 2, 2
EXTRA_SAMPLES, ALPHA = 338, 2
RGBA_CHANNELS = 4
BYTES = 7  # the type UNDEFINED
COMPRESS_LEVEL = 1  # higher levels take much longer for little gain
_HEADER = b"II*\0"
_ENTRY = struct.Struct("<HHLL")  # tag, type, number of values, the value or its offset


@dataclass(frozen=True)
class TiffMetadata:
    """What a TIFF says besides its pixels.

    Attributes
    ----------
    exif : bytes
        As Pillow returns it, from "Exif" on.
    profile : bytes or None
        ICC profile.
    dpi : tuple of float or None
        Pixels per inch, across and down.
    tags : mapping
        Further tags, whose values are bytes.
    """

    exif: bytes = b""
    profile: bytes | None = None
    dpi: tuple[float, float] | None = None
    tags: Mapping[int, bytes] = field(default_factory=dict)


def write_tiff(
    path: Path,
    strips: Iterable[Pixels],
    size: tuple[int, int],
    about: TiffMetadata = TiffMetadata(),
    is_compressed: bool = False,
) -> None:
    """Write a photograph strip by strip, as strips arrive.

    Parameters
    ----------
    path : Path
        The file to write.
    strips : iterable of ndarray
        (rows, width, C) from top to bottom, all but the last with the same number of rows; all
        uint8 or all uint16. C is 3 (RGB) or 4 (RGB and alpha).
    size : tuple of int
        Width and height in pixels.
    about : TiffMetadata
        What the file says besides its pixels.
    is_compressed : bool
        Deflate the differences of neighbouring pixels; else store the pixels uncompressed.
    """
    offsets, counts, first = [], [], None
    with path.open("wb") as file:
        file.write(_HEADER + bytes(4))
        for strip in strips:
            first = strip if first is None else first
            offsets.append(file.tell())
            counts.append(file.write(_packed(strip) if is_compressed else _stored(strip)))
        assert first is not None, "no photograph is of no rows"
        file.write(bytes(file.tell() % 2))
        start = file.tell()
        directory = _directory_of(about.exif)
        directory[WIDTH], directory[HEIGHT] = size
        rows, _, channels = first.shape
        directory[BITS], directory[SAMPLES] = (8 * first.itemsize,) * channels, channels
        if channels == RGBA_CHANNELS:
            directory[EXTRA_SAMPLES] = ALPHA
        directory[COMPRESSION] = DEFLATE if is_compressed else AS_IT_IS
        directory[PHOTOMETRIC], directory[PLANAR] = RGB, CHUNKY
        directory[OFFSETS], directory[BYTE_COUNTS] = (0,) * len(offsets), tuple(counts)
        directory.tagtype[OFFSETS] = LONG
        directory[ROWS] = rows
        if is_compressed:
            directory[PREDICTOR] = DIFFERENCES
        if about.profile:
            directory[ICC_PROFILE] = about.profile
        if about.dpi:
            directory[X_RESOLUTION], directory[Y_RESOLUTION] = about.dpi
            directory[RESOLUTION_UNIT] = INCH
        for tag, value in about.tags.items():
            directory[tag], directory.tagtype[tag] = value, BYTES
        file.write(_placed(directory.tobytes(start), start, offsets))
        file.seek(len(_HEADER))
        file.write(struct.pack("<L", start))


def _stored(strip: Pixels) -> bytes:
    return strip.astype(strip.dtype.newbyteorder("<")).tobytes()


def _packed(strip: Pixels) -> bytes:
    differences = strip.copy()
    differences[:, 1:] -= strip[:, :-1]
    return zlib.compress(_stored(differences), COMPRESS_LEVEL)


def _placed(directory: bytes, start: int, offsets: Sequence[int]) -> bytes:
    """Return a directory with the strips' offsets, as Pillow assumes that strips follow it."""
    placed = bytearray(directory)
    (count,) = struct.unpack_from("<H", placed)
    for entry in range(2, 2 + count * _ENTRY.size, _ENTRY.size):
        tag, _, values, place = _ENTRY.unpack_from(placed, entry)
        if tag == OFFSETS:
            at = entry + _ENTRY.size - 4 if values == 1 else place - start
            struct.pack_into(f"<{values}L", placed, at, *offsets)
    return bytes(placed)


def _directory_of(exif: bytes) -> ImageFileDirectory_v2:
    directory = ImageFileDirectory_v2(_HEADER + struct.pack("<L", 8))
    if exif:
        loaded = Image.Exif()
        loaded.load(exif)
        for tag, value in loaded.items():
            directory[tag] = loaded.get_ifd(tag) or value
    return directory

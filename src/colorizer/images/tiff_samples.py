"""TIFFs whose pixels Pillow has no mode for: 10 and 14 bits, greys with alpha or more channels.

Pillow still undoes the compression: it is shown the same strips or tiles as a plain picture of
one channel, ``channels`` times as wide, and what it reads is taken apart here.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from colorizer.images.orientation import ORIENTATION_TAG, turn_upright

# Tags of TIFF 6.0 and its supplements, and their values.
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 256, 257, 258, 259, 262, 266
CHANNELS, PLANAR, PREDICTOR, TILE_WIDTH, EXTRA_SAMPLES, SAMPLE_FORMAT = (
    277,
    284,
    317,
    322,
    338,
    339,
)
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, ICC_PROFILE = 282, 283, 296, 34675
INCH, CENTIMETER = 2, 3
# What it shows, camera, program, time, author and rights.
DESCRIPTIONS = (270, 271, 272, 305, 306, 315, 33432)
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2
CHUNKY, LEAST_BIT_FIRST, HORIZONTAL = 1, 2, 2
UNSIGNED, LONG = 1, 4
ASSOCIATED_ALPHA, UNASSOCIATED_ALPHA = 1, 2
# Tags that say where the pixels are: strips or tiles.
_LAYOUT = (HEIGHT, COMPRESSION, 273, 278, 279, TILE_WIDTH, 323, 324, 325)
# JPEG compression knows about channels: it cannot be read as one.
_CHANNELWISE = (6, 7)
_DEPTHS = range(1, 17)
_CLASSIC = (b"II*\0", b"MM\0*")


class UnknownSamplesError(Exception):
    """Pixels of a kind that cannot be read; the message says which."""


@dataclass(frozen=True)
class Samples:
    """The pixels of a TIFF.

    Attributes
    ----------
    image : Image
        Mode L or I;16 for greys, LA for greys with alpha, RGB or RGBA; white is the highest value.
    left_out : int
        Channels, such as infrared, that are neither colour nor alpha.
    """

    image: Image.Image
    left_out: int


def read_samples(file: BinaryIO, max_megapixels: float) -> Samples:
    """Read the first page of a TIFF.

    Parameters
    ----------
    file : file
        Its content.
    max_megapixels : float
        10^6 pixels, the most that it may have.

    Raises
    ------
    UnknownSamplesError
        If the pixels are of a kind that this cannot read either.
    OSError, ValueError, SyntaxError
        If the file is broken.
    """
    file.seek(0)
    content = file.read()
    if content[:4] not in _CLASSIC:
        raise UnknownSamplesError("a TIFF of a kind that cannot be read")
    tags = ImageFileDirectory_v2(content[:8])
    source = io.BytesIO(content)
    source.seek(tags.next)
    tags.load(source)
    kind = _Kind.of(tags)
    if kind.width * kind.height > max_megapixels * 1e6:
        raise UnknownSamplesError(f"a TIFF of more than {max_megapixels:g} megapixels")
    samples = _assemble(_values(content, tags, kind), kind)
    image = turn_upright(samples.image, tags.get(ORIENTATION_TAG, 1))
    image.info.update(_info_of(tags))
    return Samples(image, samples.left_out)


def _info_of(tags: Any) -> dict[str, Any]:
    """Return what Pillow tells about other TIFFs: profile, resolution and description."""
    info: dict[str, Any] = {}
    if ICC_PROFILE in tags:
        info["icc_profile"] = tags[ICC_PROFILE]
    if X_RESOLUTION in tags and Y_RESOLUTION in tags:
        per_inch = {INCH: 1.0, CENTIMETER: 2.54}.get(tags.get(RESOLUTION_UNIT, INCH))
        if per_inch:
            resolution = (tags[X_RESOLUTION], tags[Y_RESOLUTION])
            info["dpi"] = tuple(float(value) * per_inch for value in resolution)
    exif = Image.Exif()
    for tag in DESCRIPTIONS:
        if tag in tags:
            exif[tag] = tags[tag]
    if exif:
        info["exif"] = exif.tobytes()
    return info


@dataclass(frozen=True)
class _Kind:
    width: int
    height: int
    bits: int
    channels: int
    photometric: int
    extra: tuple[int, ...]
    predictor: int
    across: int  # pixels in a row of a tile or a strip

    @classmethod
    def of(cls, tags: Any) -> _Kind:
        channels = tags.get(CHANNELS, 1)
        bits, formats = set(tags.get(BITS, (1,))), set(tags.get(SAMPLE_FORMAT, (UNSIGNED,)))
        photometric, compression = tags.get(PHOTOMETRIC), tags.get(COMPRESSION, 1)
        depth = max(bits)
        predictor = tags.get(PREDICTOR, 1)
        colors = 3 if photometric == RGB else 1
        can_be_read = (
            photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB)
            and len(bits) == 1
            and depth in _DEPTHS
            and formats == {UNSIGNED}
            and channels >= colors
            and (channels == 1 or tags.get(PLANAR, CHUNKY) == CHUNKY)
            and compression not in _CHANNELWISE
            and (predictor == 1 or (predictor == HORIZONTAL and depth in (8, 16)))
            and (tags.get(FILL_ORDER, 1) != LEAST_BIT_FIRST)
            and (depth in (8, 16) or TILE_WIDTH not in tags)
        )
        if not can_be_read:
            sign = "" if formats == {UNSIGNED} else ", signed or floating point"
            raise UnknownSamplesError(
                f"a TIFF of {channels} channels of {'/'.join(map(str, sorted(bits)))} bits{sign} "
                f"(photometric interpretation {photometric}, compression {compression}), which "
                "cannot be read; save it with 8 or 16 bits per channel"
            )
        extra = tuple(tags.get(EXTRA_SAMPLES, ()))[: channels - colors]
        extra += (0,) * (channels - colors - len(extra))
        width = tags[WIDTH]
        across = tags.get(TILE_WIDTH, width)
        return cls(width, tags[HEIGHT], depth, channels, photometric, extra, predictor, across)


def _values(content: bytes, tags: Any, kind: _Kind) -> npt.NDArray[np.uint16]:
    """Return the samples as they are stored, (H, W, channels)."""
    row = kind.width * kind.channels
    is_packed = kind.bits not in (8, 16)
    width = -(-row * kind.bits // 8) if is_packed else row
    kept = {tag: tags[tag] for tag in _LAYOUT if tag in tags}
    if TILE_WIDTH in kept:
        kept[TILE_WIDTH] *= kind.channels
    kept |= {WIDTH: width, BITS: 8 if is_packed else kind.bits, CHANNELS: 1}
    plain = _with_tags(content, {**kept, PHOTOMETRIC: BLACK_IS_ZERO})
    with Image.open(io.BytesIO(plain), formats=("TIFF",)) as image:
        stored = np.asarray(image).astype(np.uint16)
    if is_packed:
        stored = _unpack(stored.astype(np.uint8), row, kind.bits)
    values = stored.reshape(kind.height, kind.width, kind.channels)
    if kind.predictor == HORIZONTAL:  # differences between neighbours, anew in each tile
        for tile in np.split(values, range(kind.across, kind.width, kind.across), axis=1):
            tile[...] = np.cumsum(tile, axis=1, dtype=np.uint16)
        values &= np.uint16((1 << kind.bits) - 1)
    return values


def _with_tags(content: bytes, tags: dict[int, int | tuple[int, ...]]) -> bytes:
    """Return a TIFF's content with these tags alone, in a page of their own at its end."""
    order = "<" if content.startswith(b"II") else ">"
    data = content + bytes(len(content) % 2)
    entries = []
    for tag, value in sorted(tags.items()):
        values = value if isinstance(value, tuple) else (value,)
        place = values[0]
        if len(values) > 1:
            place, data = len(data), data + struct.pack(f"{order}{len(values)}L", *values)
        entries.append(struct.pack(f"{order}HHLL", tag, LONG, len(values), place))
    page = struct.pack(f"{order}H", len(entries)) + b"".join(entries) + bytes(4)
    return data[:4] + struct.pack(f"{order}L", len(data)) + data[8:] + page


def _unpack(rows: npt.NDArray[np.uint8], count: int, bits: int) -> npt.NDArray[np.uint16]:
    """Return ``count`` numbers of ``bits`` bits from each row of bytes, highest bit first."""
    single = np.unpackbits(rows, axis=1)[:, : count * bits].reshape(len(rows), count, bits)
    values = np.zeros(single.shape[:2], np.uint16)
    for bit in range(bits):
        values = values << 1 | single[..., bit]
    return values


def _assemble(values: npt.NDArray[np.uint16], kind: _Kind) -> Samples:
    white = (1 << kind.bits) - 1
    colors = 3 if kind.photometric == RGB else 1
    alphas = [n for n, use in enumerate(kind.extra) if use in (1, 2)][:1]
    left_out = len(kind.extra) - len(alphas)
    color: npt.NDArray[np.float32] = (values[..., :colors] / white).astype(np.float32)
    if kind.photometric == WHITE_IS_ZERO:
        color = np.float32(1) - color
    if not alphas:
        return Samples(_as_image(color, kind.bits), left_out)
    alpha = (values[..., colors + alphas[0], None] / white).astype(np.float32)
    if kind.extra[alphas[0]] == ASSOCIATED_ALPHA:
        color = np.divide(color, alpha, out=np.ones_like(color), where=alpha > 0)
    return Samples(_as_image(np.concatenate([color, alpha], axis=-1), 8), left_out)


def _as_image(channels: npt.NDArray[np.float32], bits: int) -> Image.Image:
    """Return (H, W, C) in [0, 1] as an image: greys of more than 8 bits keep 16."""
    if channels.shape[-1] == 1:
        channels = channels[..., 0]
        if bits > 8:
            return Image.fromarray((channels * 65535).round().clip(0, 65535).astype(np.uint16))
    return Image.fromarray((channels * 255).round().clip(0, 255).astype(np.uint8))

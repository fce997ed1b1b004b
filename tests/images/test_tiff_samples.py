"""Rare TIFFs, written here sample by sample or by tifffile, give the light they mean."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image

from colorizer.images.tiff_samples import UnknownSamplesError, read_samples

WIDTH, HEIGHT = 63, 40  # rows of packed samples end within a byte
RAMP = np.linspace(0, 1, WIDTH)[None].repeat(HEIGHT, 0)


def packed(bits: int, photometric: int, order: str, **tags: int) -> io.BytesIO:
    """Return an uncompressed TIFF of :data:`RAMP` in samples of any number of bits."""
    white = (1 << bits) - 1
    stored = (RAMP if photometric else 1 - RAMP) * white
    rows = ["".join(f"{int(value):0{bits}b}" for value in row) for row in stored.round()]
    rows = [row + "0" * (-len(row) % 8) for row in rows]
    data = b"".join(int(row, 2).to_bytes(len(row) // 8, "big") for row in rows)
    data += bytes(len(data) % 2)
    entries = {256: WIDTH, 257: HEIGHT, 258: bits, 259: 1, 262: photometric, 273: 8, 277: 1}
    entries |= {278: HEIGHT, 279: len(data)} | {int(tag[1:]): value for tag, value in tags.items()}
    page = struct.pack(f"{order}H", len(entries))
    for tag, value in sorted(entries.items()):
        page += struct.pack(f"{order}HHLL", tag, 4, 1, value)
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}L", 8 + len(data))
    return io.BytesIO(head + data + page + bytes(4))


def shares(image: Image.Image) -> npt.NDArray[np.float64]:
    """Return the channels of an image in [0, 1]."""
    return np.asarray(image) / (65535 if image.mode == "I;16" else 255)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("bits", [5, 6, 10, 12, 14])
def test_white_is_the_highest_number_of_the_bits(bits: int, photometric: int, order: str) -> None:
    image = read_samples(packed(bits, photometric, order), 1).image

    assert image.mode == ("I;16" if bits > 8 else "L")
    white = (1 << bits) - 1
    expected = (RAMP * white).round() / white
    if not photometric:
        expected = 1 - ((1 - RAMP) * white).round() / white
    assert abs(shares(image) - expected).max() <= (1e-5 if bits > 8 else 0.5 / 255 + 1e-9)


def written(channels: list[npt.NDArray[Any]], extra: list[str], **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        np.stack(channels, axis=-1),
        photometric="minisblack",
        planarconfig="contig",
        extrasamples=extra,
        **options,
    )
    return file


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("tile", [None, (32, 32)])
@pytest.mark.parametrize(
    ("compression", "predictor"), [(None, None), ("zlib", None), ("zlib", True)]
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_channels_that_are_no_colour_are_counted(
    dtype: type[Any], compression: str | None, predictor: bool | None, tile: Any, order: str
) -> None:
    white = np.iinfo(dtype).max
    grey = (RAMP * white).round().astype(dtype)
    infrared = np.random.default_rng(0).integers(0, white, grey.shape, dtype=dtype)
    file = written(
        [grey, infrared, infrared],
        ["unspecified", "unspecified"],
        compression=compression,
        predictor=predictor,
        tile=tile,
        byteorder=order,
    )

    samples = read_samples(file, 1)

    assert samples.left_out == 2
    assert samples.image.mode == ("L" if dtype is np.uint8 else "I;16")
    assert abs(shares(samples.image) - grey / white).max() <= 1e-5


@pytest.mark.parametrize("is_associated", [True, False])
def test_greys_that_are_multiplied_by_alpha_are_divided(is_associated: bool) -> None:
    alpha = np.linspace(0.5, 1, HEIGHT)[:, None].repeat(WIDTH, 1)
    stored = RAMP * alpha if is_associated else RAMP
    channels = [(channel * 255).round().astype(np.uint8) for channel in (stored, alpha)]
    file = written(channels, ["assocalpha" if is_associated else "unassalpha"])

    samples = read_samples(file, 1)

    assert (samples.image.mode, samples.left_out) == ("LA", 0)
    grey, found = np.moveaxis(shares(samples.image), -1, 0)
    assert abs(grey - RAMP).max() <= 2.5 / 255  # both are rounded, and alpha is down to a half
    assert abs(found - alpha).max() <= 0.5 / 255 + 1e-9


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (packed(12, 1, "<", t339=2), r"a TIFF of 1 channels of 12 bits, signed or floating point"),
        (packed(12, 1, "<", t266=2), r"a TIFF of 1 channels of 12 bits \(photometric"),
        (packed(12, 5, "<"), r"photometric interpretation 5, compression 1\), which cannot be"),
        (packed(12, 1, "<", t256=10**6), r"a TIFF of more than 1 megapixels"),
        (io.BytesIO(b"II+\0" + bytes(20)), r"a TIFF of a kind that cannot be read"),
    ],
)
def test_what_it_cannot_read_is_named(file: io.BytesIO, message: str) -> None:
    with pytest.raises(UnknownSamplesError, match=message):
        read_samples(file, 1)

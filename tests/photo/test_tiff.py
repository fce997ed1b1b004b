from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image

from colorizer.color.lightness_tables import Pixels
from colorizer.photo.tiff import TiffMetadata, write_tiff
from tests.photo_helpers import SRGB, opened

ARTIST = 0x013B


def photograph(channels: int = 3, type_: type = np.uint16) -> Pixels:
    noise = np.random.default_rng(0).bytes(50 * 30 * channels * np.dtype(type_).itemsize)
    return np.frombuffer(noise, type_).reshape(50, 30, channels)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("rows", [7, 50])
@pytest.mark.parametrize(
    ("channels", "type_", "mode"),
    [(3, np.uint16, "RGB"), (4, np.uint16, "RGBA"), (3, np.uint8, "RGB"), (4, np.uint8, "RGBA")],
)
def test_pixels_are_read_back_as_they_are(
    tmp_path: Path, compressed: bool, rows: int, channels: int, type_: type, mode: str
) -> None:
    pixels = photograph(channels, type_)
    strips = (pixels[top : top + rows] for top in range(0, 50, rows))

    write_tiff(tmp_path / "a.tif", strips, (30, 50), is_compressed=compressed)

    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), pixels)
    image = opened(tmp_path / "a.tif")
    assert (image.mode, image.size) == (mode, (30, 50))
    np.testing.assert_allclose(np.asarray(image), pixels >> (8 * pixels.itemsize - 8), atol=1)


def test_smooth_photographs_are_smaller_compressed(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 300 * 100).astype(np.uint16)
    pixels = np.stack([ramp.reshape(100, 300)] * 3, axis=-1)
    for compressed in (False, True):
        write_tiff(tmp_path / f"{compressed}.tif", [pixels], (300, 100), is_compressed=compressed)

    assert (tmp_path / "False.tif").stat().st_size > 300 * 100 * 6
    assert (tmp_path / "True.tif").stat().st_size < 300 * 100


@pytest.mark.parametrize("compressed", [False, True])
def test_what_is_said_of_it_is_kept(tmp_path: Path, compressed: bool) -> None:
    exif = Image.Exif()
    exif[ARTIST] = "Somebody"
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.DateTimeOriginal: "1910:01:02 03:04:05"}

    about = TiffMetadata(exif.tobytes(), SRGB, (300, 400), {700: b"<x/>"})
    write_tiff(tmp_path / "a.tif", [photograph()], (30, 50), about, is_compressed=compressed)

    image = opened(tmp_path / "a.tif")
    assert image.info["icc_profile"] == SRGB
    assert image.info["dpi"] == (300, 400)
    assert image.info["xmp"] == b"<x/>"
    with Image.open(tmp_path / "a.tif") as opened_again:
        found = opened_again.getexif()
        assert found[ARTIST] == "Somebody"
        details = found.get_ifd(ExifTags.IFD.Exif)
        assert details[ExifTags.Base.DateTimeOriginal] == "1910:01:02 03:04:05"

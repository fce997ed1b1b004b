from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageFile

from colorizer.common.extras import how_to_install
from colorizer.images.decode import UnreadableImageError
from colorizer.photo.formats import has_heif
from colorizer.photo.read import Photo, read_photo, sized_exif
from tests.data_helpers import colorful, encoded
from tests.hostile_images import BROKEN, gif, tiled_tiff, webp
from tests.images.test_square import (
    LOSSLESS,
    STORED,
    chunk,
    oversized_bmp,
    oversized_jpeg,
    png_header,
    quadrants,
    solid,
    turned,
)
from tests.photo_helpers import SRGB, greys

ARTIST, DATE = ExifTags.Base.Artist, ExifTags.Base.DateTimeOriginal
ORIENTATION, WIDTH = ExifTags.Base.Orientation, ExifTags.Base.ExifImageWidth
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")


def read(folder: Path, content: bytes) -> Photo:
    (folder / "photograph").write_bytes(content)
    return read_photo(folder / "photograph")


def exif_of(photo: Photo) -> Image.Exif:
    exif = Image.Exif()
    exif.load(photo.exif)
    return exif


def error_of(folder: Path, content: bytes) -> str:
    with pytest.raises(UnreadableImageError) as raised:
        read(folder, content)
    return str(raised.value)


def described() -> Image.Exif:
    exif = Image.Exif()
    exif[ARTIST] = "Somebody"
    exif[ExifTags.IFD.Exif] = {DATE: "1910:01:02 03:04:05", WIDTH: 48}
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N"}
    return exif


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("format_", ["JPEG", *LOSSLESS])
@pytest.mark.parametrize("orientation", STORED)
def test_photograph_is_upright_and_is_not_turned_again(
    tmp_path: Path, orientation: int, format_: str, mode: str
) -> None:
    image = quadrants().convert(mode)

    photo = read(tmp_path, turned(orientation, format_, image))

    assert photo.image.size == (64, 32)
    found, expected = np.asarray(photo.image.convert("RGB")), np.asarray(image.convert("RGB"))
    # Away from the edges, which a JPEG may blur.
    inner = np.ix_([*range(12), *range(20, 32)], [*range(28), *range(36, 64)])
    np.testing.assert_allclose(found[inner], expected[inner], atol=6)
    assert ORIENTATION not in exif_of(photo)


@pytest.mark.parametrize("format_", FORMATS)
def test_exif_is_kept(tmp_path: Path, format_: str) -> None:
    photo = read(tmp_path, encoded(colorful(1), format_, exif=described().tobytes()))

    exif = exif_of(photo)
    assert dict(exif)[ARTIST] == "Somebody"
    assert exif.get_ifd(ExifTags.IFD.Exif)[DATE] == "1910:01:02 03:04:05"
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"


def test_of_a_tiff_only_what_is_not_of_its_pixels_is_exif(tmp_path: Path) -> None:
    photo = read(tmp_path, encoded(greys(), "TIFF", exif=described().tobytes()))

    assert set(exif_of(photo)) == {ARTIST, ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo}


@pytest.mark.parametrize("format_", FORMATS)
def test_without_exif_there_is_none(tmp_path: Path, format_: str) -> None:
    assert read(tmp_path, encoded(colorful(1), format_)).exif == b""


@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0garbage!", b"Exif\0\0II*\0\10"],
)
def test_corrupt_exif_does_not_spoil_sound_pixels(tmp_path: Path, exif: bytes) -> None:
    photo = read(tmp_path, encoded(colorful(1), "JPEG", exif=exif))

    assert photo.exif == b""
    assert photo.image.size == (48, 32)


def test_size_in_exif_is_that_of_the_file() -> None:
    exif = Image.Exif()
    exif.load(sized_exif(described().tobytes(), (96, 32)))

    details = exif.get_ifd(ExifTags.IFD.Exif)
    assert (details[WIDTH], details[DATE]) == (96, "1910:01:02 03:04:05")
    assert ExifTags.Base.ExifImageHeight not in details
    assert exif[ARTIST] == "Somebody"


def test_exif_that_names_no_size_stays_as_it_is() -> None:
    exif = Image.Exif()
    exif[ARTIST] = "Somebody"

    for content in (exif.tobytes(), b""):
        assert sized_exif(content, (96, 32)) == content


@pytest.mark.parametrize(
    ("format_", "options", "dpi"),
    [
        ("JPEG", {"dpi": (300, 200)}, (300, 200)),
        ("PNG", {"dpi": (300, 200)}, (300, 200)),
        ("TIFF", {"dpi": (300, 200)}, (300, 200)),
        ("JPEG", {}, None),
        ("TIFF", {"dpi": (0, 200)}, None),
        ("WEBP", {}, None),
    ],
)
def test_resolution_is_read(
    tmp_path: Path, format_: str, options: dict[str, Any], dpi: tuple[float, float] | None
) -> None:
    found = read(tmp_path, encoded(greys(), format_, **options)).dpi

    assert found == (None if dpi is None else pytest.approx(dpi, rel=1e-4))


@pytest.mark.parametrize("format_", FORMATS)
def test_profile_is_read(tmp_path: Path, format_: str) -> None:
    assert read(tmp_path, encoded(colorful(1), format_, icc_profile=SRGB)).space.written == SRGB


@pytest.mark.parametrize(
    ("compression", "is_compressed"), [("raw", False), ("tiff_lzw", True), ("jpeg", True)]
)
def test_compression_of_a_tiff_is_known(
    tmp_path: Path, compression: str, is_compressed: bool
) -> None:
    photo = read(tmp_path, encoded(greys(), "TIFF", compression=compression))

    assert photo.is_compressed == is_compressed


def test_of_an_animation_the_first_frame_is_taken(tmp_path: Path) -> None:
    frames = {"save_all": True, "append_images": [solid("L", 200), solid("L", 250)]}

    photo = read(tmp_path, encoded(solid("L", 90), "GIF", **frames))

    assert photo.image.convert("RGB").getpixel((0, 0)) == (90, 90, 90)


def test_white_may_be_zero_in_16_bits(tmp_path: Path) -> None:
    content = bytearray(encoded(solid("I;16", 1000), "TIFF"))
    entry = content.index(b"\x06\x01\x03\0\x01\0\0\0\x01")  # black is zero
    content[entry + 8] = 0

    photo = read(tmp_path, bytes(content))

    assert photo.image.getpixel((0, 0)) == 64535


@pytest.mark.parametrize("content", BROKEN)
def test_broken_file_is_unreadable(tmp_path: Path, content: bytes) -> None:
    error = error_of(tmp_path, content)

    assert error
    assert "\n" not in error
    assert str(tmp_path) not in error


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param(encoded(solid("F", 0.5), "TIFF"), "32-bit floating point pixels", id="F"),
        pytest.param(tiled_tiff(40, 30, tile=16_384), "a TIFF with tiles of 16384x", id="tile"),
        pytest.param(b"\xff\xd8" + b"\xff\xfe\0\2" * 10_001, "a JPEG of more than", id="segments"),
        pytest.param(gif(65_535, 65_535), "more than 250 megapixels", id="GIF"),
        pytest.param(webp(16_384), "more than 250 megapixels", id="WebP"),
        pytest.param(png_header(50_000, 50_000), "more than 250 megapixels", id="PNG"),
        pytest.param(
            png_header(50_000, 50_000, chunk(b"eXIf", b"MM")), "more than 250", id="PNG with EXIF"
        ),
        pytest.param(png_header(20_000, 13_000), "more than 250 megapixels", id="just too large"),
        pytest.param(oversized_jpeg(), "more than 250 megapixels", id="JPEG"),
        pytest.param(oversized_bmp(), "more than 250 megapixels", id="BMP"),
    ],
)
def test_hostile_file_is_refused_undecoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, error: str
) -> None:
    decoded: list[Image.Image] = []
    monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", decoded.append)

    assert error_of(tmp_path, content).startswith(error)
    assert decoded == []


def test_limit_is_what_is_asked_for(tmp_path: Path) -> None:
    for height in (200, 201):
        greys(300, height).save(tmp_path / f"{height}.png")

    assert read_photo(tmp_path / "200.png", 0.06).image.size == (300, 200)
    with pytest.raises(UnreadableImageError, match=r"more than 0\.06 megapixels"):
        read_photo(tmp_path / "201.png", 0.06)


def test_want_of_memory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(image: Image.Image) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", fail)

    assert error_of(tmp_path, encoded(greys(), "PNG")) == "there is not enough memory for it"


def test_heic_without_its_plug_in_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("colorizer.photo.read.has_heif", lambda: False)
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic")

    with pytest.raises(UnreadableImageError) as raised:
        read_photo(tmp_path / "a.heic")

    assert str(raised.value) == f"HEIC needs a plug-in: {how_to_install('heic')}"


def test_heic_is_read_with_its_plug_in(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    assert has_heif()
    greys(64, 48).convert("RGB").save(file, "HEIF", quality=95)

    photo = read(tmp_path, file.getvalue())

    assert photo.image.size == (64, 48)

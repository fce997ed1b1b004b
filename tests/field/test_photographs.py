"""Photographs as the field has them: what is seen of each is the light that its file means.

Each kind names the public report that it was met in; docs/field.md lists them.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from PIL import Image, features

from colorizer.cli.main import main
from colorizer.images.decode import UnreadableImageError
from colorizer.images.square import SquareRule, load_square
from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.read import read_photo
from tests.images.test_tiff_samples import packed
from tests.network_helpers import repeatable
from tests.photo_helpers import colorist, grey_profile, lab_of, opened, scanner_profile

WIDTH, HEIGHT = 63, 40
RAMP = np.linspace(0, 1, WIDTH)[None].repeat(HEIGHT, 0)
Floats = npt.NDArray[np.float64]
# Half a step of 8-bit sRGB is up to 0.3 in dark greys.
TOLERANCE = 0.5


def lightness(linear: Floats) -> Floats:
    """Return L of linear light in [0, 1], by CIE 15:2004, 8.2.1."""
    return np.where(linear > (24 / 116) ** 3, 116 * np.cbrt(linear) - 16, 24389 / 27 * linear)


def srgb(encoded: Floats) -> Floats:
    """Return linear light of sRGB in [0, 1], by IEC 61966-2-1."""
    return np.where(encoded > 0.04045, ((encoded + 0.055) / 1.055) ** 2.4, encoded / 12.92)


def rounded(white: int) -> Floats:
    return (RAMP * white).round() / white


def to_bytes(image: Image.Image, format_: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def grey(white: int) -> Image.Image:
    """Return the ramp in 8 or in 16 bits."""
    return Image.fromarray((RAMP * white).round().astype(np.uint8 if white == 255 else np.uint16))


def tiff(values: npt.NDArray[Any], **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, photometric="minisblack", **options)
    return file.getvalue()


def png_with(chunk: bytes, content: bytes, image: Image.Image) -> bytes:
    """Return a PNG with one more chunk before its pixels."""
    import zlib

    png = to_bytes(image, "PNG")
    body = chunk + content
    added = struct.pack(">L", len(content)) + body + struct.pack(">L", zlib.crc32(body))
    place = png.index(b"IDAT") - 4
    return png[:place] + added + png[place:]


def gamma(value: float, image: Image.Image) -> bytes:
    return png_with(b"gAMA", struct.pack(">L", round(value * 100_000)), image)


def associated_alpha() -> bytes:
    alpha = np.full(RAMP.shape, 0.5)
    stored = np.stack([RAMP * alpha, alpha], axis=-1)
    return tiff(
        (stored * 255).round().astype(np.uint8), extrasamples=["assocalpha"], planarconfig="contig"
    )


def infrared() -> bytes:
    stored = np.stack([RAMP, 1 - RAMP], axis=-1)
    return tiff(
        (stored * 65535).round().astype(np.uint16),
        extrasamples=["unspecified"],
        planarconfig="contig",
    )


def preview_first() -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        writer.write(np.full((30, 40), 99, np.uint8), photometric="minisblack", subfiletype=1)
        writer.write(np.asarray(grey(255)), photometric="minisblack")
    return file.getvalue()


def of_the_scanner() -> bytes:
    image = grey(255).convert("RGB")
    return to_bytes(image, "PNG", icc_profile=scanner_profile())


# By kind: the file, and the lightness that it means.
KINDS: dict[str, tuple[Callable[[], bytes], Floats]] = {
    # nomacs/nomacs#706, python-pillow/Pillow#2610
    "10 bits": (lambda: packed(10, 1, "<").getvalue(), lightness(srgb(rounded(1023)))),
    "12 bits": (lambda: packed(12, 1, ">").getvalue(), lightness(srgb(rounded(4095)))),
    "14 bits": (lambda: packed(14, 1, "<").getvalue(), lightness(srgb(rounded(16383)))),
    "12 bits, white is zero": (lambda: packed(12, 0, "<").getvalue(), lightness(srgb(RAMP))),
    "16 bits": (lambda: to_bytes(grey(65535), "TIFF"), lightness(srgb(RAMP))),
    "16 bits, PNG": (lambda: to_bytes(grey(65535), "PNG"), lightness(srgb(RAMP))),
    "32 bits": (
        lambda: tiff((RAMP * 0xFFFFFFFF).round().astype(np.uint32)),
        lightness(srgb(RAMP)),
    ),
    # mm2/Little-CMS#248
    "linear grey profile": (
        lambda: to_bytes(grey(255), "PNG", icc_profile=grey_profile(1.0)),
        lightness(rounded(255)),
    ),
    "linear grey profile, 16 bits": (
        lambda: to_bytes(grey(65535), "TIFF", icc_profile=grey_profile(1.0)),
        lightness(RAMP),
    ),
    "grey profile of gamma 1.8": (
        lambda: to_bytes(grey(255), "JPEG", quality=100, icc_profile=grey_profile(1.8)),
        lightness(rounded(255) ** (461 / 256)),
    ),
    # mm2/Little-CMS#188
    "profile of a scanner": (of_the_scanner, 100 * rounded(255)),
    # d2phap/ImageGlass#377, mypaint/mypaint#129
    "linear gAMA": (lambda: gamma(1.0, grey(255)), lightness(rounded(255))),
    "linear gAMA, 16 bits": (lambda: gamma(1.0, grey(65535)), lightness(RAMP)),
    "gAMA of 1/1.8": (lambda: gamma(1 / 1.8, grey(255)), lightness(rounded(255) ** 1.8)),
    "gAMA of 1/1.8, RGB": (
        lambda: gamma(1 / 1.8, grey(255).convert("RGB")),
        lightness(rounded(255) ** 1.8),
    ),
    "gAMA that stands for sRGB": (lambda: gamma(0.45455, grey(255)), lightness(srgb(RAMP))),
    "sRGB counts, whatever gAMA says": (
        lambda: png_with(b"sRGB", b"\0", Image.open(io.BytesIO(gamma(1.0, grey(255))))),
        lightness(srgb(RAMP)),
    ),
    # jkriege2/TinyTIFF#7
    "grey with associated alpha": (associated_alpha, lightness(srgb(rounded(255)))),
    "grey with infrared": (infrared, lightness(srgb(RAMP))),
    # python-pillow/Pillow#5385
    "preview first": (preview_first, lightness(srgb(rounded(255)))),
}


@pytest.fixture(scope="module")
def painter() -> PhotoColorist:
    return colorist(saturation=0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_lightness_is_what_the_file_means(
    tmp_path: Path, painter: PhotoColorist, kind: str
) -> None:
    make, expected = KINDS[kind]
    (tmp_path / "old").write_bytes(make())

    painter.colorize(tmp_path / "old", tmp_path / "new.png", "png")

    found = lab_of(opened(tmp_path / "new.png"))[0]
    tolerance = 2 * TOLERANCE if "alpha" in kind or "scanner" in kind else TOLERANCE
    assert found.shape == expected.shape
    assert abs(found - expected).max() <= tolerance


@pytest.mark.parametrize("kind", KINDS)
def test_squares_to_train_on_have_the_same_lightness(tmp_path: Path, kind: str) -> None:
    make, expected = KINDS[kind]
    (tmp_path / "old").write_bytes(make())
    rule = SquareRule(size=HEIGHT, orientation="any", crop="center", min_side=8, max_megapixels=1)

    square = load_square(tmp_path / "old", rule).pixels

    middle = expected[HEIGHT // 2, (WIDTH - HEIGHT) // 2 :][:HEIGHT]
    found = lab_of(Image.fromarray(square))[0, HEIGHT // 2]
    inner = slice(4, -4)  # away from where resizing sees the border
    if "alpha" not in kind:  # which is laid on white
        assert abs(found - middle)[inner].max() < 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (tiff((RAMP * 32767).astype(np.int16)), "signed pixels have no fixed range"),
        (tiff((RAMP * 127).astype(np.int8)), "signed pixels have no fixed range"),
        (tiff((RAMP * 1e9).astype(np.int32)), "signed pixels have no fixed range"),
        (tiff(RAMP.astype(np.float32)), "32-bit floating point pixels have no fixed range"),
        (tiff(RAMP), "a TIFF of 1 channels of 64 bits, signed or floating point"),
        (
            tiff(np.asarray(grey(255)), extratags=[(50706, 1, 4, (1, 4, 0, 0), True)]),
            r"it is a raw photograph \(DNG\)",
        ),
        (b"%PDF-1.7", "it is a PDF document; JPEG, PNG, TIFF, WebP, "),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value,
)
def test_what_has_no_known_lightness_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "old.tif").write_bytes(content)

    with pytest.raises(UnreadableImageError, match=message):
        read_photo(tmp_path / "old.tif")


def test_transparent_grey_of_16_bits_stays_transparent(
    tmp_path: Path, painter: PhotoColorist
) -> None:
    # etemesi254/zune-image#58
    clear = np.asarray(grey(65535))[0, 20]
    content = png_with(b"tRNS", struct.pack(">H", clear), grey(65535))
    (tmp_path / "old.png").write_bytes(content)

    painter.colorize(tmp_path / "old.png", tmp_path / "new.png", "png")

    image = opened(tmp_path / "new.png")
    assert image.mode == "RGBA"
    alpha = np.asarray(image)[0, :, 3]
    assert list(np.flatnonzero(alpha == 0)) == [20]
    assert set(alpha) == {0, 255}


def test_pages_that_are_left_out_are_counted(tmp_path: Path, painter: PhotoColorist) -> None:
    # Tichau/FileConverter#623, galfar/deskew#10
    first, *more = [grey(255).rotate(angle) for angle in (0, 90, 180)]
    first.save(tmp_path / "old.tif", save_all=True, append_images=more)

    notes = painter.colorize(tmp_path / "old.tif", tmp_path / "new.tif", "tiff")

    assert notes == ["it has 3 pages, and only the first is coloured"]


def test_preview_is_no_page(tmp_path: Path, painter: PhotoColorist) -> None:
    (tmp_path / "old.tif").write_bytes(preview_first())

    assert painter.colorize(tmp_path / "old.tif", tmp_path / "new.tif", "tiff") == []


def test_profile_that_leads_one_way_is_replaced_and_that_is_said(
    tmp_path: Path, painter: PhotoColorist
) -> None:
    (tmp_path / "old.png").write_bytes(of_the_scanner())

    notes = painter.colorize(tmp_path / "old.png", tmp_path / "new.png", "png")

    assert notes == ["its colour profile has no way back from sRGB, which is written"]


class TestSuffixes:
    """thumbsup/thumbsup#368, sylikc/jpegview#168, d2phap/ImageGlass#1798."""

    @pytest.fixture(autouse=True)
    def _elsewhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signal_handlers: None
    ) -> Iterator[None]:
        monkeypatch.chdir(tmp_path)
        with repeatable(0):
            yield

    @pytest.mark.parametrize(
        ("name", "format_"),
        [("old.jfif", "JPEG"), ("old.avif", "AVIF"), ("old.jp2", "JPEG2000")],
    )
    def test_result_has_the_format_of_the_photograph(self, name: str, format_: str) -> None:
        if format_ == "AVIF" and not features.check("avif"):
            pytest.skip("Pillow was built without AVIF")
        Path("album").mkdir()
        grey(255).convert("RGB").save(Path("album", name), format_)

        main(["photo", "album"])

        stem, suffix = name.split(".")
        with Image.open(f"album/{stem}_color.{suffix}") as image:
            assert image.format == format_

    def test_name_may_lie(self) -> None:
        if not features.check("avif"):
            pytest.skip("Pillow was built without AVIF")
        grey(255).convert("RGB").save("old.jpg", "AVIF")

        main(["photo", "old.jpg"])

        with Image.open("old_color.jpg") as image:
            assert image.format == "JPEG"

    @pytest.mark.parametrize("name", ["r.gif", "r.bmp", "r.pdf", "r.jxl", "r.CR2"])
    def test_suffix_that_cannot_be_written_is_an_error(self, name: str) -> None:
        grey(255).save("old.png")

        with pytest.raises(SystemExit) as ended:
            main(["photo", "old.png", "-o", name])

        assert str(ended.value).startswith(f"error: --output {name} must end in one of .jpg, ")
        assert not Path(name).exists()

    def test_what_is_left_out_of_a_folder_is_named(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Path("album").mkdir()
        grey(255).save("album/old.png")
        for name in ("a.cr2", "b.txt", "c.psd", "d.xcf"):
            Path("album", name).touch()

        main(["photo", "album"])
        first = capsys.readouterr().out
        main(["photo", "album", "--overwrite"])
        second = capsys.readouterr().out

        others = "4 files (album/a.cr2, album/b.txt, album/c.psd and 1 more)"
        assert f"left out: {others}, not photographs by their suffix\n" in first
        assert "left out: album/old_color.png, which an earlier run wrote\n" in second
        assert not Path("album/old_color_color.png").exists()

    def test_results_are_not_coloured_again_where_a_shell_names_all(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        grey(255).save("a.png")
        main(["photo", "a.png"])
        main(["photo", "a.png", "a_color.png", "--overwrite"])

        out = capsys.readouterr().out
        assert "left out: a_color.png, which an earlier run wrote\n" in out
        assert sorted(path.name for path in Path().iterdir()) == ["a.png", "a_color.png"]

    def test_result_alone_may_be_coloured(self) -> None:
        grey(255).save("a_color.png")

        main(["photo", "a_color.png"])

        assert Path("a_color_color.png").exists()

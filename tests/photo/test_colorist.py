from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image

from colorizer.common.errors import UserError
from colorizer.photo.hints import PixelHint, ab_of
from tests.data_helpers import colorful, encoded, tree
from tests.images.test_square import LOSSLESS, STORED, turned, with_swapped_primaries
from tests.memory_helpers import needs_linux, peak_growth
from tests.photo_helpers import (
    HALF_STEP_OF_LIGHTNESS,
    SRGB,
    Floats,
    Follower,
    colorist,
    grey_profile,
    greys,
    lab_of,
    opened,
    sepia,
)

# By the names of formats: the suffix, and how far a lossy one may be from the truth in L.
FORMATS = {
    "jpeg": (".jpg", 2.5),
    "png": (".png", 0.0),
    "tiff": (".tif", 0.0),
    "webp": (".webp", 9),
}


def colored(folder: Path, content: bytes, format_: str = "png", **options: Any) -> Image.Image:
    """Return how a file is coloured, read back; the file is ``folder``/result."""
    (folder / "photograph").write_bytes(content)
    losses = colorist(**options).colorize(folder / "photograph", folder / "result", format_)
    assert losses == []
    return opened(folder / "result")


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_size_and_lightness_stay_and_color_comes(tmp_path: Path, format_: str, mode: str) -> None:
    image = greys().point(lambda v: 40 + v // 2)
    content = encoded(image if mode == "L" else sepia(image), "PNG")
    _, loss = FORMATS[format_]

    result = colored(tmp_path, content, format_)

    before, after = lab_of(image if mode == "L" else sepia(image)), lab_of(result)
    assert (result.size, result.mode) == (image.size, "RGB")
    assert abs(after[0] - before[0]).max() < HALF_STEP_OF_LIGHTNESS + loss
    np.testing.assert_allclose(after[1:].mean(axis=(1, 2)), [12, -8], atol=0.5)


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_what_the_file_says_of_it_is_kept(tmp_path: Path, source: str, target: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Somebody"
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.DateTimeOriginal: "1910:01:02 03:04:05",
        ExifTags.Base.ExifImageWidth: 48,
    }
    profile = with_swapped_primaries(SRGB)
    about: dict[str, Any] = {"exif": exif.tobytes(), "icc_profile": profile, "dpi": (300, 300)}
    content = encoded(colorful(1), source, **about)

    result = colored(tmp_path, content, target, side_by_side=True)

    with Image.open(tmp_path / "result") as again:
        found = again.getexif()
        details = found.get_ifd(ExifTags.IFD.Exif)
    assert found[ExifTags.Base.Artist] == "Somebody"
    assert details[ExifTags.Base.DateTimeOriginal] == "1910:01:02 03:04:05"
    assert details[ExifTags.Base.ExifImageWidth] == 96
    assert result.info["icc_profile"] == profile
    if "webp" not in (source, target):
        assert result.info["dpi"] == pytest.approx((300, 300), rel=1e-4)


@pytest.mark.parametrize(
    ("orientation", "source", "target"),
    [
        *(
            (orientation, source, "png")
            for orientation in STORED
            for source in ("JPEG", *LOSSLESS)
        ),
        *((6, source, target) for source in ("JPEG", "TIFF") for target in FORMATS),
    ],
)
def test_result_is_upright(tmp_path: Path, orientation: int, source: str, target: str) -> None:
    image = Image.new("L", (64, 32), 30)
    image.paste(210, (0, 0, 16, 32))

    result = colored(tmp_path, turned(orientation, source, image), target)

    assert result.size == (64, 32)
    lightness = lab_of(result)[0]
    assert lightness[:, :12].min() > 80
    assert lightness[:, 20:].max() < 20
    with Image.open(tmp_path / "result") as again:
        assert again.getexif().get(ExifTags.Base.Orientation, 1) == 1


@pytest.mark.parametrize("format_", ["png", "tiff", "webp"])
def test_alpha_stays(tmp_path: Path, format_: str) -> None:
    image = greys().convert("LA")
    image.putalpha(greys())

    result = colored(tmp_path, encoded(image, "PNG"), format_)

    np.testing.assert_array_equal(np.asarray(result.getchannel("A")), np.asarray(greys()))
    assert abs(lab_of(result)[1].mean()) > 5


def test_alpha_becomes_white_where_a_format_has_none_and_is_told(tmp_path: Path) -> None:
    image = Image.new("LA", (32, 32), (0, 0))
    image.save(tmp_path / "a.png")

    losses = colorist().colorize(tmp_path / "a.png", tmp_path / "a.jpg", "jpeg")

    assert losses == ["transparency becomes white; --format png keeps it"]
    assert np.asarray(opened(tmp_path / "a.jpg")).min() == 255


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_16_bits_stay_in_a_tiff(tmp_path: Path, compression: str) -> None:
    levels = np.linspace(0, 65535, 300 * 260).astype(np.uint16).reshape(260, 300)
    content = encoded(Image.fromarray(levels), "TIFF", compression=compression)

    colored(tmp_path, content, "tiff")

    found = tifffile.imread(tmp_path / "result")
    assert found.dtype == np.uint16
    assert found.shape == (260, 300, 3)
    assert len(np.unique(found[..., 1])) > 60_000
    size = (tmp_path / "result").stat().st_size
    assert (size < found.nbytes) == (compression != "raw")


@pytest.mark.parametrize("profile", [None, SRGB, grey_profile(1.8)])
def test_16_bits_become_8_elsewhere_and_it_is_told(tmp_path: Path, profile: bytes | None) -> None:
    wide = Image.fromarray(np.asarray(greys()).astype(np.uint16) * 257)
    wide.save(tmp_path / "a.png", icc_profile=profile)

    for format_, expected in (
        ("png", ["16 bits become 8; --format tiff keeps them"]),
        ("tiff", []),
    ):
        losses = colorist().colorize(tmp_path / "a.png", tmp_path / f"a.{format_}", format_)
        assert losses == expected


def test_profile_of_greys_becomes_that_of_srgb(tmp_path: Path) -> None:
    content = encoded(Image.new("L", (32, 32), 55), "PNG", icc_profile=grey_profile(1.0))

    result = colored(tmp_path, content)

    assert abs(lab_of(result)[0] - 53.6).max() < 0.6
    assert b"GRAY" not in result.info["icc_profile"][:40]


def test_exif_that_a_jpeg_cannot_hold_is_left_out(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "x" * 70_000

    result = colored(tmp_path, encoded(greys(), "TIFF", exif=exif), "jpeg")

    assert result.size == greys().size
    assert not result.getexif()


def test_side_by_side_has_both(tmp_path: Path) -> None:
    image = sepia(greys())

    result = colored(tmp_path, encoded(image, "PNG"), side_by_side=True)

    width, height = image.size
    assert result.size == (2 * width, height)
    np.testing.assert_array_equal(np.asarray(result)[:, :width], np.asarray(image))
    after = colored(tmp_path, encoded(image, "PNG"))
    np.testing.assert_array_equal(np.asarray(result)[:, width:], np.asarray(after))


class TestHints:
    GREY = 119  # L is 50, where sRGB has the most colours
    BRICK, BLUE = (200, 85, 61), (60, 120, 200)

    def colored(
        self, folder: Path, image: Image.Image, hints: Sequence[PixelHint], **options: Any
    ) -> Floats:
        """Return CIELAB of a photograph coloured with hints, (3, H, W)."""
        image.save(folder / "a.png")
        source, target = folder / "a.png", folder / "b.png"
        assert colorist(**options).colorize(source, target, "png", hints) == []
        return lab_of(opened(target))

    @pytest.mark.parametrize("pixel", [(0, 0), (95, 0), (0, 63), (95, 63), (60, 20)])
    @pytest.mark.parametrize("rgb", [BRICK, BLUE, (255, 200, 180)])
    def test_pixel_has_the_chosen_color_and_its_own_lightness(
        self, tmp_path: Path, pixel: tuple[int, int], rgb: tuple[int, int, int]
    ) -> None:
        grey = Image.new("L", (96, 64), self.GREY)
        hints = [PixelHint(*pixel, rgb)]

        lab = self.colored(tmp_path, grey, hints, model=Follower(doubt=-20))

        x, y = pixel
        assert lab[0] == pytest.approx(lab_of(grey)[0], abs=HALF_STEP_OF_LIGHTNESS)
        assert lab[1:, y, x] == pytest.approx(ab_of(rgb), abs=1)

    def test_each_pixel_has_its_own(self, tmp_path: Path) -> None:
        grey = Image.new("L", (96, 64), self.GREY)
        hints = [PixelHint(12, 50, self.BRICK), PixelHint(84, 10, self.BLUE)]

        lab = self.colored(tmp_path, grey, hints, model=Follower(doubt=-20))

        for hint in hints:
            assert lab[1:, hint.y, hint.x] == pytest.approx(ab_of(hint.rgb), abs=3)

    def test_color_that_is_too_vivid_for_the_lightness_gives_way_in_chroma_alone(
        self, tmp_path: Path
    ) -> None:
        light = Image.new("L", (64, 48), 230)
        model = Follower(doubt=-20)

        lab = self.colored(tmp_path, light, [PixelHint(30, 20, self.BLUE)], model=model)

        lightness, a, b = lab[:, 20, 30].tolist()
        chosen_a, chosen_b = ab_of(self.BLUE)
        assert lightness == pytest.approx(lab_of(light)[0, 0, 0], abs=HALF_STEP_OF_LIGHTNESS)
        assert 5 < math.hypot(a, b) < 0.7 * math.hypot(chosen_a, chosen_b)
        # Eight bits allow a hue within some degrees.
        assert math.atan2(b, a) == pytest.approx(math.atan2(chosen_b, chosen_a), abs=0.1)

    @pytest.mark.parametrize("saturation", [0.0, 1.0, 2.0])
    def test_saturation_is_for_what_nobody_chose(self, tmp_path: Path, saturation: float) -> None:
        wide = Image.new("L", (384, 64), self.GREY)
        hints = [PixelHint(20, 20, self.BRICK)]

        model = Follower(doubt=-12)
        lab = self.colored(tmp_path, wide, hints, model=model, saturation=saturation)

        # The farthest head reaches about as far as the picture is high.
        own = [12 * saturation, -8 * saturation]
        assert lab[1:, :, 320:].mean(axis=(1, 2)) == pytest.approx(own, abs=0.5)
        assert lab[1:, 20, 20] == pytest.approx(ab_of(self.BRICK), abs=1)
        if saturation == 0:
            assert np.hypot(*lab[1:, :, 320:]).max() < 1

    @pytest.mark.parametrize("orientation", STORED)
    def test_pixels_are_those_of_the_upright_photograph(
        self, tmp_path: Path, orientation: int
    ) -> None:
        upright = Image.new("L", (160, 32), self.GREY)
        (tmp_path / "a.tif").write_bytes(turned(orientation, "TIFF", upright))
        hints = [PixelHint(150, 4, self.BRICK)]

        painter = colorist(Follower())
        painter.colorize(tmp_path / "a.tif", tmp_path / "b.png", "png", hints)

        lab = lab_of(opened(tmp_path / "b.png"))
        assert lab[1:, 4, 150] == pytest.approx(ab_of(self.BRICK), abs=10)
        assert lab[1:, :, :20].mean(axis=(1, 2)) == pytest.approx([12, -8], abs=0.5)

    def test_before_is_as_it_was_and_after_as_hinted(self, tmp_path: Path) -> None:
        grey = Image.new("L", (64, 48), self.GREY)
        hints = [PixelHint(50, 10, self.BRICK)]

        both = self.colored(tmp_path, grey, hints, model=Follower(), side_by_side=True)

        after = self.colored(tmp_path, grey, hints, model=Follower())
        np.testing.assert_array_equal(both[:, :, 64:], after)
        assert np.hypot(*both[1:, :, :64]).max() < 0.1

    def test_outside_of_the_photograph_is_refused_and_leaves_nothing(self, tmp_path: Path) -> None:
        greys(64, 48).save(tmp_path / "a.png")
        before = tree(tmp_path)

        for x, y in ((64, 0), (0, 48)):
            hints = [PixelHint(63, 47, self.BRICK), PixelHint(x, y, self.BRICK)]
            with pytest.raises(ValueError, match=rf"^the hint at {x},{y} .* is 64 x 48 pixels"):
                colorist(Follower()).colorize(tmp_path / "a.png", tmp_path / "b.png", "png", hints)
        assert tree(tmp_path) == before

    def test_network_that_takes_none_is_told_and_leaves_nothing(self, tmp_path: Path) -> None:
        greys(64, 48).save(tmp_path / "a.png")
        before = tree(tmp_path)

        with pytest.raises(UserError, match=r"^the network OneColor takes no colour hints"):
            colorist().colorize(
                tmp_path / "a.png", tmp_path / "b.png", "png", [PixelHint(0, 0, self.BRICK)]
            )

        assert tree(tmp_path) == before


def test_format_that_cannot_hold_the_size_leaves_nothing(tmp_path: Path) -> None:
    Image.new("L", (17_000, 2)).save(tmp_path / "a.png")
    before = tree(tmp_path)

    with pytest.raises((OSError, ValueError)):
        colorist().colorize(tmp_path / "a.png", tmp_path / "a.webp", "webp")

    assert tree(tmp_path) == before


def _colorize(width: int) -> None:
    folder = Path(f"{width}")
    folder.mkdir()
    Image.new("L", (width, width // 2), 90).save(folder / "a.jpg")
    colorist().colorize(folder / "a.jpg", folder / "b.jpg", "jpeg")


@needs_linux
def test_memory_is_little_more_than_that_of_the_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    # Pillow keeps a byte a pixel of greys, and four of colours.
    assert peak_growth(_colorize, 200, 8000) < 32 * 5 + 60


def test_several_threads_give_the_same_as_ever(tmp_path: Path) -> None:
    content = encoded(greys(2000, 1500), "PNG")

    first = np.asarray(colored(tmp_path, content))
    np.testing.assert_array_equal(np.asarray(colored(tmp_path, content)), first)

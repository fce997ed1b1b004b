from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from colorizer.color.guided_filter import fit_guide
from colorizer.color.icc import ColorSpace, color_space_of
from colorizer.color.lab_torch import bytes_from_lab
from colorizer.color.lightness_tables import BYTE, WORD, Pixels
from colorizer.photo.full_size import STRIP_PIXELS, colored_strips
from colorizer.predictors.view import read_view
from tests.images.test_square import with_swapped_primaries
from tests.photo_helpers import (
    HALF_STEP_OF_LIGHTNESS,
    SRGB,
    Floats,
    cmyk_profile,
    grey_profile,
    greys,
    lab_of,
    sepia,
)

PLAIN = ColorSpace()
COLOR = np.full((2, 1, 1), [[[14.0]], [[-9.0]]], np.float32)


def colored(
    image: Image.Image,
    ab: Floats = COLOR,
    space: ColorSpace = PLAIN,
    white: int = BYTE,
    side_by_side: bool = False,
) -> Pixels:
    return np.concatenate(list(colored_strips(image, space, ab, white, side_by_side)))


def spots(height: int = 7, width: int = 9) -> Floats:
    """Return chroma that differs from pixel to pixel."""
    noise = np.random.default_rng(1).uniform(-12, 12, (2, height, width))
    return noise.astype(np.float32)


def test_it_is_the_lightness_with_enlarged_chroma() -> None:
    image = greys().point(lambda v: 60 + v // 2)
    width, height = image.size
    ab = spots()

    found = colored(image, ab)

    few = torch.from_numpy(np.stack(fit_guide(ab, read_view(image, PLAIN, (9, 7))[0])))
    slope, offset = F.interpolate(few, (height, width), mode="bilinear")
    lightness = torch.from_numpy(lab_of(image)[:1])
    expected = bytes_from_lab(torch.cat([lightness, slope * lightness + offset]))
    assert width * height > STRIP_PIXELS
    assert found.dtype == np.uint8
    assert abs(found.astype(int) - expected).max() <= 1


def test_colors_end_where_things_do() -> None:
    dark_and_light = Image.new("L", (320, 240), 80)
    dark_and_light.paste(170, (165, 0, 320, 240))  # not where two pixels of ab meet
    ab = np.zeros((2, 24, 32), np.float32)
    ab[0, :, :16], ab[1, :, 16:] = 20, -15

    a, b = lab_of(Image.fromarray(colored(dark_and_light, ab)))[1:, 120, 150:180]

    # Enlarged as it is, a would fall to a twentieth before the edge, and b begin there.
    np.testing.assert_allclose(a[:15], a[0], atol=4)
    np.testing.assert_allclose(b[15:], b[-1], atol=4)
    assert a[0] > 15
    assert b[-1] < -11


def test_chroma_may_be_larger_than_the_photograph() -> None:
    found = colored(Image.new("L", (3, 2), 128), spots(40, 60) * 0 + COLOR)

    np.testing.assert_allclose(lab_of(Image.fromarray(found))[1:, 1, 1], COLOR[:, 0, 0], atol=0.7)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (70_000, 2)])
def test_any_size_stays(size: tuple[int, int]) -> None:
    assert colored(Image.new("L", size, 128), spots()).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_lightness_is_untouched_also_where_srgb_has_no_such_color(mode: str) -> None:
    image = sepia(greys()).convert("L" if mode in ("1", "LA") else "RGB").convert(mode)

    found = Image.fromarray(colored(image, COLOR * 4)[..., :3])

    expected = lab_of(image.convert("RGBA").convert("RGB"))[0]
    assert abs(lab_of(found)[0] - expected).max() < HALF_STEP_OF_LIGHTNESS


def test_tint_is_dropped() -> None:
    found = colored(sepia(greys()), COLOR * 0)

    assert np.ptp(found.astype(int), axis=-1).max() <= 1


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_stays_and_color_below_it(mode: str) -> None:
    image = greys().convert(mode)
    alpha = greys().transpose(Image.Transpose.ROTATE_180)
    image.putalpha(alpha)

    found = colored(image)

    np.testing.assert_array_equal(found[..., 3], np.asarray(alpha))
    assert abs(found[..., :3].astype(int) - colored(greys())).max() <= 1


def test_transparent_palette_entry_becomes_alpha() -> None:
    image = Image.new("P", (4, 2), 0)
    image.putpalette([90, 90, 90, 200, 200, 200])
    image.paste(1, (2, 0, 4, 2))
    image.info["transparency"] = 1

    assert colored(image)[0, :, 3].tolist() == [255, 255, 0, 0]


def test_profile_of_rgb_is_that_of_the_result() -> None:
    space = color_space_of("RGB", with_swapped_primaries(SRGB))
    image = sepia(greys())
    seen = space.to_srgb(image)

    found = space.to_srgb(Image.fromarray(colored(image, space=space)))

    expected = Image.fromarray(colored(seen))
    assert abs(np.asarray(found).astype(int) - np.asarray(expected)).max() <= 2


@pytest.mark.parametrize("wide", [False, True])
def test_profile_of_greys_is_followed(wide: bool) -> None:
    image = Image.new("I;16", (4, 4), 55 * 257) if wide else Image.new("L", (4, 4), 55)
    space = color_space_of(image.mode, grey_profile(1.0))

    found = colored(image, COLOR * 0, space)

    assert abs(found.astype(int) - 128).max() <= 1


def test_profile_of_cmyk_is_followed() -> None:
    space = color_space_of("CMYK", cmyk_profile())

    found = colored(Image.new("CMYK", (4, 4), (255, 0, 0, 128)), COLOR, space)

    lightness = lab_of(Image.fromarray(found))[0]
    assert abs(lightness - 50).max() < 2


def test_16_bits_are_kept() -> None:
    levels = np.arange(0, 65536, 7, dtype=np.uint16)[None]

    grey, color = (colored(Image.fromarray(levels), COLOR * share, white=WORD) for share in (0, 1))

    assert grey.dtype == np.uint16
    assert abs(grey.astype(int) - levels[..., None]).max() <= 2
    assert np.ptp(color[0, 4000].astype(int)) > 5000
    assert len(np.unique(color[0, :, 1])) > 0.9 * levels.size


def test_16_bits_become_8_where_asked() -> None:
    levels = np.arange(256, dtype=np.uint16)[None] * 257

    found = colored(Image.fromarray(levels), COLOR * 0)

    np.testing.assert_array_equal(found, np.arange(256)[None, :, None].repeat(3, 2))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "CMYK"])
def test_side_by_side_the_left_is_as_it_was(mode: str) -> None:
    image = sepia(greys()).convert("RGB").convert(mode)
    width, _ = image.size

    found = colored(image, side_by_side=True)

    before, after = found[:, :width], found[:, width:]
    expected = np.asarray(image.convert("RGB"))
    assert abs(before[..., :3].astype(int) - expected).max() <= 1
    np.testing.assert_array_equal(after, colored(image))


def test_side_by_side_of_16_bits() -> None:
    levels = np.arange(0, 65536, 257, dtype=np.uint16)[None]

    found = colored(Image.fromarray(levels), white=WORD, side_by_side=True)

    assert found.shape == (1, 512, 3)
    assert abs(found[:, :256].astype(int) - levels[..., None]).max() <= 2

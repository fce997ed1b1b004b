from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from colorizer.color.icc import ColorSpace, color_space_of
from colorizer.networks.registry import NETWORKS, build
from colorizer.predictors.view import MAX_ASPECT, nearest_side, read_view, view_size
from tests.photo_helpers import Floats, grey_profile, greys, lab_of

PLAIN = ColorSpace()


def seen(
    image: Image.Image, size: tuple[int, int] = (24, 16), space: ColorSpace = PLAIN
) -> Floats:
    lightness = read_view(image, space, size)
    assert lightness.shape == (1, 1, size[1], size[0])
    assert lightness.dtype == np.float32
    plane: Floats = lightness[0, 0]
    return plane


@pytest.mark.parametrize("name", NETWORKS)
def test_nearest_side_is_that_of_the_network(name: str) -> None:
    model = build(name)

    for side in (1, 15, 16, 17, 47.9, 48, 99, 192):
        assert nearest_side(side, model.size_multiple) == model.nearest_side(side)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((128, 128), (192, 192)),
        ((640, 480), (256, 192)),
        ((6400, 4800), (256, 192)),
        ((480, 640), (192, 256)),
        ((6000, 1000), (1152, 192)),
        ((8000, 1000), (1536, 192)),
        ((16000, 1000), (1536, 96)),  # a panorama is seen smaller
        ((100_000, 100), (1536, 32)),
        ((1, 1), (192, 192)),
    ],
)
def test_shorter_side_is_always_as_long(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert view_size(size, 192, 32) == expected


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 32), st.integers(1, 40))
def test_size_is_bounded_and_suits_the_network(
    width: int, height: int, multiple: int, squares: int
) -> None:
    side = multiple * squares

    found = view_size((width, height), side, multiple)

    assert all(length >= multiple and length % multiple == 0 for length in found)
    assert min(found) <= side
    assert max(found) <= MAX_ASPECT * side
    if max(width, height) <= MAX_ASPECT * min(width, height):
        assert min(found) == side
        aspect = max(width, height) / min(width, height)
        assert abs(max(found) - aspect * side) <= multiple / 2


def test_whatever_the_pixels_are_the_same_is_seen() -> None:
    grey = greys()
    expected = seen(grey)
    wide = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)

    images = [grey.convert(mode) for mode in ("RGB", "LA", "RGBA", "P", "CMYK")]
    for image in [*images, wide]:
        np.testing.assert_allclose(seen(image), expected, atol=0.6, err_msg=image.mode)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_what_is_transparent_is_seen_white(mode: str) -> None:
    image = greys().convert(mode)
    image.putalpha(0)

    np.testing.assert_allclose(seen(image), 100, atol=0.1)


def test_transparent_color_is_seen_white() -> None:
    image = Image.new("RGB", (60, 40), (10, 20, 30))
    image.info["transparency"] = (10, 20, 30)

    np.testing.assert_allclose(seen(image), 100, atol=0.1)


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_profile_counts(mode: str) -> None:
    space = color_space_of(mode, grey_profile(1.0))
    image = (
        Image.new("I;16", (60, 40), 55 * 257) if mode == "I;16" else Image.new("L", (60, 40), 55)
    )
    image = image if mode == "I;16" else image.convert(mode)

    np.testing.assert_allclose(seen(image, space=space), 53.6, atol=0.3)


@pytest.mark.parametrize("times", [2, 7, 30])
def test_size_of_the_photograph_hardly_counts(times: int) -> None:
    small = greys(120, 80)
    large = small.resize((120 * times, 80 * times), Image.Resampling.BICUBIC)

    assert abs(seen(large) - seen(small)).max() < 1.0


def test_fine_patterns_are_averaged() -> None:
    stripes = np.zeros((800, 1200), np.uint8)
    stripes[:, ::2] = 255

    lightness = seen(Image.fromarray(stripes))

    average = lab_of(Image.new("L", (1, 1), 128))[0, 0, 0]
    np.testing.assert_allclose(lightness[2:-2, 2:-2], average, atol=1.5)

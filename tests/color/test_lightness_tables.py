from __future__ import annotations

import numpy as np
import pytest

from colorizer.color.gamut import linear_rgb
from colorizer.color.lab_numpy import lab_from_bytes
from colorizer.color.lightness_tables import (
    BYTE,
    WORD,
    Floats,
    encode,
    grey_lightness,
    rgb_lightness,
)


def linear_greys(white: int) -> Floats:
    lightness = grey_lightness(white)
    return linear_rgb(lightness, np.zeros((2, len(lightness)), np.float32))


def test_greys_are_those_of_the_conversion() -> None:
    greys = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, 2)

    np.testing.assert_allclose(grey_lightness(BYTE), lab_from_bytes(greys)[0, 0], atol=1e-4)


def test_greys_of_16_bits_go_on_between_those_of_8() -> None:
    wide = grey_lightness(WORD)

    np.testing.assert_allclose(wide[::257], grey_lightness(BYTE), atol=1e-4)
    assert (np.diff(wide) > 0).all()


def test_colors_are_those_of_the_conversion() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    rgb[:30] //= 16

    np.testing.assert_allclose(rgb_lightness(rgb), lab_from_bytes(rgb)[0], atol=0.01)


@pytest.mark.parametrize(("white", "type_", "error"), [(BYTE, np.uint8, 0), (WORD, np.uint16, 2)])
def test_greys_come_back_as_they_were(white: int, type_: type, error: int) -> None:
    encoded = encode(linear_greys(white), white)

    assert encoded.dtype == type_
    assert abs(encoded.astype(int) - np.arange(white + 1)).max() <= error


@pytest.mark.parametrize("white", [BYTE, WORD])
def test_what_is_out_of_range_is_clipped(white: int) -> None:
    values = np.array([-3, -1e-6, 0, 1, 1.000001, 7], np.float32)

    assert encode(values, white).tolist() == [0, 0, 0, white, white, white]

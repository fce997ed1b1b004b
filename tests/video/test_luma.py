from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.video.luma import Coding, Samples, chroma_of, greys_of

BT601 = Coding(8, False, 0.299, 0.114)
BT709 = Coding(8, False, 0.2126, 0.0722)
JPEG = Coding(8, True, 0.299, 0.114)
TEN_BITS = Coding(10, False, 0.2126, 0.0722)
CODINGS = [BT601, BT709, JPEG, TEN_BITS]


def rgb_of(luma: Samples, chroma: Samples, coding: Coding) -> npt.NDArray[np.float64]:
    """Decode as ITU-R BT.601 and BT.709 say, (H, W, 3), without clipping to [0, 1]."""
    middle = 2 ** (coding.bits - 1)
    light = (luma.astype(float) - coding.black) / coding.luma_span
    cb, cr = (chroma.astype(float) - middle) / coding.chroma_span
    red = light + 2 * (1 - coding.red) * cr
    blue = light + 2 * (1 - coding.blue) * cb
    green = (light - coding.red * red - coding.blue * blue) / (1 - coding.red - coding.blue)
    return np.stack([red, green, blue], axis=-1)


def ramp(coding: Coding, width: int = 64, height: int = 8) -> Samples:
    light = np.linspace(0, 1, width)[None].repeat(height, 0)
    return (coding.black + light * coding.luma_span).round().astype(coding.dtype)


def flat_ab(a: float, b: float) -> npt.NDArray[np.float32]:
    return np.array([a, b], np.float32)[:, None, None].repeat(4, 1).repeat(4, 2)


def lab_of(rgb: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return lab_from_bytes((rgb.clip(0, 1) * 255).round().astype(np.uint8)).numpy()


@pytest.mark.parametrize("coding", CODINGS)
def test_no_color_is_the_middle(coding: Coding) -> None:
    chroma = chroma_of(ramp(coding), flat_ab(0, 0), coding, is_halved=False)

    assert chroma.dtype == coding.dtype
    assert (abs(chroma.astype(int) - 2 ** (coding.bits - 1)) <= 1).all()


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("ab", [(15, 10), (-12, 14), (8, -16), (-10, -10)])
def test_colors_are_those_asked_for_where_they_exist(coding: Coding, ab: tuple[int, int]) -> None:
    luma = ramp(coding)
    rgb = rgb_of(luma, chroma_of(luma, flat_ab(*ab), coding, is_halved=False), coding)

    middle = lab_of(rgb)[1:, :, 20:44]
    assert abs(middle - np.array(ab)[:, None, None]).max() < 3


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("ab", [(90, 70), (-90, 80), (70, -110)])
def test_chroma_gives_way_where_a_color_does_not_exist(
    coding: Coding, ab: tuple[int, int]
) -> None:
    luma = ramp(coding)
    rgb = rgb_of(luma, chroma_of(luma, flat_ab(*ab), coding, is_halved=False), coding)

    step = 2 / coding.chroma_span
    assert rgb.min() > -step
    assert rgb.max() < 1 + step
    assert np.ptp(rgb[:, 20:44], axis=-1).min() > 0.1


@pytest.mark.parametrize("coding", [BT601, BT709])
def test_lightness_hardly_moves_with_luma_kept(coding: Coding) -> None:
    luma = ramp(coding)
    grey = lab_of(rgb_of(luma, np.full((2, *luma.shape), 128, np.uint8), coding))[0]
    for ab in ((20, 0), (0, 20), (-20, 0), (0, -20)):
        coloured = lab_of(rgb_of(luma, chroma_of(luma, flat_ab(*ab), coding, False), coding))[0]
        assert abs(coloured - grey).mean() < 3


@pytest.mark.parametrize(("size", "half"), [((8, 6), (4, 3)), ((9, 7), (5, 4))])
def test_halved_chroma_is_rounded_up(size: tuple[int, int], half: tuple[int, int]) -> None:
    luma = np.full(size[::-1], 100, np.uint8)

    assert chroma_of(luma, flat_ab(20, 20), BT601, is_halved=True).shape == (2, *half[::-1])
    assert chroma_of(luma, flat_ab(20, 20), BT601, is_halved=False).shape == (2, *size[::-1])


def test_large_frames_are_as_small_ones() -> None:
    luma = ramp(BT709, width=200, height=500)
    chroma = chroma_of(luma, flat_ab(20, -10), BT709, is_halved=False)

    few = chroma_of(luma[:4], flat_ab(20, -10), BT709, is_halved=False)
    np.testing.assert_array_equal(chroma, few[:, :1].repeat(500, 1))


@pytest.mark.parametrize("coding", CODINGS)
def test_greys_go_from_black_to_white(coding: Coding) -> None:
    greys = greys_of(ramp(coding, width=256), coding)[0].astype(int)

    assert (greys[0], greys[-1]) == (0, 255)
    assert abs(greys - np.arange(256)).max() <= 1  # 219 steps are fewer than 255


def test_greys_beyond_black_and_white_are_these() -> None:
    assert greys_of(np.array([[0, 255]], np.uint8), BT601).tolist() == [[0, 255]]

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms
from skimage.color import xyz2rgb

from colorizer.color.gamma_profile import SRGB_CHROMATICITIES, gamma_profile

ADOBE_RGB = (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
GREYS = np.arange(256, dtype=np.uint8)
EXACT = ImageCms.Flags.NOOPTIMIZE


def converted(pixels: npt.NDArray[np.uint8], mode: str, profile: bytes) -> npt.NDArray[np.int64]:
    """Return pixels in sRGB as Little CMS converts them."""
    own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    transform = ImageCms.buildTransform(
        own, ImageCms.createProfile("sRGB"), mode, "RGB", flags=EXACT
    )
    image = ImageCms.applyTransform(Image.fromarray(pixels), transform)
    return np.asarray(image).astype(np.int64)


def srgb(linear: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return linear light in [0, 1] in 8 bits of sRGB, by IEC 61966-2-1."""
    curve = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    return 255 * curve


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.8, 2.2, 2.6])
@pytest.mark.parametrize("is_grey", [True, False])
def test_greys_are_the_power_that_is_named(exponent: float, is_grey: bool) -> None:
    profile = gamma_profile(exponent, is_grey=is_grey)
    pixels = GREYS[None] if is_grey else GREYS[None, :, None].repeat(3, 2)

    found = converted(pixels, "L" if is_grey else "RGB", profile)[0]

    assert abs(found - srgb((GREYS / 255) ** exponent)[:, None]).max() < 0.56


def test_colours_are_those_of_the_primaries() -> None:
    rgb = np.array([[[128, 128, 128], [150, 100, 90], [90, 120, 80]]], dtype=np.uint8)
    # XYZ of Adobe RGB (1998), section 4.3.5.3.
    to_xyz = np.array(
        [[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]]
    )
    expected = 255 * xyz2rgb((rgb / 255) ** 2.2 @ to_xyz.T)

    found = converted(rgb, "RGB", gamma_profile(2.2, ADOBE_RGB, is_grey=False))

    assert abs(found - expected).max() < 1.5


def test_primaries_of_srgb_change_no_pure_colour() -> None:
    pure = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], dtype=np.uint8)

    found = converted(pure, "RGB", gamma_profile(1.0, SRGB_CHROMATICITIES, is_grey=False))

    assert abs(found - pure).max() <= 1


@pytest.mark.parametrize(
    ("exponent", "chromaticities"),
    [
        (0.0, SRGB_CHROMATICITIES),
        (-1.0, SRGB_CHROMATICITIES),
        (100.0, SRGB_CHROMATICITIES),
        (float("nan"), SRGB_CHROMATICITIES),
        (2.2, (0.3127, 0.329, 0.64, 0.33, 0.64, 0.33, 0.64, 0.33)),
        (2.2, (0.0,) * 8),
        (2.2, (0.9,) * 8),
    ],
)
def test_numbers_that_describe_no_colours_are_refused(
    exponent: float, chromaticities: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match=r"gamma|chromaticities|primaries"):
        gamma_profile(exponent, chromaticities, is_grey=False)

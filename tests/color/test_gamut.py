from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from colorizer.color.gamut import ABOVE, BELOW, Floats, fitted_linear_rgb, linear_rgb
from colorizer.color.lab_torch import lab_to_rgb, rgb_to_lab

LIGHTNESS = st.floats(0, 100, width=32)
CHROMA = st.floats(0, 180, width=32)
HUE = st.floats(0, 2 * np.pi)
IN_GAMUT = 20_000


def gamma(linear: Floats) -> Floats:
    kept = linear.astype(np.float64).clip(0, 1)
    curve = np.where(kept > 0.0031308, 1.055 * kept ** (1 / 2.4) - 0.055, 12.92 * kept)
    return curve.astype(np.float32)


def lab_of(linear: Floats) -> Floats:
    rgb = torch.from_numpy(gamma(linear).astype(np.float64)).reshape(3, -1, 1)
    lab: Floats = rgb_to_lab(rgb).numpy().reshape(linear.shape)
    return lab


def one(lightness: float, chroma: float, hue: float) -> tuple[Floats, Floats]:
    ab = [[chroma * np.cos(hue)], [chroma * np.sin(hue)]]
    return np.array([lightness], np.float32), np.array(ab, np.float32)


def shown_colors() -> Floats:
    """Return CIELAB (3, n) of random colours of sRGB."""
    rgb = torch.rand(3, IN_GAMUT, 1, generator=torch.Generator().manual_seed(0))
    lab: Floats = rgb_to_lab(rgb).numpy()[..., 0]
    return lab


def test_conversion_is_that_of_torch() -> None:
    lab = shown_colors()

    rgb = gamma(linear_rgb(lab[0], lab[1:]))

    expected = lab_to_rgb(torch.from_numpy(lab)[..., None]).numpy()[..., 0]
    np.testing.assert_allclose(rgb, expected, atol=1e-4)


def test_what_can_be_shown_stays_as_it_is() -> None:
    lab = shown_colors()

    fitted = fitted_linear_rgb(lab[0], lab[1:])

    np.testing.assert_allclose(fitted, linear_rgb(lab[0], lab[1:]), atol=ABOVE)


def test_greys_from_black_to_white_stay_grey() -> None:
    lightness = np.linspace(0, 100, 1001, dtype=np.float32)

    fitted = fitted_linear_rgb(lightness, np.zeros((2, 1001), np.float32))

    assert np.ptp(fitted, axis=0).max() < ABOVE
    np.testing.assert_allclose(fitted[:, [0, -1]], [[0, 1]] * 3, atol=ABOVE)


@given(LIGHTNESS, CHROMA, HUE)
@settings(max_examples=300)
def test_lightness_and_hue_stay_and_chroma_never_grows(
    lightness: float, chroma: float, hue: float
) -> None:
    kept, ab = one(lightness, chroma, hue)

    fitted = fitted_linear_rgb(kept, ab)

    assert fitted.min() >= -2 * BELOW
    assert fitted.max() <= 1 + 2 * ABOVE
    (found,), (a,), (b,) = lab_of(fitted)
    assert abs(found - lightness) < 0.05
    assert np.hypot(a, b) <= chroma + 0.1
    across = a * np.sin(hue) - b * np.cos(hue)
    assert abs(across) < 0.2


@given(st.floats(1, 99), HUE)
@settings(max_examples=200)
def test_as_much_chroma_is_kept_as_can_be_shown(lightness: float, hue: float) -> None:
    kept, ab = one(lightness, 180, hue)

    _, (a,), (b,) = lab_of(fitted_linear_rgb(kept, ab))

    more = np.hypot(a, b) + 1.0
    linear = linear_rgb(*one(lightness, float(more), hue))
    assert linear.min() < 0 or linear.max() > 1


def test_shape_does_not_matter() -> None:
    lightness = np.full((4, 5), 90, np.float32)
    ab = np.stack([np.full((4, 5), 60), np.arange(20).reshape(4, 5)]).astype(np.float32)

    fitted = fitted_linear_rgb(lightness, ab)

    flat = fitted_linear_rgb(lightness.ravel(), ab.reshape(2, -1))
    assert fitted.shape == (3, 4, 5)
    np.testing.assert_array_equal(fitted.reshape(3, -1), flat)

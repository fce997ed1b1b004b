"""CIELAB -> sRGB at constant lightness: chroma gives way where sRGB cannot show it, L does not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from colorizer.color.lab_numpy import EPSILON, KAPPA, OFFSET, RGB_FROM_RELATIVE_XYZ

Floats = npt.NDArray[np.float32]
# How far linear RGB may leave [0, 1]: through rounding, and because lab_numpy's constants make
# white 1.00008. Both are far less than an 8-bit step, which is smallest in the dark.
BELOW, ABOVE = 1e-5, 1e-4
# Halvings in the search for the largest chroma, which is found to within 1/4096.
STEPS = 12

_MATRIX = RGB_FROM_RELATIVE_XYZ.astype(np.float32)
_KNEE = np.float32(KAPPA * EPSILON + OFFSET)


def linear_rgb(lightness: Floats, ab: Floats) -> Floats:
    """Convert CIELAB to linear RGB with sRGB's primaries, without clipping.

    Parameters
    ----------
    lightness : ndarray
        (...) float32, L in [0, 100].
    ab : ndarray
        (2, ...) float32, a and b in about [-128, 127].

    Returns
    -------
    ndarray
        (3, ...) float32; colours that sRGB can show are in [0, 1].
    """
    f = np.empty((3, *lightness.shape), np.float32)
    np.multiply(lightness, np.float32(1 / 116), out=f[1])
    f[1] += np.float32(16 / 116)
    np.multiply(ab[0], np.float32(1 / 500), out=f[0])
    f[0] += f[1]
    np.multiply(ab[1], np.float32(-1 / 200), out=f[2])
    f[2] += f[1]
    # A cube above the knee and a line below it, without a choice per pixel.
    above = np.maximum(f, _KNEE)
    f -= above
    f *= np.float32(1 / KAPPA)
    cube = above * above
    cube *= above
    f += cube
    mixed: Floats = (_MATRIX @ f.reshape(3, -1)).reshape(f.shape)
    return mixed


def fitted_linear_rgb(lightness: Floats, ab: Floats) -> Floats:
    """Convert as :func:`linear_rgb` does, but reduce chroma where sRGB cannot show a colour.

    Lightness and hue stay, and as much chroma as sRGB has there. Clipping the channels instead
    would change all three.

    Parameters
    ----------
    lightness, ab : ndarray
        As in :func:`linear_rgb`.

    Returns
    -------
    ndarray
        (3, ...) float32 in [-BELOW, 1 + ABOVE].
    """
    linear = linear_rgb(lightness, ab)
    outside = ~is_shown(linear)
    if outside.any():
        kept, chroma = lightness[outside], ab[:, outside]
        linear[:, outside] = linear_rgb(kept, chroma * _largest_share(kept, chroma))
    return linear


def _largest_share(lightness: Floats, ab: Floats) -> Floats:
    """Return the largest share of the chroma that sRGB can show, (n), for (n) and (2, n)."""
    low, high = np.zeros_like(lightness), np.ones_like(lightness)
    for _ in range(STEPS):
        middle = (low + high) * np.float32(0.5)
        shown = is_shown(linear_rgb(lightness, ab * middle))
        low = np.where(shown, middle, low)
        high = np.where(shown, high, middle)
    return low


def is_shown(linear: Floats) -> npt.NDArray[np.bool_]:
    """Return whether sRGB can show colours, (...) bool, for linear RGB, (3, ...) float32."""
    shown: npt.NDArray[np.bool_] = linear.min(axis=0) >= -BELOW
    shown &= linear.max(axis=0) <= 1 + ABOVE
    return shown

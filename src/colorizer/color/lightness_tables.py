"""Lightness of pixels, and sRGB's gamma, from tables: a look-up is cheaper than a power."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from colorizer.color.lab_numpy import EPSILON, KAPPA, OFFSET, RELATIVE_XYZ_FROM_RGB

T = TypeVar("T", bound=np.generic)

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.unsignedinteger[Any]]  # uint8 or uint16
BYTE = 255
WORD = 65535
# In the dark, where the curves are steep, a step of the table is a twentieth of an 8-bit step, and
# less than a 16-bit step.
_STEPS = {BYTE: 1 << 16, WORD: 1 << 20}


@cache
def grey_lightness(white: int) -> Floats:
    """Return L in [0, 100] of sRGB's greys 0 to ``white``, (white + 1) float32."""
    values = np.arange(white + 1) / white
    return _lightness(_linear(values)).astype(np.float32)


def rgb_lightness(rgb: npt.NDArray[np.uint8]) -> Floats:
    """Return L of 8-bit sRGB.

    Parameters
    ----------
    rgb : ndarray
        (..., 3) uint8.

    Returns
    -------
    ndarray
        (...) float32 in [0, 100], within 0.01 of :func:`colorizer.color.lab_numpy.lab_from_bytes`.
    """
    red, green, blue = _luminance_tables()
    luminance: Floats = red[rgb[..., 0]]
    luminance += green[rgb[..., 1]]
    luminance += blue[rgb[..., 2]]
    return _look_up(_luminance_to_lightness(), luminance)


def encode(linear: Floats, white: int) -> Pixels:
    """Apply sRGB's gamma to linear RGB, and round.

    Parameters
    ----------
    linear : ndarray
        (...) float32; values outside [0, 1] are clipped.
    white : int
        255 for uint8, 65535 for uint16.

    Returns
    -------
    ndarray
        The same shape, uint8 or uint16 in [0, white].
    """
    return _look_up(_gamma(white), linear)


def _look_up(table: npt.NDArray[T], values: Floats) -> npt.NDArray[T]:
    scaled = values * np.float32(len(table) - 1)
    scaled += np.float32(0.5)
    return np.take(table, scaled.astype(np.intp), mode="clip")


@cache
def _gamma(white: int) -> Pixels:
    steps = _STEPS[white]
    values = np.arange(steps + 1) / steps
    curve = np.where(values > 0.0031308, 1.055 * values ** (1 / 2.4) - 0.055, 12.92 * values)
    return (curve * white).round().astype(np.uint8 if white == BYTE else np.uint16)


@cache
def _luminance_to_lightness() -> Floats:
    steps = _STEPS[BYTE]
    return _lightness(np.arange(steps + 1) / steps).astype(np.float32)


@cache
def _luminance_tables() -> Floats:
    linear = _linear(np.arange(BYTE + 1) / BYTE)
    tables: Floats = (RELATIVE_XYZ_FROM_RGB[1][:, None] * linear).astype(np.float32)
    return tables


def _linear(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(values > 0.04045, ((values + 0.055) / 1.055) ** 2.4, values / 12.92)


def _lightness(luminance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    f = np.where(luminance > EPSILON, np.cbrt(luminance), KAPPA * luminance + OFFSET)
    return 116 * f - 16

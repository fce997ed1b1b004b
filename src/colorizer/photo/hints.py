"""Colour hints as users give them: a pixel of their photograph and its colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from colorizer.color.gamut import fitted_linear_rgb, is_shown, linear_rgb
from colorizer.color.lab_numpy import lab_from_bytes
from colorizer.color.lightness_tables import BYTE, encode
from colorizer.inference.types import Hint

_PIXELS = re.compile(r"[0-9]{1,6}")
_COLOR = re.compile(r"#?([0-9a-fA-F]{6})")


@dataclass(frozen=True)
class PixelHint:
    """A pixel of an upright photograph and its colour.

    Attributes
    ----------
    x, y : int
        In pixels from the upper left corner, at least 0.
    rgb : tuple of int
        sRGB, each 0 to 255.
    reach : int or None
        How far it counts, in pixels, at least 1; None where the network decides.
    """

    x: int
    y: int
    rgb: tuple[int, int, int]
    reach: int | None = None


def parse_hint(text: str) -> PixelHint:
    """Parse a hint of the form ``X,Y,#RRGGBB`` or ``X,Y,#RRGGBB,REACH``.

    Raises
    ------
    ValueError
        If it has another form; the message says which part of it is wrong.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) not in (3, 4):
        raise ValueError(
            "must be X,Y,#RRGGBB, such as 120,80,#c8553d, or X,Y,#RRGGBB,REACH, such as "
            f"120,80,#c8553d,40, got {text!r}"
        )
    x, y = (_pixels(name, part, 0) for name, part in zip("XY", parts, strict=False))
    match = _COLOR.fullmatch(parts[2])
    if not match:
        raise ValueError(
            f"the colour must be six hexadecimal digits, such as #c8553d, got {parts[2]!r}"
        )
    red, green, blue = bytes.fromhex(match[1])
    reach = _pixels("REACH", parts[3], 1) if len(parts) == 4 else None
    return PixelHint(x, y, (red, green, blue), reach)


def _pixels(name: str, text: str, least: int) -> int:
    if not _PIXELS.fullmatch(text) or int(text) < least:
        raise ValueError(f"{name} must be a whole number of pixels from {least}, got {text!r}")
    return int(text)


def ab_of(rgb: tuple[int, int, int]) -> tuple[float, float]:
    """Return a and b, in CIELAB units, of an sRGB colour (each channel 0 to 255)."""
    pixel = np.array([[[rgb]]], dtype=np.uint8)
    _, a, b = lab_from_bytes(pixel).flatten().tolist()
    return a, b


def rgb_of(ab: tuple[float, float], lightness: float) -> tuple[int, int, int]:
    """Return an sRGB colour (each channel 0 to 255) that has these a and b.

    Parameters
    ----------
    ab : tuple of float
        CIELAB units. If sRGB has them at no lightness, their chroma is reduced.
    lightness : float
        L in [0, 100] that is wanted; the colour has the nearest at which sRGB shows it.
    """
    levels = np.arange(1, 100, dtype=np.float32)
    levels = levels[np.argsort(abs(levels - lightness), kind="stable")]
    planes = np.repeat(np.array(ab, np.float32)[:, None], len(levels), axis=1)
    first = int(is_shown(linear_rgb(levels, planes)).argmax())  # 0 if none is
    linear = fitted_linear_rgb(levels[first : first + 1], planes[:, :1])
    red, green, blue = encode(linear, BYTE)[:, 0].tolist()
    return red, green, blue


def place_hints(hints: Sequence[PixelHint], size: tuple[int, int]) -> list[Hint]:
    """Return hints in the form that networks take.

    Parameters
    ----------
    hints : sequence of PixelHint
        In pixels of the photograph.
    size : tuple of int
        Its width and height in pixels.

    Raises
    ------
    ValueError
        If one of them is outside the photograph.
    """
    width, height = size
    for hint in hints:
        if hint.x >= width or hint.y >= height:
            raise ValueError(
                f"the hint at {hint.x},{hint.y} lies outside: the upright photograph is "
                f"{width} x {height} pixels, and the first is 0,0"
            )
    return [
        Hint(
            (hint.x + 0.5) / width,
            (hint.y + 0.5) / height,
            ab_of(hint.rgb),
            hint.reach and hint.reach / min(size),
        )
        for hint in hints
    ]

"""Colour hints as users give them: a pixel of their photograph, and a colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from colorizer.color.lab_numpy import lab_from_bytes
from colorizer.inference.types import Hint

_WRITTEN = re.compile(r"(\d{1,6}),(\d{1,6}),#?([0-9a-fA-F]{6})")


@dataclass(frozen=True)
class PixelHint:
    """A pixel of an upright photograph, from its upper left corner, and its sRGB colour."""

    x: int
    y: int
    rgb: tuple[int, int, int]


def parse_hint(text: str) -> PixelHint:
    """Return the hint that is written as ``X,Y,#RRGGBB``.

    Raises
    ------
    ValueError
        If it is written otherwise.
    """
    match = _WRITTEN.fullmatch(text.strip())
    if not match:
        raise ValueError(f"must be X,Y,#RRGGBB, such as 120,80,#c8553d, got {text!r}")
    red, green, blue = bytes.fromhex(match[3])
    return PixelHint(int(match[1]), int(match[2]), (red, green, blue))


def ab_of(rgb: tuple[int, int, int]) -> tuple[float, float]:
    """Return a and b in CIELAB units of an sRGB colour of bytes."""
    pixel = np.array([[[rgb]]], dtype=np.uint8)
    _, a, b = lab_from_bytes(pixel).flatten().tolist()
    return a, b


def place_hints(hints: Sequence[PixelHint], size: tuple[int, int]) -> list[Hint]:
    """Return hints as networks take them.

    Parameters
    ----------
    hints : sequence of PixelHint
        In pixels of the photograph.
    size : tuple of int
        Its width and height.

    Raises
    ------
    ValueError
        If one of them lies outside.
    """
    width, height = size
    for hint in hints:
        if hint.x >= width or hint.y >= height:
            raise ValueError(
                f"the hint at {hint.x},{hint.y} lies outside: the upright photograph is "
                f"{width} x {height} pixels, and the first is 0,0"
            )
    return [
        Hint((hint.x + 0.5) / width, (hint.y + 0.5) / height, ab_of(hint.rgb)) for hint in hints
    ]

"""What a user changes in a photograph on the page: colours of places, and their strength."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from colorizer.inference.types import Hint
from colorizer.photo.hints import ab_of

MOST_DOTS = 100
MOST_STRENGTH = 2.0
# Pixels of the shorter side of what the network sees: more take much longer.
LEAST_SIZE, MOST_SIZE = 32, 512
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Edits:
    """What a user changed in a photograph.

    Attributes
    ----------
    hints : tuple of Hint
        Colours that they gave to places.
    strength : float
        Factor for the chroma that the network itself predicts, 0 to :data:`MOST_STRENGTH`.
    size : int or None
        The shorter side in pixels of what the network sees; None for what it was trained for.
    """

    hints: tuple[Hint, ...]
    strength: float
    size: int | None = None


def parse_edits(sent: Any) -> Edits:
    """Return what a browser sent as JSON: ``dots``, as for :func:`parse_dots`; strength; size.

    Raises
    ------
    ValueError
        If it is anything else, or too much.
    """
    if not isinstance(sent, Mapping):
        raise ValueError("These are no changes to a photograph.")
    size = sent.get("size")
    if size is not None and not (_is_whole(size) and LEAST_SIZE <= size <= MOST_SIZE):
        raise ValueError(
            f"The network can look at {LEAST_SIZE} to {MOST_SIZE} pixels, not at {size}."
        )
    return Edits(parse_dots(sent.get("dots", [])), _strength(sent.get("strength", 1)), size)


def parse_dots(sent: Any) -> tuple[Hint, ...]:
    """Return the hints that a browser sent as a list of dots.

    Each has x and y (shares of width and height), color, and reach (a share of the shorter side,
    or null).

    Raises
    ------
    ValueError
        If one is not a place in the photograph or not a colour, or there are too many.
    """
    if not isinstance(sent, list):
        raise ValueError("These are no dots of colour.")
    if len(sent) > MOST_DOTS:
        raise ValueError(f"Only {MOST_DOTS} colours per photograph: remove some first.")
    return tuple(_hint(dot) for dot in sent)


def parse_place(sent: Any) -> tuple[float, float]:
    """Return a place that a browser sent: ``x`` and ``y``, shares of width and height.

    Raises
    ------
    ValueError
        If it is not in the photograph.
    """
    if isinstance(sent, Mapping):
        x, y = sent.get("x"), sent.get("y")
        if _is_share(x) and _is_share(y):
            return x, y
    raise ValueError("This is not a place in the photograph.")


def _hint(dot: Any) -> Hint:
    if isinstance(dot, Mapping):
        x, y, color, reach = (dot.get(name) for name in ("x", "y", "color", "reach"))
        can_reach = reach is None or (_is_share(reach) and reach > 0)
        if isinstance(color, str) and _COLOR.fullmatch(color) and _is_share(x) and _is_share(y):
            if not can_reach:
                raise ValueError(f"A colour must reach more than 0, and 1 at most, got {reach}.")
            red, green, blue = bytes.fromhex(color[1:])
            return Hint(x, y, ab_of((red, green, blue)), reach)
    raise ValueError("This is not a place in the photograph, or not a colour.")


def _strength(value: Any) -> float:
    if not _is_number(value) or not 0 <= value <= MOST_STRENGTH:
        raise ValueError(f"The strength of colours must be from 0 to {MOST_STRENGTH:g}.")
    return float(value)


def _is_share(value: Any) -> TypeGuard[float]:
    return _is_number(value) and 0 <= value <= 1


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)

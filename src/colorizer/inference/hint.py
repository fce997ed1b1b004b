"""A colour hint: what is known of the colour at a point of a photograph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Hint:
    """A point of a photograph, and the colour that it has there.

    Attributes
    ----------
    x, y : float
        The place, as shares of the upright photograph's width and height; (0, 0) is its upper
        left corner.
    ab : tuple of float
        a and b in CIELAB units. The lightness is the photograph's own.
    """

    x: float
    y: float
    ab: tuple[float, float]


def as_array(hints: Sequence[Hint]) -> npt.NDArray[np.float32]:
    """Return hints of one photograph as networks take them: (1, N, 4), x, y, a, b."""
    rows = [(hint.x, hint.y, *hint.ab) for hint in hints]
    return np.array(rows, np.float32).reshape(1, len(rows), 4)

"""What goes into any predictor and comes out: colour hints and chroma."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # not every predictor needs torch
    from torch import Tensor


@dataclass(frozen=True)
class Hint:
    """A point in a photograph, and its colour there.

    Attributes
    ----------
    x, y : float
        The place, as shares of the upright photograph's width and height, in [0, 1]; (0, 0) is
        the upper left corner.
    ab : tuple of float
        a and b in CIELAB units. The lightness is the photograph's own.
    """

    x: float
    y: float
    ab: tuple[float, float]


def as_array(hints: Sequence[Hint]) -> npt.NDArray[np.float32]:
    """Return one photograph's hints as networks take them: (1, N, 4) float32, x, y, a, b."""
    rows = [(hint.x, hint.y, *hint.ab) for hint in hints]
    return np.array(rows, np.float32).reshape(1, len(rows), 4)


Array = TypeVar("Array", "Tensor", npt.NDArray[np.float32])


@dataclass(frozen=True)
class Chroma(Generic[Array]):
    """Predicted chroma, whose saturation is still to be chosen.

    Attributes
    ----------
    own : Tensor or ndarray
        (..., 2, H, W) in CIELAB units, the network's own part.
    given : Tensor or ndarray
        (..., 2, H, W) in CIELAB units, what comes from hints: the user chose these colours, so no
        factor applies to them.
    """

    own: Array
    given: Array

    def at(self, saturation: float) -> Array:
        """Return ab, (..., 2, H, W): ``saturation`` times ``own``, plus ``given``."""
        return saturation * self.own + self.given

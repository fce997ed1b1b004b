"""What goes into predictors and comes out, whatever computes: colour hints and chroma."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # not all that predicts needs it
    from torch import Tensor


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


Array = TypeVar("Array", "Tensor", npt.NDArray[np.float32])


@dataclass(frozen=True)
class Chroma(Generic[Array]):
    """Predicted chroma, whose saturation is still to be chosen.

    Attributes
    ----------
    own : Tensor or ndarray
        (..., 2, H, W) in CIELAB units, the network's own part.
    given : Tensor or ndarray
        (..., 2, H, W) in CIELAB units, what comes from hints: these colours were chosen, and no
        factor is meant for them.
    """

    own: Array
    given: Array

    def at(self, saturation: float) -> Array:
        """Return ab, (..., 2, H, W): ``saturation`` times the network's own part, and the rest."""
        return saturation * self.own + self.given

"""Predicted chroma, whatever computed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:  # not all that predicts needs it
    from torch import Tensor

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

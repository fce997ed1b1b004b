"""What goes into any predictor and comes out: colour hints, chroma, and how likely colours are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

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
    reach : float or None
        How far it counts, as a share of the photograph's shorter side, above 0; None where the
        network decides. Predictors of single photographs heed it.
    """

    x: float
    y: float
    ab: tuple[float, float]
    reach: float | None = None


def as_array(hints: Sequence[Hint]) -> npt.NDArray[np.float32]:
    """Return one photograph's hints as networks take them: (1, N, 4) float32, x, y, a, b."""
    rows = [(hint.x, hint.y, *hint.ab) for hint in hints]
    return np.array(rows, np.float32).reshape(1, len(rows), 4)


@dataclass(frozen=True)
class LikelyColors:
    """How likely each colour is, place by place.

    Attributes
    ----------
    ab : ndarray
        (Q, 2) float32, a and b in CIELAB units: the middles of classes of colours.
    shares : ndarray
        (P, Q) float32, at least 0: of each place, how likely the classes are; they add up to 1.
    """

    ab: npt.NDArray[np.float32]
    shares: npt.NDArray[np.float32]


def unknown_colors(network: str) -> str:
    """Return what to tell a user of a network that does not say how likely colours are."""
    return f"the network {network} does not know how likely colours are; unet does"


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


# (2, h, w) float32 for one photograph.
PhotoChroma = Chroma[npt.NDArray[np.float32]]


class EncodedPhoto(Protocol):
    """A photograph encoded by a network."""

    def decode(self, hints: Sequence[Hint]) -> PhotoChroma:
        """Predict chroma with any number of hints, or none; each counts within its reach.

        Returns
        -------
        PhotoChroma
            In CIELAB units, at the size that the network sees.

        Raises
        ------
        UserError
            If there are hints and the network takes none.
        """

    def likely_colors(self, places: npt.NDArray[np.float32]) -> LikelyColors:
        """Say how likely colours are, at places where nobody has given one.

        Parameters
        ----------
        places : ndarray
            (P, 2) float32: x and y in [0, 1], shares of the upright photograph's width and height.

        Raises
        ------
        UserError
            If the network does not know.
        """

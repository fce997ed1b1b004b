"""What predicts the chroma of a photograph, whatever computes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from colorizer.color_profiles import ColorSpace

if TYPE_CHECKING:  # for it loads torch
    from colorizer.hints import Hint

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PhotoChroma:
    """Predicted chroma of a photograph, whose saturation is still to be chosen.

    Attributes
    ----------
    own : ndarray
        (2, h, w) float32 in CIELAB units, the network's own part.
    given : ndarray
        (2, h, w) float32 in CIELAB units, what comes from hints: these colours were chosen, and
        no factor is meant for them.
    """

    own: Floats
    given: Floats

    def at(self, saturation: float) -> Floats:
        """Return ab, (2, h, w): ``saturation`` times the network's own part, and the rest."""
        return saturation * self.own + self.given


class PhotoLook(Protocol):
    """What a network sees of one photograph."""

    def follow(self, hints: Sequence[Hint]) -> PhotoChroma:
        """Predict chroma with hints, which may be none.

        Returns
        -------
        PhotoChroma
            In the size that the network sees.

        Raises
        ------
        UserError
            If there are hints, and the network takes none.
        """


class PhotoPredictor(Protocol):
    """A trained network, ready for photographs of any size."""

    @property
    def takes_hints(self) -> bool:
        """Whether it follows hints; if not, to give it one is an error."""

    def look(self, image: Image.Image, space: ColorSpace) -> PhotoLook:
        """Look at a photograph, to predict its chroma with ever other hints.

        Parameters
        ----------
        image : Image
            Upright, of any mode but 32-bit floating point.
        space : ColorSpace
            What its pixels mean.
        """

    def predict(
        self, image: Image.Image, space: ColorSpace, hints: Sequence[Hint] = ()
    ) -> PhotoChroma:
        """Predict chroma of a photograph, at once; see :meth:`look` and :class:`PhotoLook`."""

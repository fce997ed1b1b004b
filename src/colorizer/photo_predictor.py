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


class PhotoPredictor(Protocol):
    """A trained network, ready for photographs of any size."""

    def predict(
        self, image: Image.Image, space: ColorSpace, hints: Sequence[Hint] = ()
    ) -> PhotoChroma:
        """Predict chroma of a photograph.

        Parameters
        ----------
        image : Image
            Upright, of any mode but 32-bit floating point.
        space : ColorSpace
            What its pixels mean.
        hints : sequence of Hint
            What is known of its colours.

        Returns
        -------
        PhotoChroma
            In the size that the network sees.

        Raises
        ------
        UserError
            If there are hints, and the network takes none.
        """

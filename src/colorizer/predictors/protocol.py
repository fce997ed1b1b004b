"""The interface of everything that predicts a photograph's chroma, whatever the runtime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from colorizer.color.icc import ColorSpace
from colorizer.inference.types import Chroma, Hint

# (2, h, w) float32 for one photograph.
PhotoChroma = Chroma[npt.NDArray[np.float32]]


class EncodedPhoto(Protocol):
    """A photograph encoded by a network."""

    def decode(self, hints: Sequence[Hint]) -> PhotoChroma:
        """Predict chroma with any number of hints, or none.

        Returns
        -------
        PhotoChroma
            In CIELAB units, at the size that the network sees.

        Raises
        ------
        UserError
            If there are hints and the network takes none.
        """


class PhotoPredictor(Protocol):
    """A trained network, ready for photographs of any size."""

    @property
    def takes_hints(self) -> bool:
        """Whether it follows hints; if not, giving it one is an error."""

    def encode(self, image: Image.Image, space: ColorSpace) -> EncodedPhoto:
        """Encode a photograph, so that its chroma can be predicted quickly with any hints.

        Parameters
        ----------
        image : Image
            Upright, in any mode except 32-bit floating point.
        space : ColorSpace
            What its pixels mean.
        """

    def predict(
        self, image: Image.Image, space: ColorSpace, hints: Sequence[Hint] = ()
    ) -> PhotoChroma:
        """Encode a photograph and predict its chroma; see :class:`EncodedPhoto`."""

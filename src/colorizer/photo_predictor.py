"""What predicts the chroma of a photograph, whatever computes it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from colorizer.color_profiles import ColorSpace


class PhotoPredictor(Protocol):
    """A trained network, ready for photographs of any size."""

    def predict(self, image: Image.Image, space: ColorSpace) -> npt.NDArray[np.float32]:
        """Predict chroma of a photograph.

        Parameters
        ----------
        image : Image
            Upright, of any mode but 32-bit floating point.
        space : ColorSpace
            What its pixels mean.

        Returns
        -------
        ndarray
            (2, h, w) float32, a and b in CIELAB units, in the size that the network sees.
        """

"""The one call to the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from colorizer.color_profiles import ColorSpace
from colorizer.photo_network import PhotoNetwork


@dataclass(frozen=True)
class Hint:
    """A chosen colour; x and y are shares of width and height."""

    x: float
    y: float
    ab: tuple[float, float]


@dataclass(frozen=True)
class Chroma:
    """Predicted ab, (2, h, w) float32."""

    ab: npt.NDArray[np.float32]

    def at(self, saturation: float) -> npt.NDArray[np.float32]:
        """Return it as vivid as asked."""
        return self.ab * np.float32(saturation)


def predict(
    network: PhotoNetwork, image: Image.Image, space: ColorSpace, hints: Sequence[Hint] = ()
) -> Chroma:
    """Predict chroma."""
    ab = network.predict(image, space)
    height, width = ab.shape[1:]
    down, across = np.mgrid[:height, :width].astype(np.float32)
    for hint in hints:
        distance = np.hypot((across + 0.5) / width - hint.x, (down + 0.5) / height - hint.y)
        share = np.exp(-((distance / 0.08) ** 2)).astype(np.float32)
        ab = ab + share * (np.array(hint.ab, np.float32)[:, None, None] - ab)
    return Chroma(ab)

"""The interface of everything that predicts a photograph's chroma, whatever the runtime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

from PIL import Image

from colorizer.color.icc import ColorSpace
from colorizer.inference.types import EncodedPhoto, Hint, PhotoChroma


class PhotoPredictor(Protocol):
    """A trained network, ready for photographs of any size."""

    @property
    def takes_hints(self) -> bool:
        """Whether it follows hints; if not, giving it one is an error."""

    @property
    def knows_colors(self) -> bool:
        """Whether it says how likely colours are; if not, asking it is an error."""

    def at(self, side: int) -> Self:
        """Return the same network, to see photographs at another size.

        Parameters
        ----------
        side : int
            The shorter side in pixels, at least 1; rounded to one that the network accepts.
        """

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

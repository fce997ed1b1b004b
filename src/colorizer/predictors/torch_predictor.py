"""A trained network run by torch, ready for photographs of any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import torch
from PIL import Image

from colorizer.color.icc import ColorSpace
from colorizer.inference.encoded_photo import TorchEncodedPhoto
from colorizer.inference.predict_with_hints import EncodedPhotographs
from colorizer.inference.types import Hint, PhotoChroma
from colorizer.networks.base import Colorizer
from colorizer.networks.checkpoint import load_checkpoint, load_size
from colorizer.networks.hinted import HintedColorizer, color_head_of
from colorizer.predictors.view import read_view, view_size


@dataclass(frozen=True)
class TorchPredictor:
    """A :class:`colorizer.predictors.protocol.PhotoPredictor` run by torch.

    Attributes
    ----------
    model : Colorizer
        In evaluation mode, on ``device``, with a ``scale`` of 1: what it sees is not enlarged.
    device : torch.device
        Where it computes.
    side : int
        The shorter side in pixels of what it sees.
    mirror : bool
        Average with the prediction for the mirror image.
    """

    model: Colorizer
    device: torch.device
    side: int
    mirror: bool

    @property
    def takes_hints(self) -> bool:
        """Whether it follows hints, as for any ``PhotoPredictor``."""
        return isinstance(self.model, HintedColorizer)

    @property
    def knows_colors(self) -> bool:
        """Whether it says how likely colours are, as for any ``PhotoPredictor``."""
        return color_head_of(self.model) is not None

    def at(self, side: int) -> Self:
        """Return the same network for another size, as any ``PhotoPredictor`` does."""
        return replace(self, side=self.model.nearest_side(side))

    def encode(self, image: Image.Image, space: ColorSpace) -> TorchEncodedPhoto:
        """Encode a photograph, as any ``PhotoPredictor`` does."""
        size = view_size(image.size, self.side, self.model.size_multiple)
        lightness = torch.from_numpy(read_view(image, space, size)).to(self.device)
        return TorchEncodedPhoto(
            EncodedPhotographs(self.model, lightness, self.mirror), self.device
        )

    def predict(
        self, image: Image.Image, space: ColorSpace, hints: Sequence[Hint] = ()
    ) -> PhotoChroma:
        """Predict a photograph's chroma, as any ``PhotoPredictor`` does."""
        return self.encode(image, space).decode(hints)


def load_torch_predictor(
    checkpoint: Path, device: torch.device, side: int | None = None, mirror: bool = True
) -> TorchPredictor:
    """Load a network from a checkpoint.

    Parameters
    ----------
    checkpoint : Path
        Written by :func:`colorizer.networks.checkpoint.save_checkpoint`.
    device : torch.device
        Where the network will compute.
    side : int or None
        The shorter side in pixels of what it will see, rounded to a side it accepts; by default
        that of its training photographs times the network's ``scale``.
    mirror : bool
        As in :class:`TorchPredictor`.

    Raises
    ------
    UserError
        If the checkpoint cannot be read.
    """
    model = load_checkpoint(checkpoint)
    side = model.nearest_side(side) if side else side_of(model, load_size(checkpoint))
    # The photograph itself is resized to this side, which is sharper than enlarging a small view.
    model.scale.fill_(1.0)
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return TorchPredictor(model, device, side, mirror)


def side_of(model: Colorizer, size: int) -> int:
    """Return the shorter side in pixels at which a network should see photographs.

    Parameters
    ----------
    model : Colorizer
        As loaded from its checkpoint.
    size : int
        Side in pixels of the squares that it was trained on.
    """
    return model.nearest_side(round(size * float(model.scale)))

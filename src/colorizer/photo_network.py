"""A trained network, ready for photographs of any size."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from safetensors import safe_open

from colorizer.checkpoint import METADATA_KEY, load_checkpoint
from colorizer.color_profiles import ColorSpace
from colorizer.errors import UserError
from colorizer.inference import predict_ab
from colorizer.models.base import Colorizer
from colorizer.network_view import seen_lightness, view_size


@dataclass(frozen=True)
class PhotoNetwork:
    """A network, and what it sees of a photograph.

    Attributes
    ----------
    model : Colorizer
        In evaluation mode, on ``device``; it predicts for what it sees, no longer enlarged.
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
        size = view_size(image.size, self.side, self.model.size_multiple)
        lightness = torch.from_numpy(seen_lightness(image, space, size))
        ab: npt.NDArray[np.float32] = (
            predict_ab(self.model, lightness.to(self.device), self.mirror)[0].cpu().numpy()
        )
        return ab


def load_photo_network(
    checkpoint: Path, device: torch.device, side: int | None = None, mirror: bool = True
) -> PhotoNetwork:
    """Load a network from a checkpoint.

    Parameters
    ----------
    checkpoint : Path
        A file of :func:`colorizer.checkpoint.save_checkpoint`.
    device : torch.device
        Where the network will compute.
    side : int or None
        The shorter side in pixels of what it will see, rounded to what it can take; by default
        that of its training photographs, enlarged as in training.
    mirror : bool
        As in :class:`PhotoNetwork`.

    Raises
    ------
    UserError
        If the checkpoint cannot be read.
    """
    model = load_checkpoint(checkpoint)
    _, size = trained_as(checkpoint)
    side = model.nearest_side(side) if side else side_of(model, size)
    # The photograph itself is resized to what is seen, and sharper than if it were enlarged.
    model.scale.fill_(1.0)
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return PhotoNetwork(model, device, side, mirror)


def side_of(model: Colorizer, size: int) -> int:
    """Return the shorter side in pixels that a network should see of photographs.

    Parameters
    ----------
    model : Colorizer
        As its checkpoint has it.
    size : int
        Side in pixels of the squares that it was trained on.
    """
    return model.nearest_side(round(size * float(model.scale)))


def trained_as(checkpoint: Path) -> tuple[str, int]:
    """Return a network's name in the registry, and the side in pixels of what it was trained on.

    Raises
    ------
    UserError
        If the checkpoint does not tell.
    """
    try:
        with safe_open(checkpoint, framework="pt") as file:
            about = json.loads(file.metadata()[METADATA_KEY])
        name, size = str(about["model"]), about["size"]
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"size {size!r}")
    except (KeyError, ValueError, TypeError) as error:
        raise UserError(f"{checkpoint} is not a checkpoint of this project: {error!r}") from error
    return name, size

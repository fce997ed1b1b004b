"""Whether predicted colours fade towards the border of what a network sees.

Convolutions have to invent what is beyond a border, and where that is unlike the photograph, such
as zeros, chroma near the border is off. What photographs themselves show there does not matter:
predicted chroma is divided by a reference at the same places, and by the same ratio in the middle.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.data.shards import Shards
from colorizer.inference.predict import predict_ab
from colorizer.networks.base import Colorizer

# Where rings begin: distances from the nearest border as shares of the side.
RINGS = (0.0, 1 / 40, 1 / 20, 1 / 10, 1 / 5)
# The side of crops and their least distance from the border, as shares of the photograph's side.
CROP, MARGIN = 0.7, 0.05


class BorderProfile:
    """The mean chroma of predictions and of a reference in rings around the middle.

    Parameters
    ----------
    side : int
        Side of the squares in pixels.

    Raises
    ------
    ValueError
        If the squares are so small that a ring has no pixel.
    """

    def __init__(self, side: int) -> None:
        self._rings = rings_of(side).flatten()
        self._pixels = torch.bincount(self._rings, minlength=len(RINGS))
        if not self._pixels.all():
            raise ValueError(f"squares of {side} pixels a side are too small for rings")
        self._photographs = 0
        self._sums = torch.zeros(2, len(RINGS), dtype=torch.float64)

    def add(self, predicted: Tensor, reference: Tensor) -> None:
        """Add the a and b of a batch, (B, 2, side, side) each, in CIELAB units."""
        for sums, ab in zip(self._sums, (predicted, reference), strict=True):
            chroma = ab.norm(dim=1).sum(dim=0).double().flatten().cpu()
            sums += torch.bincount(self._rings, chroma, minlength=len(RINGS))
        self._photographs += len(predicted)

    def table(self) -> pd.DataFrame:
        """Return a row for each ring, from the border to the middle.

        The columns are ``from`` and ``to``, the distances from the border as shares of the side;
        ``predicted`` and ``reference``, the mean chroma in CIELAB units; their ``ratio``; and
        ``relative``, this ratio divided by the last row's: 1 everywhere if nothing fades.
        Where there is no chroma to divide by, ratios are NaN or infinite.
        """
        predicted, reference = (self._sums / (self._pixels * self._photographs)).numpy()
        table = pd.DataFrame(
            {
                "from": RINGS,
                "to": (*RINGS[1:], 0.5),
                "predicted": predicted,
                "reference": reference,
            }
        )
        table["ratio"] = table["predicted"] / table["reference"]
        table["relative"] = table["ratio"] / table["ratio"].iloc[-1]
        return table


def rings_of(side: int) -> Tensor:
    """Return the index in :data:`RINGS` of each pixel's ring in a square, (side, side) int64."""
    centers = (torch.arange(side, dtype=torch.float64) + 0.5) / side
    distance = torch.minimum(centers, 1 - centers)
    nearest = torch.minimum(distance, distance[:, None])
    return torch.bucketize(nearest, torch.tensor(RINGS[1:], dtype=torch.float64), right=True)


def profile_against_truth(
    model: Colorizer,
    photographs: Shards | npt.NDArray[np.uint8],
    batch_size: int,
    device: torch.device,
) -> pd.DataFrame:
    """Compare predicted with true chroma.

    Mirror images are not used: averaging would hide what happens on one side only.

    Parameters
    ----------
    model : Colorizer
        A trained network; its training mode and device are changed.
    photographs : Shards or ndarray
        (n, size, size, 3) uint8 sRGB.
    batch_size : int
        Photographs that the network colours at once, at least 1.
    device : torch.device
        Where the network computes.

    Returns
    -------
    DataFrame
        As :meth:`BorderProfile.table`; the reference is the truth.

    Raises
    ------
    ValueError
        If the photographs are too small, or their size does not suit a network that does not
        enlarge them.
    """
    model.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    profile = BorderProfile(photographs[0].shape[0])
    with tqdm(desc="whole photographs", total=len(photographs), unit="photograph") as bar:
        for start in range(0, len(photographs), batch_size):
            lab = lab_from_bytes(photographs[start : start + batch_size])
            profile.add(predict_ab(model, lab[:, :1].to(device), mirror=False), lab[:, 1:])
            bar.update(len(lab))
    return profile.table()


def profile_of_crops(
    model: Colorizer,
    photographs: Shards | npt.NDArray[np.uint8],
    batch_size: int,
    seed: int,
    device: torch.device,
) -> pd.DataFrame:
    """Compare chroma predicted for a crop with the same part of the whole photograph's prediction.

    Unlike a photographer's frame, the border of a random crop is nothing special, and it is well
    inside the whole photograph. Both are predicted at the same resolution. A crop's side is
    :data:`CROP` of the photograph's, rounded to what the network accepts.

    Parameters
    ----------
    model, photographs, batch_size, device
        As for :func:`profile_against_truth`.
    seed : int
        Seeds the choice of crops.

    Returns
    -------
    DataFrame
        As :meth:`BorderProfile.table`; the reference is predicted for the whole photograph, and
        distances are shares of the crop's side.

    Raises
    ------
    ValueError
        If the photographs are too small, or their size does not suit a network that does not
        enlarge them.
    """
    model.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    generator = torch.Generator().manual_seed(seed)
    profile: BorderProfile | None = None
    with (
        torch.inference_mode(),
        tqdm(desc="crops", total=len(photographs), unit="photograph") as bar,
    ):
        for start in range(0, len(photographs), batch_size):
            lab = lab_from_bytes(photographs[start : start + batch_size])
            whole = model.enlarge(lab[:, :1].to(device))
            places = _draw_crops(len(whole), whole.shape[-1], model, generator)
            profile = profile or BorderProfile(_crop_side(whole.shape[-1], model))
            profile.add(model(_cropped(whole, places)), _cropped(model(whole), places))
            bar.update(len(lab))
    if profile is None:
        raise ValueError("no photographs to crop")
    return profile.table()


def _crop_side(side: int, model: Colorizer) -> int:
    return model.nearest_side(CROP * side)


def _draw_crops(
    count: int, side: int, model: Colorizer, generator: torch.Generator
) -> list[tuple[slice, slice]]:
    """Draw rows and columns for crops of squares, uniformly among those well inside."""
    crop, first = _crop_side(side, model), math.ceil(MARGIN * side)
    last = side - crop - first
    if last < first:
        raise ValueError(f"squares of {side} pixels a side are too small for crops of {crop}")
    corners = torch.randint(first, last + 1, (count, 2), generator=generator).tolist()
    return [(slice(y, y + crop), slice(x, x + crop)) for y, x in corners]


def _cropped(images: Tensor, places: list[tuple[slice, slice]]) -> Tensor:
    return torch.stack([image[:, *place] for image, place in zip(images, places, strict=True)])

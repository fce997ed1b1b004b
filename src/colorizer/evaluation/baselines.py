"""Baselines that need no network: grey, and the mean chroma of the training photographs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from colorizer.color.lab_torch import bytes_from_lab, lab_from_bytes
from colorizer.data.shards import Shards

PHOTOGRAPHS_AT_ONCE = 64

GREY = torch.zeros(2)


def mean_ab(photographs: Shards) -> Tensor:
    """Return the mean a and b over all pixels of a split, (2,) float32, in CIELAB units."""
    total = torch.zeros(2, dtype=torch.float64)
    for start in range(0, len(photographs), PHOTOGRAPHS_AT_ONCE):
        lab = lab_from_bytes(photographs[start : start + PHOTOGRAPHS_AT_ONCE])
        total += lab[:, 1:].double().mean(dim=(-2, -1)).sum(dim=0)
    return (total / len(photographs)).float()


def paint_uniformly(
    photographs: Shards | npt.NDArray[np.uint8], ab: Tensor
) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield each of (n, H, W, 3) uint8 sRGB photographs with its own L and ``ab``, (2,), all over.

    They come as (H, W, 3) uint8 sRGB; ``ab`` is in CIELAB units.
    """
    for start in range(0, len(photographs), PHOTOGRAPHS_AT_ONCE):
        lab = lab_from_bytes(photographs[start : start + PHOTOGRAPHS_AT_ONCE])
        lab[:, 1:] = ab[:, None, None]
        yield from bytes_from_lab(lab)

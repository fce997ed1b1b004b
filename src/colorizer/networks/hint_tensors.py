"""Colour hints for a batch of photographs, as networks take them: (B, N, 4), x, y, a, b."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

# Most hints per photograph in training: users hardly ever give more, and more cost more.
MOST_IN_TRAINING = 64
# Places per photograph from whose colours a head learns how likely colours are.
SAMPLES = 64
# A hint is what a person would call the colour of a place, not of a pixel: the mean over a square
# with this side, in pixels of a prepared photograph.
PATCH = 5


def mirror_hints(hints: Tensor) -> Tensor:
    """Return hints, (B, N, 4), or places, (B, N, 2), for the photographs' mirror images."""
    x, rest = hints[..., :1], hints[..., 1:]
    return torch.cat([1 - x, rest], dim=-1)


def draw_number(generator: torch.Generator) -> int:
    """Draw a number of hints, 1 to :data:`MOST_IN_TRAINING`, with a uniform logarithm."""
    share = torch.rand((), generator=generator).item()
    return round(math.exp(share * math.log(MOST_IN_TRAINING)))


def draw_places(photographs: int, number: int, generator: torch.Generator) -> Tensor:
    """Draw places for hints uniformly: (photographs, number, 2), x and y in [0, 1)."""
    return torch.rand(photographs, number, 2, generator=generator)


def true_hints(ab: Tensor, places: Tensor) -> Tensor:
    """Return hints with the true colours.

    Parameters
    ----------
    ab : Tensor
        (B, 2, H, W), a and b of photographs, in CIELAB units.
    places : Tensor
        (B, N, 2), x and y in [0, 1].

    Returns
    -------
    Tensor
        (B, N, 4): x, y, and the mean a and b of the :data:`PATCH` x :data:`PATCH` pixels there.
    """
    return torch.cat([places, patch_means(ab, places)], dim=-1)


def patch_means(planes: Tensor, places: Tensor) -> Tensor:
    """Return the means of :data:`PATCH` x :data:`PATCH` pixels, as :func:`values_at` does."""
    means = F.avg_pool2d(planes, PATCH, stride=1, padding=PATCH // 2, count_include_pad=False)
    return values_at(means, places)


def values_at(planes: Tensor, places: Tensor) -> Tensor:
    """Return the values of (B, C, H, W) at places, (B, N, 2), x and y in [0, 1]: (B, N, C)."""
    cells = cells_of(places, *planes.shape[2:])  # (B, N)
    index = cells[:, None].expand(-1, planes.shape[1], -1)
    return planes.flatten(2).gather(2, index).transpose(1, 2)


def cells_of(places: Tensor, height: int, width: int) -> Tensor:
    """Return the grid cell, numbered row by row, that each place falls in.

    Parameters
    ----------
    places : Tensor
        (B, N, 2), x and y in [0, 1].
    height, width : int
        The grid's size in cells.

    Returns
    -------
    Tensor
        (B, N) int64, in [0, height * width).
    """
    x = (places[..., 0] * width).long().clamp(0, width - 1)
    y = (places[..., 1] * height).long().clamp(0, height - 1)
    return y * width + x

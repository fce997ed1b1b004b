"""Prepared photographs as batches of Lab, and the augmentation of batches."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.common.params import Recipe, UNetRecipe
from colorizer.data.aging import aged
from colorizer.data.shards import Shards


class LabPhotographs:
    """A split in Lab, converted as it is read: a hundredth of what a step of training costs.

    Neither memory nor disk grows with the number of photographs.
    """

    def __init__(self, photographs: Shards) -> None:
        self._photographs = photographs

    def __len__(self) -> int:
        return len(self._photographs)

    @property
    def size(self) -> int:
        """The side of the photographs in pixels."""
        return self._photographs.size

    def __getitem__(self, numbers: Tensor) -> Tensor:
        """Return the Lab of the photographs of these numbers, (B,), as (B, 3, H, W) float32."""
        return lab_from_bytes(self._photographs.take(numbers.tolist()))

    def batches(self, batch_size: int, order: Tensor | None = None) -> Iterator[Tensor]:
        """Yield batches of Lab (B, 3, H, W) float32, in ``order`` or as they stand."""
        numbers = torch.arange(len(self)) if order is None else order
        return (self[batch] for batch in torch.split(numbers, batch_size))


def shuffled(count: int, generator: torch.Generator) -> Tensor:
    """Return the numbers 0 to count - 1 in random order."""
    return torch.randperm(count, generator=generator)


def augment(
    lab: Tensor,
    recipe: Recipe,
    generator: torch.Generator,
    share: slice = slice(None),
    count: int | None = None,
    side: int | None = None,
) -> Tensor:
    """Vary a batch as its recipe says: mirror, crop and resize, age, bend the lightness.

    Parameters
    ----------
    lab : Tensor
        (B, 3, H, W) float32 Lab on the CPU.
    recipe : Recipe
        ``flip``, ``min_crop``, ``gamma`` and, of the U-Net, ``aging``.
    generator : torch.Generator
        On the CPU; draws the same numbers whatever the device of the training.
    share, count : slice and int, optional
        ``lab`` is this part of a batch of ``count`` photographs, for all of which numbers are
        drawn; by default it is the whole batch.
    side : int, optional
        What crops, or whole photographs, are resized to; by default that of the photographs.

    Returns
    -------
    Tensor
        (B, 3, H, W) float32 Lab, or (B, 3, side, side).
    """
    size = lab.shape[-2:] if side is None else (side, side)
    count = len(lab) if count is None else count

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator)[share]

    if recipe.flip or recipe.min_crop < 1 or size != lab.shape[-2:]:
        scale = uniform(recipe.min_crop, 1)
        sign = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0) if recipe.flip else torch.ones(len(lab))
        theta = torch.zeros(len(lab), 2, 3)
        theta[:, 0, 0] = sign * scale
        theta[:, 1, 1] = scale
        theta[:, 0, 2] = (1 - scale) * uniform(-1, 1)
        theta[:, 1, 2] = (1 - scale) * uniform(-1, 1)
        if len(lab):  # else there is nothing to crop, and the numbers are drawn all the same
            grid = F.affine_grid(theta, [*lab.shape[:2], *size], align_corners=False)
            lab = F.grid_sample(lab, grid, padding_mode="reflection", align_corners=False)
        else:
            lab = lab.new_empty(0, lab.shape[1], *size)
    if isinstance(recipe, UNetRecipe):
        seeds = torch.randint(2**63 - 1, (count,), generator=generator)[share]
        lab = aged(lab, recipe.aging, seeds)
    if recipe.gamma > 0:
        gamma = uniform(-recipe.gamma, recipe.gamma).exp()[:, None, None, None]
        lightness = 100 * (lab[:, :1] / 100).clamp(min=0) ** gamma
        lab = torch.cat([lightness, lab[:, 1:]], dim=1)
    return lab


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Return the number of batches that ``count`` photographs make."""
    return math.ceil(count / batch_size)

"""Prepared photographs as batches of Lab."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.data.shards import Shards


class LabPhotographs:
    """A split in Lab, converted as it is read, at a hundredth of the cost of a training step.

    Neither memory nor disk use grows with the number of photographs.
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
        """Return the photographs with these numbers, (B,) int64, as Lab (B, 3, H, W) float32."""
        return lab_from_bytes(self._photographs.take(numbers.tolist()))


def shuffle(count: int, generator: torch.Generator) -> Tensor:
    """Return the numbers 0 to count - 1 in random order, (count,) int64."""
    return torch.randperm(count, generator=generator)


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Return the number of batches that ``count`` photographs make."""
    return math.ceil(count / batch_size)

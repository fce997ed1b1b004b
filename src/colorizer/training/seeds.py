"""The random numbers of a training: from its seed, and what they are for, alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import torch


class _Purpose(IntEnum):
    ORDER, AUGMENTATION, HINTS, LAYERS = range(4)


@dataclass(frozen=True)
class Seeds:
    """Generators on the CPU that do not depend on what was drawn before.

    So several processes may prepare batches side by side, and a training that is resumed draws
    what an uninterrupted one does. Generators for other purposes, epochs or batches are unrelated.

    Attributes
    ----------
    seed : int
        That of the training, at least 0.
    """

    seed: int

    def order(self, epoch: int) -> torch.Generator:
        """Return what draws the order of the photographs in an epoch."""
        return self._generator(_Purpose.ORDER, epoch)

    def augmentation(self, epoch: int, batch: int) -> torch.Generator:
        """Return what varies the photographs of a batch."""
        return self._generator(_Purpose.AUGMENTATION, epoch, batch)

    def hints(self, epoch: int, batch: int) -> torch.Generator:
        """Return what draws the hints of a batch."""
        return self._generator(_Purpose.HINTS, epoch, batch)

    def seed_layers(self, epoch: int) -> None:
        """Seed torch's own generator, which the layers of a network draw from in an epoch."""
        torch.manual_seed(self._generator(_Purpose.LAYERS, epoch).initial_seed())

    def _generator(self, *numbers: int) -> torch.Generator:
        (state,) = np.random.SeedSequence((self.seed, *numbers)).generate_state(1, np.uint64)
        return torch.Generator().manual_seed(int(state))

"""A training run's random numbers, which depend only on its seed and their purpose."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import torch


class _Purpose(IntEnum):
    ORDER, AUGMENTATION, HINTS, LAYERS, SAMPLES = range(5)


@dataclass(frozen=True)
class Seeds:
    """CPU generators that do not depend on earlier draws.

    So several processes can prepare batches side by side, and a resumed run draws what an
    uninterrupted one would. Generators for other purposes, epochs or batches are unrelated.

    Attributes
    ----------
    seed : int
        The training run's seed, at least 0.
    """

    seed: int

    def order(self, epoch: int) -> torch.Generator:
        """Return the generator for the order of the photographs in an epoch."""
        return self._generator(_Purpose.ORDER, epoch)

    def augmentation(self, epoch: int, batch: int) -> torch.Generator:
        """Return the generator for the augmentation of a batch."""
        return self._generator(_Purpose.AUGMENTATION, epoch, batch)

    def hints(self, epoch: int, batch: int) -> torch.Generator:
        """Return the generator for the hints of a batch."""
        return self._generator(_Purpose.HINTS, epoch, batch)

    def samples(self, epoch: int, batch: int) -> torch.Generator:
        """Return the generator for the places in a batch whose colours are learnt."""
        return self._generator(_Purpose.SAMPLES, epoch, batch)

    def seed_layers(self, epoch: int) -> None:
        """Seed torch's own generator, from which a network's layers draw in an epoch."""
        torch.manual_seed(self._generator(_Purpose.LAYERS, epoch).initial_seed())

    def _generator(self, *numbers: int) -> torch.Generator:
        (state,) = np.random.SeedSequence((self.seed, *numbers)).generate_state(1, np.uint64)
        return torch.Generator().manual_seed(int(state))

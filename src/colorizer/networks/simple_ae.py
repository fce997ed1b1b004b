"""The smallest network: an auto-encoder whose decoder undoes the encoder's max-pooling."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from colorizer.networks.base import Colorizer


class SimpleAE(Colorizer):
    """Two convolutions with max-pooling; unpooling puts values back where the maxima were.

    Architecture: ``Simple_ConvAE`` from the project that this one grew out of; unpooling by
    indices as in SegNet (Badrinarayanan et al. 2017). The bottleneck has 8 channels.
    """

    size_multiple = 8
    trains_in_shares = True

    def __init__(self) -> None:
        super().__init__()
        self.down1 = nn.Conv2d(1, 16, kernel_size=4, stride=2, padding=1)
        self.pool1 = nn.MaxPool2d(2, return_indices=True)
        self.down2 = nn.Conv2d(16, 8, kernel_size=3, stride=2, padding=1)
        self.pool2 = nn.MaxPool2d(2, stride=1, return_indices=True)
        self.up2 = nn.ConvTranspose2d(8, 16, kernel_size=4, stride=2, padding=1)
        self.up1 = nn.ConvTranspose2d(16, 2, kernel_size=4, stride=2, padding=1)

    def scaled_ab(self, lightness: Tensor) -> Tensor:
        """Return ab / 128; see :meth:`Colorizer.scaled_ab`."""
        wide = self.down1(lightness / 100).relu()  # (B, 16, H/2, W/2)
        pooled, where1 = self.pool1(wide)  # (B, 16, H/4, W/4)
        narrow = self.down2(pooled).relu()  # (B, 8, H/8, W/8)
        code, where2 = self.pool2(narrow)  # (B, 8, H/8 - 1, W/8 - 1)
        ab = self.up2(_unpool(code, where2, narrow.shape)).relu()
        ab = self.up1(_unpool(ab, where1, wide.shape))
        scaled: Tensor = ab.tanh()  # (B, 2, H, W)
        return scaled


def _unpool(pooled: Tensor, where: Tensor, shape: torch.Size) -> Tensor:
    """Put pooled values back where they came from, zeros elsewhere.

    torch's own ``max_unpool2d`` refuses to run in deterministic mode, because overlapping pooling
    windows may name a place twice. The value is then the same, so the order does not matter.
    """
    flat = pooled.new_zeros(*shape[:2], shape[2] * shape[3])
    return flat.scatter(2, where.flatten(2), pooled.flatten(2)).view(shape)

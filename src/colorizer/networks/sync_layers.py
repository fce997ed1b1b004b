"""Layers that compute the same however a batch is divided among processes.

torch's own normalise and drop within each process's share, so training in several processes would
differ from training in one. (Its ``SyncBatchNorm`` does what :class:`SharedBatchNorm2d` does, but
only on GPUs.)
"""

from __future__ import annotations

import torch
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_reduce


class SharedBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation (Ioffe and Szegedy 2015) by the statistics of all processes' shares."""

    def forward(self, features: Tensor) -> Tensor:
        """Normalise (B, C, H, W); B may be 0 in some processes."""
        if not self.training or _processes() == 1:
            return super().forward(features)
        channels = features.shape[1]
        sums = features.sum(dim=(0, 2, 3), dtype=torch.float32)
        ones = sums.new_full((1,), features.numel() / channels)
        total = _summed(torch.cat([sums, ones]))
        count = total[-1]
        mean = total[:-1] / count
        centered = features - mean.view(-1, 1, 1)
        # From the differences: subtracting large means of squares would lose digits.
        variance = _summed(centered.square().sum(dim=(0, 2, 3), dtype=torch.float32)) / count
        self._gather(mean.detach(), (variance * count / (count - 1)).detach())
        scale = self.weight * torch.rsqrt(variance + self.eps)
        normalized = centered * scale.view(-1, 1, 1) + self.bias.view(-1, 1, 1)
        out: Tensor = normalized.to(features.dtype)
        return out

    def _gather(self, mean: Tensor, unbiased_variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(unbiased_variance, self.momentum)


class SharedChannelDropout(nn.Module):
    """Dropout of whole channels (Tompson et al. 2015), drawn for all processes' photographs.

    Every process must seed torch's CPU generator alike.

    Parameters
    ----------
    share : float
        The share of channels that is set to zero on average, in [0, 1).
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, features: Tensor) -> Tensor:
        """Drop channels of (B, C, H, W) in training and scale up the rest."""
        if not self.training or self.share == 0:
            return features
        before, total = _place(len(features), features.device)
        kept = torch.rand(total, features.shape[1], 1, 1) >= self.share
        mask = kept[before : before + len(features)].to(features)
        return features * mask / (1 - self.share)

    def extra_repr(self) -> str:
        """Return what ``print(model)`` shows of this layer."""
        return f"share={self.share:g}"


def _summed(value: Tensor) -> Tensor:
    """Return the sum of all processes' values; gradients flow back to all of them."""
    total: Tensor = all_reduce(value)  # type: ignore[no-untyped-call]
    return total


def _processes() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1


def _place(count: int, device: torch.device) -> tuple[int, int]:
    """Return how many photographs come before this process's share, and how many in all."""
    if _processes() == 1:
        return 0, count
    counts = torch.zeros(_processes(), dtype=torch.int64, device=device)
    counts[distributed.get_rank()] = count
    distributed.all_reduce(counts)
    return int(counts[: distributed.get_rank()].sum()), int(counts.sum())

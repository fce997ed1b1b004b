"""Layers that compute the same however a batch is divided into shares.

torch's own normalise and drop within each share, so training in several threads or processes
would differ from training in one. (Its ``SyncBatchNorm`` does what :class:`SharedBatchNorm2d`
does, but only in processes, and on GPUs.)
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from colorizer.common.errors import UserError
from colorizer.networks.shares import Sharer, this_sharer


class SharedBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation (Ioffe and Szegedy 2015) by the statistics of all shares."""

    def forward(self, features: Tensor) -> Tensor:
        """Normalise (B, C, H, W); B may be 0 in some shares.

        Raises
        ------
        UserError
            In training, if a channel has but one value in all shares: its variance is unknown.
        """
        sharer = this_sharer()
        if not self.training or sharer.count == 1:
            if self.training and features.numel() == features.shape[1]:
                raise _too_few_values()
            return super().forward(features)
        normalized, mean, variance, count = _Normalize.apply(  # type: ignore[no-untyped-call]
            features.float(), self.weight, self.bias, self.eps, sharer
        )
        if sharer.keeps:
            self._keep(mean, variance * count / (count - 1))
        out: Tensor = normalized.to(features.dtype)
        return out

    def _keep(self, mean: Tensor, unbiased_variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(unbiased_variance, self.momentum)


class _Normalize(torch.autograd.Function):
    """Batch normalisation of a share; those who share meet once on the way and once back."""

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, eps: float, sharer: Sharer
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the normalised share, the mean and variance of all, and their count."""
        mean, variance, count = _statistics(features, sharer)
        ctx.save_for_backward(features, weight, mean, variance, count)
        ctx.eps, ctx.sharer = eps, sharer
        ctx.mark_non_differentiable(mean, variance, count)
        # torch divides by the number of photographs.
        none = not len(features)
        normalized = (
            features.clone()
            if none
            else F.batch_norm(features, mean, variance, weight, bias, eps=eps)
        )
        return normalized, mean, variance, count

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of the share, and what it adds to those of weight and bias.

        With x normalised to z, N values in a channel, and sums over all shares (Ioffe and Szegedy
        2015, section 3), dx = weight / std * (dy - (sum(dy) + z * sum(dy * z)) / N).
        """
        features, weight, mean, variance, count = ctx.saved_tensors
        # With fixed statistics, torch computes all but what depends on other values: much faster.
        if len(features):
            back, own_weight, own_bias = torch.ops.aten.native_batch_norm_backward(
                gradient, features, weight, mean, variance, None, None, False, ctx.eps, [True] * 3
            )
        else:
            back, own_weight, own_bias = (
                gradient.clone(),
                torch.zeros_like(mean),
                torch.zeros_like(mean),
            )
        bias, from_weight = torch.stack(
            ctx.sharer.gather(torch.stack([own_bias, own_weight]))
        ).sum(0)
        scale = torch.rsqrt(variance + ctx.eps)
        slope = from_weight * scale / count
        constant = bias / count - mean * slope
        back -= (weight * scale * constant).view(-1, 1, 1)
        back.addcmul_(features, (weight * scale * slope).view(-1, 1, 1), value=-1)
        return back, own_weight, own_bias, None, None


def _statistics(features: Tensor, sharer: Sharer) -> tuple[Tensor, Tensor, Tensor]:
    """Return the mean and variance of each channel over all shares, (C,), and their count.

    Shares are combined by their own means and variances (Chan et al. 1979, "Updating formulae and
    a pairwise algorithm for computing sample variances"): a difference of large sums would lose
    digits.
    """
    if len(features):
        own_variance, own_mean = torch.var_mean(features, dim=(0, 2, 3), correction=0)
    else:
        own_variance = own_mean = features.new_zeros(features.shape[1])
    own_count = torch.full_like(own_mean, features.numel() / features.shape[1])
    gathered = torch.stack(sharer.gather(torch.stack([own_mean, own_variance, own_count])))
    means, variances, counts = gathered.unbind(1)  # (shares, C) each
    count = counts.sum(0)
    # Those with more values of their own need not ask: on a GPU, every look waits for it.
    if features.numel() <= features.shape[1] and count[0] <= 1:
        raise _too_few_values()
    mean = (means * counts).sum(0) / count
    variance = ((variances + (means - mean).square()) * counts).sum(0) / count
    return mean, variance, count


def _too_few_values() -> UserError:
    return UserError(
        "a batch has a single value per channel, by which it cannot be normalised: use another "
        "batch_size, so that the last batch of an epoch has more than one photograph, or larger "
        "ones (prepare.size)"
    )


class SharedChannelDropout(nn.Module):
    """Dropout of whole channels (Tompson et al. 2015), drawn for all shares' photographs.

    Processes must seed torch's CPU generator alike.

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
        sharer = this_sharer()
        counts = [len(features)]
        if sharer.count > 1:  # on a GPU, every look at what others have waits for it
            own = torch.tensor(len(features), device=features.device)
            counts = [int(count) for count in sharer.gather(own)]
        before = sum(counts[: sharer.rank])
        kept = sharer.draw(lambda: torch.rand(sum(counts), features.shape[1], 1, 1)) >= self.share
        mask = kept[before : before + len(features)]
        mask = mask.to(features.device, features.dtype, non_blocking=True)
        return features * mask / (1 - self.share)

    def extra_repr(self) -> str:
        """Return what ``print(model)`` shows of this layer."""
        return f"share={self.share:g}"

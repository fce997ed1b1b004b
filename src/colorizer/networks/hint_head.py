"""Spread users' colour hints to places that look alike and are near."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorizer.networks.hint_tensors import cells_of
from colorizer.networks.sync_layers import SharedBatchNorm2d

HEADS = 8
# Numbers by which a head judges what looks alike.
LIKENESS = 8
# The heads' initial reach, as shares of a picture's shorter side: from all of it to a twelfth.
REACHES = (1.0, 0.08)
# A head's initial doubt: the logarithm of the weight that it sets against the hints', where a
# hint at its own place has 0.
DOUBT = -3.0


class HintHead(nn.Module):
    """Attention from every place in a picture to the hints (Vaswani et al. 2017).

    A hint shows how far off the network was at a place: the difference between its colour and
    the predicted one. Every place takes on a mean of these differences, weighted by how much it
    looks like the hints' places, in learnt features, and by how near it is:

        w_i(p) = exp(-|q(p) - q(p_i)|^2 - |p - p_i|^2 / r^2)
                 / (exp(d(p)) + sum_j exp(-|q(p) - q(p_j)|^2 - |p - p_j|^2 / r^2))

    with learnt q, reach r and doubt d for each of several heads, which every place mixes. Without
    hints, nothing is added: predictions are those of the network without this head.

    Users' hints as a network's input: Zhang et al. 2017, "Real-Time User-Guided Image
    Colorization with Learned Deep Priors". Theirs are extra channels of the picture, and a
    network learns to spread them from a million photographs; a few hundred are too few for that
    (docs/experiments.md), but enough for a head that spreads them from the start.

    Parameters
    ----------
    channels : int
        Number of feature channels.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.normalize = SharedBatchNorm2d(channels)
        self.embed = nn.Conv2d(channels, HEADS * LIKENESS, 1, bias=False)
        nn.init.normal_(self.embed.weight, std=0.5 / math.sqrt(channels))
        # How much a place listens to each head, and the head's doubt: at first equal everywhere.
        self.mix = nn.Conv2d(channels, HEADS, 1)
        self.doubt = nn.Conv2d(channels, HEADS, 1)
        for layer, start in ((self.mix, 0.0), (self.doubt, DOUBT)):
            assert layer.bias is not None
            nn.init.zeros_(layer.weight)
            nn.init.constant_(layer.bias, start)
        far, near = (-math.log(reach) for reach in REACHES)
        self.sharpness = nn.Parameter(torch.linspace(far, near, HEADS))  # -log r

    def forward(self, features: Tensor, ab: Tensor, hints: Tensor) -> tuple[Tensor, Tensor]:
        """Spread hints.

        Parameters
        ----------
        features : Tensor
            (B, C, h, w), which tell places apart.
        ab : Tensor
            (B, 2, h, w), the network's prediction without hints.
        hints : Tensor
            (B, N, 4): x and y in [0, 1], shares of width and height; a and b in the units of
            ``ab``. N may be 0.

        Returns
        -------
        pair of Tensor
            (B, 2, h, w) each, in the units of ``ab``: what is left of the network's own
            prediction, and what comes from the hints. Their sum is the prediction; only the first
            should be scaled by saturation.
        """
        batch, _, height, width = ab.shape
        features = self.normalize(features)
        queries = self._places(features)  # (B, heads, h*w, D)
        mix = self.mix(features).softmax(dim=1).flatten(2)  # (B, heads, h*w)
        doubt = self.doubt(features).flatten(2)
        cells = cells_of(hints[..., :2], height, width)  # (B, N)
        keys = queries.gather(
            2, cells[:, None, :, None].expand(-1, HEADS, -1, queries.shape[-1])
        )  # (B, heads, N, D)
        own = ab.flatten(2).gather(2, cells[:, None].expand(-1, 2, -1)).transpose(1, 2)
        values = torch.cat([own, hints[..., 2:]], dim=-1)  # (B, N, 4)
        spread = (_attend(queries, keys, values, doubt) * mix[..., None]).sum(dim=1)
        own_there, given = spread.transpose(1, 2).view(batch, 4, height, width).split(2, dim=1)
        return ab - own_there, given

    def _places(self, features: Tensor) -> Tensor:
        """Return what tells places apart for each head: their looks and their positions."""
        batch, _, height, width = features.shape
        likeness = self.embed(features).view(batch, HEADS, LIKENESS, height * width)
        shorter = min(height, width)
        x = (torch.arange(width, device=features.device) + 0.5) / shorter
        y = (torch.arange(height, device=features.device) + 0.5) / shorter
        where = torch.stack([x.expand(height, width), y[:, None].expand(height, width)])
        where = where.view(1, 1, 2, -1) * self.sharpness.exp().view(1, HEADS, 1, 1)
        return torch.cat([likeness, where.expand(batch, -1, -1, -1)], dim=2).transpose(2, 3)


def _attend(queries: Tensor, keys: Tensor, values: Tensor, doubt: Tensor) -> Tensor:
    """Return the values' means, (B, heads, P, V), weighted as in :class:`HintHead`.

    The square of a difference is written as a dot product of longer vectors, and doubt as an
    extra key with values of zero, so that torch's attention needs no table of places by hints.
    """
    heads, dimensions = keys.shape[1], values.shape[-1]
    squares = queries.square().sum(dim=-1, keepdim=True)
    one = torch.ones_like(squares)
    queries = torch.cat([2 * queries, one, squares + doubt[..., None]], dim=-1)
    keys = torch.cat(
        [keys, -keys.square().sum(dim=-1, keepdim=True), torch.zeros_like(keys[..., :1])], dim=-1
    )
    last = F.pad(keys.new_ones(*keys.shape[:2], 1, 1), (keys.shape[-1] - 1, 0))
    keys = torch.cat([keys, last], dim=2)
    # As long as the keys: attention is fast when all three have the same length.
    values = F.pad(values, (0, keys.shape[-1] - dimensions, 0, 1))
    values = values[:, None].expand(-1, heads, -1, -1)
    attended: Tensor = F.scaled_dot_product_attention(queries, keys, values, scale=1.0)
    return attended[..., :dimensions]

"""Say how likely each colour is at a place, where a network names only one."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from colorizer.color.ab_classes import STEP, ab_classes
from colorizer.networks.hint_tensors import values_at
from colorizer.networks.sync_layers import SharedBatchNorm2d

HIDDEN = 128


class ColorHead(nn.Module):
    """A distribution over classes of colours, for places in a picture.

    Grey does not tell a red dress from a green one, and a network that must answer with one
    colour answers with what lies between. This head, from the same features, says which colours
    there may be: it is a classifier of :func:`colorizer.color.ab_classes.ab_classes`, as the whole
    network is in Zhang et al. 2016, "Colorful Image Colorization". It answers for the places that
    it is asked about, and costs nothing otherwise.

    Parameters
    ----------
    channels : int
        Number of feature channels.
    """

    colors: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.normalize = SharedBatchNorm2d(channels)
        self.hidden = nn.Linear(channels, HIDDEN)
        classes = torch.from_numpy(ab_classes())
        self.to_logits = nn.Linear(HIDDEN, len(classes))
        # (Q, 2), the classes' a and b in CIELAB units; kept with the weights that belong to them.
        self.register_buffer("colors", classes)

    def forward(self, features: Tensor, places: Tensor) -> Tensor:
        """Return the logarithms of the likelihoods, up to a constant of each place.

        Parameters
        ----------
        features : Tensor
            (B, C, h, w), which tell places apart.
        places : Tensor
            (B, P, 2): x and y in [0, 1], shares of width and height. P may be 0.

        Returns
        -------
        Tensor
            (B, P, Q).
        """
        there = values_at(self.normalize(features), places)  # (B, P, C)
        logits: Tensor = self.to_logits(F.relu(self.hidden(there)))
        return logits

    def loss(self, logits: Tensor, ab: Tensor) -> Tensor:
        """Return the mean cross-entropy of the true colours, or 0 if B is 0.

        A true colour counts for the classes around it, by a Gaussian of half a class (Zhang et
        al. 2016, section 2.1): near misses are better than others.

        Parameters
        ----------
        logits : Tensor
            (B, P, Q), from :meth:`forward`.
        ab : Tensor
            (B, P, 2), the true a and b in CIELAB units.
        """
        if not len(logits):
            # A zero with gradients: some layers' backward passes wait for all processes.
            return logits.sum()
        near = -(torch.cdist(ab, self.colors) / STEP).square() * 2  # -d^2 / (2 (STEP / 2)^2)
        return F.cross_entropy(logits.flatten(0, 1), near.softmax(dim=-1).flatten(0, 1))

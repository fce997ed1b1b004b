"""Networks that take colour hints."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from colorizer.color.lab_torch import AB_SCALE
from colorizer.networks.base import Colorizer
from colorizer.networks.hint_head import HintHead
from colorizer.networks.recipe import Recipe


class HintedRecipe(Recipe):
    """A recipe that says whether the head that spreads colour hints learns, too."""

    hints: bool


@dataclass(frozen=True)
class Seen:
    """What a network makes of photographs before it is told anything about their colours.

    Attributes
    ----------
    ab : Tensor
        (B, 2, h, w), its own prediction, ab / 128, at the resolution in which it paints.
    features : Tensor
        (B, C, h, w), what tells places apart.
    """

    ab: Tensor
    features: Tensor

    def detached(self) -> Seen:
        """Return the same, through which no gradient flows."""
        return Seen(self.ab.detach().float(), self.features.detach().float())


class HintedColorizer(Colorizer):
    """A network that predicts from L alone, and follows the user where hints are given.

    Sub-classes set ``hint_head`` and implement :meth:`see` and :meth:`full_size`; what
    :meth:`scaled_ab` gives is ``full_size(see(lightness).ab)``.
    """

    hint_head: HintHead

    def see(self, lightness: Tensor) -> Seen:
        """Look at L in [0, 100], (B, 1, H, W); H and W multiples of ``size_multiple``."""
        raise NotImplementedError

    def full_size(self, ab: Tensor) -> Tensor:
        """Return ab as it was seen, (B, 2, h, w), in the size of the photographs."""
        raise NotImplementedError

    def follow(self, seen: Seen, hints: Tensor) -> tuple[Tensor, Tensor]:
        """Predict chroma with hints.

        Parameters
        ----------
        seen : Seen
            What :meth:`see` returned.
        hints : Tensor
            (B, N, 4): x and y in [0, 1], shares of width and height; a and b in CIELAB units.

        Returns
        -------
        pair of Tensor
            (B, 2, H, W) each, in CIELAB units: the network's own part, and what comes from the
            hints. Their sum is the prediction.
        """
        scaled = torch.cat([hints[..., :2], hints[..., 2:] / AB_SCALE], dim=-1)
        own, given = self.hint_head(seen.features, seen.ab, scaled)
        return self.full_size(own) * AB_SCALE, self.full_size(given) * AB_SCALE

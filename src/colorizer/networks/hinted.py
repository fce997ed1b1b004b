"""Networks that take colour hints, and may say how likely colours are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from colorizer.color.lab_torch import AB_SCALE
from colorizer.networks.base import Colorizer
from colorizer.networks.color_head import ColorHead
from colorizer.networks.hint_head import HintHead
from colorizer.networks.recipe import Recipe


class HintedRecipe(Recipe):
    """A recipe that also says which heads to train, besides the network itself.

    Attributes
    ----------
    hints : bool
        Whether to train the head that spreads colour hints.
    likely_colors : bool
        Whether to train the head that says how likely each colour is, if the network has one.
    """

    hints: bool
    likely_colors: bool


def color_head_of(model: Colorizer) -> ColorHead | None:
    """Return the head that says how likely colours are; None if the network has none."""
    return model.color_head if isinstance(model, HintedColorizer) else None


@dataclass(frozen=True)
class Encoding:
    """What a network makes of photographs before it gets any colour hints.

    Attributes
    ----------
    ab : Tensor
        (B, 2, h, w), its own prediction, ab / 128, at the resolution at which it paints.
    features : Tensor
        (B, C, h, w), which tell places apart.
    """

    ab: Tensor
    features: Tensor

    def detached(self) -> Encoding:
        """Return the same in float32, without gradients."""
        return Encoding(self.ab.detach().float(), self.features.detach().float())


class HintedColorizer(Colorizer):
    """A network that predicts from L alone, and follows the user's hints where there are any.

    Subclasses set ``hint_head`` and implement :meth:`encode` and :meth:`full_size`;
    :meth:`scaled_ab` must return ``full_size(encode(lightness).ab)``. Those that also say how
    likely colours are set ``color_head``; both heads read an encoding's features.
    """

    hint_head: HintHead

    def __init__(self) -> None:
        super().__init__()
        self.color_head: ColorHead | None = None

    def encode(self, lightness: Tensor) -> Encoding:
        """Encode L in [0, 100], (B, 1, H, W); H and W multiples of ``size_multiple``."""
        raise NotImplementedError

    def full_size(self, ab: Tensor) -> Tensor:
        """Return the ab of an encoding, (B, 2, h, w), at the photographs' size."""
        raise NotImplementedError

    def decode(self, encoding: Encoding, hints: Tensor) -> tuple[Tensor, Tensor]:
        """Predict chroma with hints.

        Parameters
        ----------
        encoding : Encoding
            From :meth:`encode`.
        hints : Tensor
            (B, N, 4): x and y in [0, 1], shares of width and height; a and b in CIELAB units.

        Returns
        -------
        pair of Tensor
            (B, 2, H, W) each, in CIELAB units: the network's own part, and what comes from the
            hints. Their sum is the prediction.
        """
        scaled = torch.cat([hints[..., :2], hints[..., 2:] / AB_SCALE], dim=-1)
        own, given = self.hint_head(encoding.features, encoding.ab, scaled)
        return self.full_size(own) * AB_SCALE, self.full_size(given) * AB_SCALE

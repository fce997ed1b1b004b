"""Predict the colours of photographs of which users know some."""

from __future__ import annotations

import torch
from torch import Tensor

from colorizer.color.lab_torch import AB_SCALE
from colorizer.common.errors import UserError
from colorizer.inference.predict import predict_ab
from colorizer.inference.types import Chroma
from colorizer.networks.base import Colorizer, check_size, resized
from colorizer.networks.hint_tensors import mirrored
from colorizer.networks.hinted import HintedColorizer, Seen


class Glance:
    """What a network sees of photographs: enough to answer to ever other hints, and quickly.

    Parameters
    ----------
    model : Colorizer
        In evaluation mode.
    lightness : Tensor
        (B, 1, H, W), L in [0, 100], on the model's device.
    mirror : bool
        Average with the prediction for the mirror image.

    Raises
    ------
    ValueError
        If H or W is not a multiple of what the network needs.
    """

    def __init__(self, model: Colorizer, lightness: Tensor, mirror: bool) -> None:
        self._model = model
        self._size = lightness.shape[-2:]
        if not isinstance(model, HintedColorizer):
            self._own = predict_ab(model, lightness, mirror)
            return
        with torch.inference_mode():
            enlarged = model.enlarged(lightness)
            check_size(enlarged.shape[-2:], model.size_multiple)
            views = [enlarged, enlarged.flip(-1)] if mirror else [enlarged]
            self._seen = [model.see(view) for view in views]

    def follow(self, hints: Tensor) -> Chroma[Tensor]:
        """Predict chroma with hints.

        Parameters
        ----------
        hints : Tensor
            (B, N, 4) on the model's device: x and y in [0, 1], shares of width and height; a and
            b in CIELAB units. N may be 0.

        Raises
        ------
        UserError
            If there are hints, and the network takes none.
        """
        model = self._model
        if not isinstance(model, HintedColorizer):
            if hints.shape[1]:
                raise UserError(
                    f"the network {type(model).__name__} takes no colour hints; unet does"
                )
            return Chroma(self._own, torch.zeros_like(self._own))
        with torch.inference_mode():
            own, given = _followed(model, self._seen[0], hints)
            for turned in self._seen[1:]:
                other_own, other_given = _followed(model, turned, mirrored(hints))
                own = (own + other_own.flip(-1)) / 2
                given = (given + other_given.flip(-1)) / 2
            return Chroma(resized(own, self._size), resized(given, self._size))


def _followed(model: HintedColorizer, seen: Seen, hints: Tensor) -> tuple[Tensor, Tensor]:
    if hints.shape[1]:
        return model.follow(seen, hints)
    own = model.full_size(seen.ab) * AB_SCALE  # the same, but for the time of the attention
    return own, torch.zeros_like(own)

"""Predict the colours of photographs with users' hints, and how likely colours are."""

from __future__ import annotations

import torch
from torch import Tensor

from colorizer.color.lab_torch import AB_SCALE
from colorizer.common.errors import UserError
from colorizer.inference.predict import predict_ab
from colorizer.inference.types import Chroma, unknown_colors
from colorizer.networks.base import Colorizer, check_size, resize
from colorizer.networks.hint_tensors import mirror_hints
from colorizer.networks.hinted import Encoding, HintedColorizer, color_head_of
from colorizer.networks.shares import in_shares, shares_on


class EncodedPhotographs:
    """Photographs encoded by a network, ready to be decoded quickly with any hints.

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
        If H or W is not a multiple of the network's ``size_multiple``, and it does not enlarge its
        input, which makes any size fit.
    """

    def __init__(self, model: Colorizer, lightness: Tensor, mirror: bool) -> None:
        self._model = model
        self._size = lightness.shape[-2:]
        if not isinstance(model, HintedColorizer):
            self._own = predict_ab(model, lightness, mirror)
            return
        with torch.inference_mode():
            enlarged = model.enlarge(lightness)
            check_size(enlarged.shape[-2:], model.size_multiple)
        views = [enlarged, enlarged.flip(-1)] if mirror else [enlarged]

        def encode(share: slice) -> list[Encoding]:
            with torch.inference_mode():
                return [model.encode(view) for view in views[share]]

        shares = in_shares(encode, len(views), shares_on(lightness.device))
        self._encodings = [encoding for share in shares for encoding in share]

    def decode(self, hints: Tensor) -> Chroma[Tensor]:
        """Predict chroma with hints.

        Parameters
        ----------
        hints : Tensor
            (B, N, 4) on the model's device: x and y in [0, 1], shares of width and height; a and
            b in CIELAB units. N may be 0.

        Raises
        ------
        UserError
            If there are hints and the network takes none.
        """
        model = self._model
        if not isinstance(model, HintedColorizer):
            if hints.shape[1]:
                raise UserError(
                    f"the network {type(model).__name__} takes no colour hints; unet does"
                )
            return Chroma(self._own, torch.zeros_like(self._own))
        with torch.inference_mode():
            own, given = _decoded(model, self._encodings[0], hints)
            for turned in self._encodings[1:]:
                other_own, other_given = _decoded(model, turned, mirror_hints(hints))
                own = (own + other_own.flip(-1)) / 2
                given = (given + other_given.flip(-1)) / 2
            return Chroma(resize(own, self._size), resize(given, self._size))

    def likely_colors(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Say how likely colours are.

        Parameters
        ----------
        places : Tensor
            (B, P, 2) on the model's device: x and y in [0, 1], shares of width and height.

        Returns
        -------
        pair of Tensor
            (Q, 2), a and b in CIELAB units of the classes of colours, and (B, P, Q), their
            likelihoods, which add up to 1.

        Raises
        ------
        UserError
            If the network does not know.
        """
        head = color_head_of(self._model)
        if head is None:
            raise UserError(unknown_colors(type(self._model).__name__))
        views = [places, mirror_hints(places)]
        with torch.inference_mode():
            shares = [
                head(encoding.features, view).softmax(dim=-1)
                for encoding, view in zip(self._encodings, views, strict=False)
            ]
            return head.colors, torch.stack(shares).mean(dim=0)


def _decoded(model: HintedColorizer, encoding: Encoding, hints: Tensor) -> tuple[Tensor, Tensor]:
    if hints.shape[1]:
        return model.decode(encoding, hints)
    own = model.full_size(encoding.ab) * AB_SCALE  # the same, without the cost of attention
    return own, torch.zeros_like(own)

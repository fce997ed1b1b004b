"""One photograph, encoded by torch, as arrays go in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from colorizer.inference.predict_with_hints import EncodedPhotographs
from colorizer.inference.reach import decode_within_reach
from colorizer.inference.types import Chroma, Hint, LikelyColors, as_array

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TorchEncodedPhoto:
    """An :class:`colorizer.inference.types.EncodedPhoto`, the only one of ``encoded``.

    Attributes
    ----------
    encoded : EncodedPhotographs
        One photograph.
    device : torch.device
        Where the network computes.
    """

    encoded: EncodedPhotographs
    device: torch.device

    def decode(self, hints: Sequence[Hint]) -> Chroma[Floats]:
        """Predict chroma with hints, as any ``EncodedPhoto`` does."""

        def decode(some: Sequence[Hint]) -> Chroma[Floats]:
            chroma = self.encoded.decode(torch.from_numpy(as_array(some)).to(self.device))
            return Chroma(chroma.own[0].cpu().numpy(), chroma.given[0].cpu().numpy())

        return decode_within_reach(decode, hints)

    def likely_colors(self, places: Floats) -> LikelyColors:
        """Say how likely colours are, as any ``EncodedPhoto`` does."""
        ab, shares = self.encoded.likely_colors(torch.from_numpy(places[None]).to(self.device))
        return LikelyColors(ab.cpu().numpy(), shares[0].cpu().numpy())

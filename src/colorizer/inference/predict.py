"""Predict the colours of photographs with a trained network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from colorizer.color.lab_torch import bytes_from_lab, lab_from_bytes
from colorizer.data.aging import MEASURED, age, seeds_of
from colorizer.data.shards import Shards
from colorizer.inference.params import PredictParams
from colorizer.networks.base import Colorizer
from colorizer.networks.shares import in_shares, shares_on


def predict_ab(model: Colorizer, lightness: Tensor, mirror: bool) -> Tensor:
    """Predict chroma on the model's device, without gradients.

    Parameters
    ----------
    model : Colorizer
        In evaluation mode.
    lightness : Tensor
        (B, 1, H, W), L in [0, 100], on the model's device.
    mirror : bool
        Average with the prediction for the mirror image: mirroring does not change colours.

    Returns
    -------
    Tensor
        (B, 2, H, W) in CIELAB units.
    """
    views = torch.cat([lightness, lightness.flip(-1)]) if mirror else lightness

    def predict(share: slice) -> Tensor:
        own = views[share]
        # One after the other, so that the mirror image costs time but no memory.
        parts = own.tensor_split(2) if mirror and len(own) > 1 else [own]
        with torch.inference_mode():
            return torch.cat([model.predict(part) for part in parts])

    ab = torch.cat(in_shares(predict, len(views), shares_on(lightness.device)))
    if mirror:
        own, turned = ab.chunk(2)
        ab = (own + turned.flip(-1)) / 2
    return ab


def colorize_squares(
    model: Colorizer,
    photographs: Shards | npt.NDArray[np.uint8],
    params: PredictParams,
    device: torch.device,
    saturation: float = 1.0,
    aging_seed: int | None = None,
) -> Iterator[npt.NDArray[np.uint8]]:
    """Remove the colours of prepared photographs and predict them from lightness alone.

    Parameters
    ----------
    model : Colorizer
        A trained network; its training mode and device are changed.
    photographs : Shards or ndarray
        (n, size, size, 3) uint8 sRGB.
    params : PredictParams
        ``batch_size`` and ``mirror``.
    device : torch.device
        Where the network computes.
    saturation : float
        Factor for the predicted chroma, at least 0.
    aging_seed : int or None
        If given, the network sees every photograph aged by
        :data:`colorizer.data.aging.MEASURED`, in a way that depends only on this seed and its
        pixels. The output keeps the photograph's original lightness, so that only the effect of
        aging on the colours shows.

    Yields
    ------
    ndarray
        (size, size, 3) uint8 sRGB, one by one in the order of ``photographs``.
    """
    model.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    with tqdm(desc="predict", total=len(photographs), unit="photograph") as bar:
        for start in range(0, len(photographs), params.batch_size):
            batch = photographs[start : start + params.batch_size]
            seeds = None if aging_seed is None else seeds_of(batch, aging_seed)
            yield from colorize_batch(model, batch, params.mirror, device, saturation, seeds)
            bar.update(len(batch))


def colorize_batch(
    model: Colorizer,
    photographs: npt.NDArray[np.uint8],
    mirror: bool,
    device: torch.device,
    saturation: float = 1.0,
    aging_seeds: Tensor | None = None,
) -> npt.NDArray[np.uint8]:
    """Colour (B, H, W, 3) uint8 sRGB photographs from their lightness; same shape and type out.

    The model must be on ``device``, in evaluation mode; ``mirror`` is as in :func:`predict_ab`,
    ``saturation`` as in :func:`colorize_squares`. With ``aging_seeds``, (B,) int64, the network
    sees aged photographs.
    """
    lab = lab_from_bytes(photographs)
    seen = lab if aging_seeds is None else age(lab, MEASURED, aging_seeds)
    ab = predict_ab(model, seen[:, :1].to(device), mirror).cpu()
    return bytes_from_lab(torch.cat([lab[:, :1], saturation * ab], dim=1))

"""How far a colour hint reaches: it should colour its thing, all of it, and nothing else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.data.shards import Shards
from colorizer.inference.params import PredictParams
from colorizer.inference.predict_with_hints import EncodedPhotographs
from colorizer.networks.base import Colorizer
from colorizer.networks.hint_tensors import draw_places, true_hints

# Distances from a hint, as shares of the side.
NEAR, FAR = 1 / 20, 1 / 4
# Differences in CIELAB units, of lightness and of ab alike.
ALIKE, UNLIKE = 10.0, 25.0
# In ab: a hint that repeats the prediction shows nothing.
LEAST_ASKED = 20.0
HINTS_A_PHOTOGRAPH = 4
PLACES = ("near", "far, unlike", "far, alike")
COLUMNS = ("place", "hints", "change", "share")


def measure_reach(
    model: Colorizer,
    photographs: Shards | npt.NDArray[np.uint8],
    params: PredictParams,
    seed: int,
    device: torch.device,
) -> pd.DataFrame:
    """Give true hints, one at a time, and measure what they change.

    Hints are at random places, :data:`HINTS_A_PHOTOGRAPH` per photograph. A hint counts if its
    colour differs from the predicted one by at least 20 in ab. A far place is unlike the hinted
    one if its true colour differs by more than 25 in ab or in L, and alike if by at most 10 in
    both. The network should change nothing at unlike places, and alike ones as much as those near
    the hint.

    Parameters
    ----------
    model : Colorizer
        A trained network; its training mode and device are changed.
    photographs : Shards or ndarray
        (n, size, size, 3) uint8 sRGB.
    params : PredictParams
        ``batch_size`` and ``mirror``.
    seed : int
        Seeds the choice of places.
    device : torch.device
        Where the network computes.

    Returns
    -------
    DataFrame
        A row for each of :data:`PLACES`: ``place``; ``hints``, the number that count and have
        such places; ``change``, how far ab moves on average, in CIELAB units; and ``share``, the
        change divided by the difference between the hint and the prediction at its own place.
        Both are means over the hints, NaN if there are none. Chroma is not scaled by saturation.

    Raises
    ------
    UserError
        If the network takes no hints.
    """
    model.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    generator = torch.Generator().manual_seed(seed)
    places = draw_places(len(photographs), HINTS_A_PHOTOGRAPH, generator)
    sums, counts = torch.zeros(2, len(PLACES), dtype=torch.float64), torch.zeros(len(PLACES))
    with tqdm(desc="reach", total=len(photographs), unit="photograph") as bar:
        for start in range(0, len(photographs), params.batch_size):
            lab = lab_from_bytes(photographs[start : start + params.batch_size])
            encoded = EncodedPhotographs(model, lab[:, :1].to(device), params.mirror)
            own = encoded.decode(torch.empty(len(lab), 0, 4, device=device)).at(1.0).cpu()
            for place in torch.split(places[start : start + len(lab)], 1, dim=1):
                hints = true_hints(lab[:, 1:], place)
                hinted = encoded.decode(hints.to(device)).at(1.0).cpu()
                asked = (hints - true_hints(own, place))[:, 0, 2:].norm(dim=-1)
                change = (hinted - own).norm(dim=1)
                for number, where in enumerate(_places(lab, hints)):
                    counted = where.any(dim=(1, 2)) & (asked >= LEAST_ASKED)
                    mean = (change * where).sum(dim=(1, 2)) / where.sum(dim=(1, 2)).clamp(min=1)
                    sums[0, number] += mean[counted].double().sum()
                    sums[1, number] += (mean / asked)[counted].double().sum()
                    counts[number] += counted.sum()
            bar.update(len(lab))
    change_of, share_of = (sums / counts).numpy()
    values = (PLACES, counts.long().numpy(), change_of, share_of)
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def _places(lab: Tensor, hints: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return which pixels are near, far and unlike, and far and alike.

    Parameters
    ----------
    lab : Tensor
        (B, 3, H, W), the true photographs.
    hints : Tensor
        (B, 1, 4), one true hint per photograph.

    Returns
    -------
    tuple of Tensor
        (B, H, W) bool each.
    """
    height, width = lab.shape[-2:]
    x = (torch.arange(width) + 0.5) / width - hints[..., :1]  # (B, 1, W)
    y = (torch.arange(height) + 0.5) / height - hints[..., 1:2]
    distance = torch.hypot(x, y.transpose(1, 2))
    # The mean lightness of the patch that gave the hint its colour.
    lightness = true_hints(lab[:, :1].expand(-1, 2, -1, -1), hints[..., :2])[..., 2:3]
    of_lightness = (lab[:, 0] - lightness).abs()
    of_ab = (lab[:, 1:] - hints[:, 0, 2:, None, None]).norm(dim=1)
    difference = torch.maximum(of_lightness, of_ab)
    far = distance > FAR
    return distance < NEAR, far & (difference > UNLIKE), far & (difference <= ALIKE)

"""How vivid colours may be: what more saturation costs on validation photographs.

An unsure network predicts the mean or the median of the colours that a thing can have, and means
are dull. Multiplying ab by a factor makes up for that at the cost of accuracy; both are measured
here. :mod:`colorizer.inference.saturation` chooses the factor.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed

from colorizer.color.lab_torch import bytes_from_lab, lab_from_bytes
from colorizer.data.shards import Shards
from colorizer.evaluation.metrics import Photograph, colorfulness, mse, psnr_from_mse
from colorizer.inference.predict import predict_ab
from colorizer.networks.base import Colorizer

SATURATIONS = tuple(round(0.05 * step, 2) for step in range(41))  # 0 to 2
# Enough to choose by, even if val holds many thousands. Shards are ordered by content hash, so the
# first are as good as any.
MOST_PHOTOGRAPHS = 500
BATCH_SIZE = 32


def measure_vividness(model: Colorizer, photographs: Shards, device: torch.device) -> pd.DataFrame:
    """Measure PSNR and colourfulness over the range of saturations, with mirrored predictions.

    Parameters
    ----------
    model : Colorizer
        A trained network; its training mode and device are changed.
    photographs : Shards
        The validation split; at most the first 500 are used.
    device : torch.device
        Where the network computes.

    Returns
    -------
    DataFrame
        A row for each of :data:`SATURATIONS`: ``saturation``; ``psnr``, the mean over the
        photographs in dB; ``colorfulness``, the mean as a share of the true photographs' mean;
        ``photographs``, how many were measured.
    """
    model.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    count = min(len(photographs), MOST_PHOTOGRAPHS)
    sums = np.zeros((len(SATURATIONS), 2))
    truth = 0.0
    measured = delayed(_psnr_and_colorfulness)
    # One pool for all: starting and ending one takes longer than measuring a batch.
    with Parallel(n_jobs=-1, backend="threading") as run:
        for start in range(0, count, BATCH_SIZE):
            true = photographs[start : min(count, start + BATCH_SIZE)]
            truth += sum(colorfulness(photograph) for photograph in true)
            lightness = lab_from_bytes(true)[:, :1]
            ab = predict_ab(model, lightness.to(device), mirror=True).cpu()
            for row, saturation in zip(sums, SATURATIONS, strict=True):
                colored = bytes_from_lab(torch.cat([lightness, ab * saturation], dim=1))
                pairs = zip(colored, true, strict=True)
                row += np.sum(run(measured(*pair) for pair in pairs), axis=0)
    table = pd.DataFrame({"saturation": SATURATIONS})
    table["psnr"] = sums[:, 0] / count
    table["colorfulness"] = sums[:, 1] / truth if truth > 0 else 0.0
    table["photographs"] = count
    return table


def _psnr_and_colorfulness(colored: Photograph, true: Photograph) -> tuple[float, float]:
    return psnr_from_mse(mse(colored, true)), colorfulness(colored)

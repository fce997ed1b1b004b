"""How vivid colours may be: what more saturation costs on validation photographs.

A network that is unsure predicts the mean or the median of the colours that a thing can have, and
means are dull. To multiply ab by a factor makes up for it and costs accuracy; both are measured
here, and the factor is chosen.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed

from colorizer.color.lab_torch import bytes_from_lab, lab_from_bytes
from colorizer.common.params import PredictParams
from colorizer.data.shards import Shards
from colorizer.evaluation.metrics import Photograph, colorfulness, mse, psnr_from_mse
from colorizer.inference.predict import predict_ab
from colorizer.networks.base import Colorizer
from colorizer.networks.checkpoint import load_vividness

SATURATIONS = tuple(round(0.05 * step, 2) for step in range(41))  # 0 to 2
# Enough to choose by, also where val holds many thousands. Shards are in the order of content
# hashes: the first ones are as good as any.
MOST_PHOTOGRAPHS = 500
# How many photographs' word it takes to be as sure as one is beforehand that 1 is right. Without
# it, what a few photographs allow is a draw of lots, and dear for others (docs/experiments.md).
DOUBTS = 30
BATCH_SIZE = 32


def measure_vividness(model: Colorizer, photographs: Shards, device: torch.device) -> pd.DataFrame:
    """Measure PSNR and colourfulness over the range of saturations, with mirrored predictions.

    Parameters
    ----------
    model : Colorizer
        A trained network; its training mode and device are changed.
    photographs : Shards
        Of the validation split; at most the first 500 are used.
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
    # One pool for all: to start and end one takes longer than to measure a batch.
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


def choose_saturation(vividness: pd.DataFrame, cost: float) -> float:
    """Return the largest saturation that costs at most ``cost`` dB and is no more than true.

    Parameters
    ----------
    vividness : DataFrame
        What :func:`measure_vividness` returned.
    cost : float
        dB of PSNR, from the best.

    Returns
    -------
    float
        At least that of the best PSNR, even where it makes photographs more colourful than they
        were.
    """
    best = vividness.iloc[int(vividness["psnr"].argmax())]
    cheap = vividness["psnr"] >= best["psnr"] - cost
    vivid = vividness[cheap & (vividness["colorfulness"] <= 1)]
    return float(max([best["saturation"], *vivid["saturation"]]))


def cautious(saturation: float, photographs: int) -> float:
    """Return a saturation between 1 and the one that so many photographs spoke for.

    The fewer they are, the nearer to 1: the mean of what they say and of :data:`DOUBTS` voices
    for 1, in hundredths.
    """
    return round(1 + (saturation - 1) * photographs / (photographs + DOUBTS), 2)


def saturation_of(params: PredictParams, checkpoint: Path) -> float:
    """Return the saturation that ``params`` name, or choose it as the checkpoint's val allows.

    Raises
    ------
    UserError
        If the checkpoint cannot be read.
    """
    if isinstance(params.saturation, str):  # auto
        vividness = load_vividness(checkpoint)
        chosen = choose_saturation(vividness, params.saturation_cost)
        return cautious(chosen, int(vividness["photographs"].iloc[0]))
    return params.saturation


def _psnr_and_colorfulness(colored: Photograph, true: Photograph) -> tuple[float, float]:
    return psnr_from_mse(mse(colored, true)), colorfulness(colored)

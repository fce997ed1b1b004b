"""How vivid colours are to be: the saturation that validation photographs allow."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from colorizer.inference.params import PredictParams
from colorizer.networks.checkpoint import load_vividness

# How many photographs' word it takes to be as sure as one is beforehand that 1 is right. Without
# it, what a few photographs allow is a draw of lots, and dear for others (docs/experiments.md).
DOUBTS = 30


def choose_saturation(vividness: pd.DataFrame, cost: float) -> float:
    """Return the largest saturation that costs at most ``cost`` dB and is no more than true.

    Parameters
    ----------
    vividness : DataFrame
        PSNR and colourfulness by saturation; see
        :func:`colorizer.networks.checkpoint.load_vividness`.
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


def moderate(saturation: float, photographs: int) -> float:
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
        return moderate(chosen, int(vividness["photographs"].iloc[0]))
    return params.saturation

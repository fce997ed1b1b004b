"""How vivid colours should be: the saturation that validation photographs allow."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from colorizer.inference.params import PredictParams
from colorizer.networks.checkpoint import load_vividness

# How many photographs weigh as much as the prior belief that 1 is right. Without this prior, what
# a few photographs allow is down to chance, and costly for others (docs/experiments.md).
DOUBTS = 30


def choose_saturation(vividness: pd.DataFrame, cost: float) -> float:
    """Return the highest saturation that costs at most ``cost`` dB and is not above the truth.

    Parameters
    ----------
    vividness : DataFrame
        PSNR and colourfulness by saturation; see
        :func:`colorizer.networks.checkpoint.load_vividness`.
    cost : float
        PSNR below the best, in dB.

    Returns
    -------
    float
        At least the one with the best PSNR, even if it makes photographs more colourful than
        they were.
    """
    best = vividness.iloc[int(vividness["psnr"].argmax())]
    cheap = vividness["psnr"] >= best["psnr"] - cost
    vivid = vividness[cheap & (vividness["colorfulness"] <= 1)]
    return float(max([best["saturation"], *vivid["saturation"]]))


def moderate(saturation: float, photographs: int) -> float:
    """Return a saturation between 1 and the one chosen on this many ``photographs``.

    The fewer there are, the nearer to 1: the mean of their votes and :data:`DOUBTS` votes for 1,
    rounded to hundredths.
    """
    return round(1 + (saturation - 1) * photographs / (photographs + DOUBTS), 2)


def saturation_of(params: PredictParams, checkpoint: Path) -> float:
    """Return the saturation in ``params``, or choose it by the checkpoint's ``vividness``.

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

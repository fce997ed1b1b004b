"""Prepared photographs made old, because the network learns from new ones but colours old ones.

Only lightness ages; a and b stay those of the scene, as they are to be predicted. (A paper border
hides the scene: a and b are 0 there.)
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from colorizer.common.blocks import Block, Chance
from colorizer.data.old_film import (
    characteristic_curve,
    grain,
    lens_blur,
    spectral_response,
    vignette,
)
from colorizer.data.old_prints import compression, halftone, paper_border, scratches


class AgingParams(Block):
    """The share of photographs that are made old, and the probability of each step for those."""

    share: Chance
    spectral_response: Chance
    lens_blur: Chance
    vignette: Chance
    characteristic_curve: Chance
    grain: Chance
    scratches: Chance
    halftone: Chance
    compression: Chance
    paper_border: Chance


# In the order in which light, film, print, wear and file came about.
STEPS = {
    "lens_blur": lens_blur,
    "vignette": vignette,
    "characteristic_curve": characteristic_curve,
    "grain": grain,
    "scratches": scratches,
    "halftone": halftone,
    "compression": compression,
}
MEASURED_SEED = 0
# For measuring on old photographs: all are aged, none has a border, which would hide part of the
# truth.
MEASURED = AgingParams(
    share=1.0,
    spectral_response=0.5,
    lens_blur=0.25,
    vignette=0.25,
    characteristic_curve=0.5,
    grain=0.4,
    scratches=0.25,
    halftone=0.1,
    compression=0.25,
    paper_border=0.0,
)


def age(lab: Tensor, params: AgingParams, seeds: Tensor) -> Tensor:
    """Make photographs old, each according to its seed.

    Parameters
    ----------
    lab : Tensor
        (B, 3, H, W) float32 Lab on the CPU, L in [0, 100]; not modified.
    params : AgingParams
        The share of photographs that age, and the probability of each step for those.
    seeds : Tensor
        (B,) int64 >= 0. The same photograph with the same seed ages in the same way, whatever
        else is in the batch.

    Returns
    -------
    Tensor
        (B, 3, H, W) float32 Lab.
    """
    if params.share == 0:
        return lab
    made = lab.numpy().copy()
    for photograph, seed in zip(made, seeds.tolist(), strict=True):
        random = np.random.default_rng(seed)
        if random.random() < params.share:
            _age(photograph, params, random)
    return torch.from_numpy(made)


def seeds_of(photographs: npt.NDArray[np.uint8], seed: int) -> Tensor:
    """Return seeds for :func:`age`, (B,) int64, that depend only on ``seed`` and the pixels.

    So a photograph ages in the same way whichever set it is measured in.
    """
    return torch.tensor(
        [seed << 32 | zlib.crc32(photograph.tobytes()) for photograph in photographs]
    )


def step_alone(step: str) -> AgingParams:
    """Return parameters that put every photograph through ``step`` and no other."""
    never = dict.fromkeys(AgingParams.model_fields, 0.0)
    return AgingParams(**{**never, "share": 1.0, step: 1.0})


def _age(lab: npt.NDArray[np.float32], params: AgingParams, random: np.random.Generator) -> None:
    """Age one photograph, (3, H, W), in place."""
    if random.random() < params.spectral_response:
        lab[0] = spectral_response(lab, random)
    for name, step in STEPS.items():
        if random.random() < getattr(params, name):
            lab[0] = step(lab[0], random)
    if random.random() < params.paper_border:
        lab[0], paper = paper_border(lab[0], random)
        lab[1:, paper] = 0

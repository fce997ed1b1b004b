"""Batches varied at random: mirrored, cropped, aged, relit."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge, Gt, Le
from torch import Tensor
from torch.nn import functional as F

from colorizer.common.blocks import Block
from colorizer.data.aging import AgingParams, age


class Augmentation(Block):
    """How the photographs of a batch are varied at random.

    Attributes
    ----------
    flip : bool
        Mirror half of the photographs.
    min_crop : float
        The smallest random crop, as a share of the side, in (0, 1]; 1 for none.
    crop_scale : float
        The side that crops are resized to, as a share of the photographs' side, in [0.25, 4]. They
        are sampled bilinearly: far below 0.75, fine detail turns into patterns.
    gamma : float
        The lightness L becomes L^g, with ln g uniform in [-gamma, gamma]; in [0, 2], 0 for none.
    aging : AgingParams or None
        How photographs are made old; None to leave them as they are.
    """

    flip: bool
    min_crop: Annotated[float, Gt(0), Le(1)]
    crop_scale: Annotated[float, Ge(0.25), Le(4)]
    gamma: Annotated[float, Ge(0), Le(2)]
    aging: AgingParams | None = None


def augment(
    lab: Tensor,
    params: Augmentation,
    generator: torch.Generator,
    share: slice = slice(None),
    count: int | None = None,
    side: int | None = None,
) -> Tensor:
    """Vary a batch at random: mirror, crop and resize, age, apply gamma to the lightness.

    Parameters
    ----------
    lab : Tensor
        (B, 3, H, W) float32 Lab on the CPU.
    params : Augmentation
        How to vary it; ``crop_scale`` is not used, see ``side``.
    generator : torch.Generator
        On the CPU, to draw the same numbers whatever device trains.
    share, count : slice and int, optional
        ``lab`` is this part of a batch of ``count`` photographs, and numbers are drawn for all of
        them; by default it is the whole batch.
    side : int, optional
        The side in pixels that crops, or whole photographs, are resized to; by default unchanged.

    Returns
    -------
    Tensor
        (B, 3, H, W) float32 Lab, or (B, 3, side, side).
    """
    size = lab.shape[-2:] if side is None else (side, side)
    count = len(lab) if count is None else count

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, generator=generator)[share]

    if params.flip or params.min_crop < 1 or size != lab.shape[-2:]:
        scale = uniform(params.min_crop, 1)
        sign = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0) if params.flip else torch.ones(len(lab))
        theta = torch.zeros(len(lab), 2, 3)
        theta[:, 0, 0] = sign * scale
        theta[:, 1, 1] = scale
        theta[:, 0, 2] = (1 - scale) * uniform(-1, 1)
        theta[:, 1, 2] = (1 - scale) * uniform(-1, 1)
        if len(lab):  # an empty part has nothing to crop, but draws the same numbers
            grid = F.affine_grid(theta, [*lab.shape[:2], *size], align_corners=False)
            lab = F.grid_sample(lab, grid, padding_mode="reflection", align_corners=False)
        else:
            lab = lab.new_empty(0, lab.shape[1], *size)
    if params.aging is not None:
        seeds = torch.randint(2**63 - 1, (count,), generator=generator)[share]
        lab = age(lab, params.aging, seeds)
    if params.gamma > 0:
        gamma = uniform(-params.gamma, params.gamma).exp()[:, None, None, None]
        lightness = 100 * (lab[:, :1] / 100).clamp(min=0) ** gamma
        lab = torch.cat([lightness, lab[:, 1:]], dim=1)
    return lab

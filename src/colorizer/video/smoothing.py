"""Keep chroma from flickering: smooth it over time, along the motion, within a shot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from colorizer.video.optical_flow import enlarge, estimate_motion, is_inside, warp
from colorizer.video.shots import is_cut

# In L: where a frame and the moved previous one differ by this much, the past counts for 1/e of
# its weight. Film grain makes 1, another object mostly more than 10.
MISMATCH = 4.0


@dataclass(frozen=True)
class _Past:
    """What is remembered of a shot: data for one frame, however long the shot is.

    Attributes
    ----------
    lightness : Tensor
        (1, 1, h, w), the last frame's L.
    ab : Tensor
        (1, 2, H, W), its smoothed chroma.
    weight : Tensor
        (1, 1, H, W), how many frames it is the mean of.
    """

    lightness: Tensor
    ab: Tensor
    weight: Tensor


class ChromaSmoother:
    """Smooths the chroma of frame after frame.

    Each pixel becomes the mean of the network's predictions for it since the shot began, or since
    it came into view; a frame t seconds ago counts for exp(-t / time_constant). Pixels are
    followed by their lightness, so that a pan smears nothing; where that cannot be found again in
    the next frame, the past is forgotten.

    Parameters
    ----------
    time_constant : float
        In seconds, at least 0; 0 leaves chroma unchanged.
    """

    def __init__(self, time_constant: float) -> None:
        self._time_constant = time_constant
        self._past: _Past | None = None

    def smooth(self, lightness: Tensor, ab: Tensor, seconds: float) -> Tensor:
        """Smooth the chroma of the next frame.

        Parameters
        ----------
        lightness : Tensor
            (1, 1, h, w) floating point, L in [0, 100]. Motion is estimated at this size, the same
            for all frames; half that of ``ab`` is enough.
        ab : Tensor
            (1, 2, H, W) floating point, in CIELAB units, on the same device.
        seconds : float
            Since the previous frame, at least 0; ignored for the first frame.

        Returns
        -------
        Tensor
            (1, 2, H, W), in CIELAB units.
        """
        if not self._time_constant:
            return ab
        weight = torch.ones_like(ab[:, :1])
        past = self._past
        if past is not None and not is_cut(past.lightness, lightness):
            decay = math.exp(-seconds / self._time_constant)
            ab, weight = _joined(past, lightness, ab, decay)
        self._past = _Past(lightness, ab, weight)
        return ab


def _joined(past: _Past, lightness: Tensor, ab: Tensor, decay: float) -> tuple[Tensor, Tensor]:
    """Return the mean of the past, where found again, and the present; and its weight."""
    flow = estimate_motion(past.lightness, lightness)
    trust = decay * _trust(past.lightness, lightness, flow)
    size = ab.shape[2:]
    trust = F.interpolate(trust, size=size, mode="bilinear")
    flow = enlarge(flow, size)
    earlier = trust * warp(past.weight, flow)
    weight = earlier + 1
    return (earlier * warp(past.ab, flow) + ab) / weight, weight


def _trust(before: Tensor, after: Tensor, flow: Tensor) -> Tensor:
    """Return how surely pixels match the previous frame, (1, 1, h, w) in [0, 1]."""
    difference = F.avg_pool2d(after - warp(before, flow), 3, 1, 1, count_include_pad=False)
    # A change common to all pixels comes from the light, as in a flash or a pulsing old film.
    difference = difference - difference.median()
    return torch.exp(-((difference / MISMATCH) ** 2)) * is_inside(flow)

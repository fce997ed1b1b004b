"""Chroma whose edges lie where those of the lightness do."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

# In pixels of what the network sees: as far as a colour runs over, for U-Net paints one in four.
RADIUS = 4
# In squares of L: what varies less is grain and cloth rather than an edge.
LEAST_VARIANCE = 16.0


def guide(ab: Tensor, lightness: Tensor) -> tuple[Tensor, Tensor]:
    """Explain chroma by lightness, place by place: ab = slope * L + offset.

    The guided filter (He, Sun and Tang 2013, "Guided Image Filtering", equations 5, 6 and 8).
    Slope and offset are smooth, so they may be enlarged where chroma may not: with the lightness
    of the large photograph, colours end where things do (He and Sun 2015, "Fast Guided Filter").

    Parameters
    ----------
    ab : Tensor
        (B, 2, H, W) in CIELAB units.
    lightness : Tensor
        (B, 1, H, W), L in [0, 100].

    Returns
    -------
    pair of Tensor
        Slope and offset, (B, 2, H, W) each.
    """
    mean_lightness, mean_ab = _mean(lightness), _mean(ab)
    covariance = _mean(lightness * ab) - mean_lightness * mean_ab
    variance = _mean(lightness.square()) - mean_lightness.square()
    slope = covariance / (variance + LEAST_VARIANCE)
    offset = mean_ab - slope * mean_lightness
    return _mean(slope), _mean(offset)


def _mean(image: Tensor) -> Tensor:
    """Return the means of the squares about each pixel, within the picture."""
    return F.avg_pool2d(image, 2 * RADIUS + 1, stride=1, padding=RADIUS, count_include_pad=False)

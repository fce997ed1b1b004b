"""Chroma whose edges lie where those of the lightness do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
# In pixels of what the network sees: as far as a colour runs over, for U-Net paints one in four.
RADIUS = 4
# In squares of L: what varies less is grain and cloth rather than an edge.
LEAST_VARIANCE = 16.0


def fit_guide(ab: Floats, lightness: Floats) -> tuple[Floats, Floats]:
    """Explain chroma by lightness, place by place: ab = slope * L + offset.

    The guided filter (He, Sun and Tang 2013, "Guided Image Filtering", equations 5, 6 and 8).
    Slope and offset are smooth, so they may be enlarged where chroma may not: with the lightness
    of the large photograph, colours end where things do (He and Sun 2015, "Fast Guided Filter").

    Parameters
    ----------
    ab : ndarray
        (2, H, W) float32 in CIELAB units.
    lightness : ndarray
        (1, H, W) float32, L in [0, 100].

    Returns
    -------
    pair of ndarray
        Slope and offset, (2, H, W) float32 each.
    """
    mean_lightness, mean_ab = _mean(lightness), _mean(ab)
    covariance = _mean(lightness * ab) - mean_lightness * mean_ab
    variance = _mean(lightness * lightness) - mean_lightness * mean_lightness
    slope = covariance / (variance + LEAST_VARIANCE)
    offset = mean_ab - slope * mean_lightness
    return _mean(slope).astype(np.float32), _mean(offset).astype(np.float32)


def _mean(image: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the means of the squares about each pixel, within the picture."""
    down = _running_mean(image.swapaxes(-2, -1)).swapaxes(-2, -1)
    return _running_mean(down)


def _running_mean(image: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the means along the last axis of what lies within :data:`RADIUS`."""
    length = image.shape[-1]
    sums = np.zeros((*image.shape[:-1], length + 1))
    np.cumsum(image, axis=-1, out=sums[..., 1:])
    first = np.arange(length) - RADIUS
    start, end = first.clip(0), (first + 2 * RADIUS + 1).clip(max=length)
    means: npt.NDArray[np.float64] = (sums[..., end] - sums[..., start]) / (end - start)
    return means

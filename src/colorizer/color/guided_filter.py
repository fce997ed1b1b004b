"""Chroma whose edges follow those of the lightness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
# In pixels of the network's input: how far colours run over, as U-Net paints one pixel in four.
RADIUS = 4
# In L squared: what varies less is grain or cloth rather than an edge.
LEAST_VARIANCE = 16.0


def fit_guide(ab: Floats, lightness: Floats) -> tuple[Floats, Floats]:
    """Fit chroma to lightness, place by place: ab = slope * L + offset.

    The guided filter (He, Sun and Tang 2013, "Guided Image Filtering", equations 5, 6 and 8).
    Slope and offset are smooth, so they can be enlarged where chroma cannot: with the lightness
    of the large photograph, colours end where objects do (He and Sun 2015, "Fast Guided Filter").

    Parameters
    ----------
    ab : ndarray
        (2, H, W) float32 in CIELAB units.
    lightness : ndarray
        (1, H, W) float32, L in [0, 100].

    Returns
    -------
    tuple of ndarray
        Slope, in ab per L, and offset, in CIELAB units; (2, H, W) float32 each.
    """
    mean_lightness, mean_ab = _mean(lightness), _mean(ab)
    covariance = _mean(lightness * ab) - mean_lightness * mean_ab
    variance = _mean(lightness * lightness) - mean_lightness * mean_lightness
    slope = covariance / (variance + LEAST_VARIANCE)
    offset = mean_ab - slope * mean_lightness
    return _mean(slope).astype(np.float32), _mean(offset).astype(np.float32)


def _mean(image: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the mean of the square window around each pixel, within the picture."""
    down = _running_mean(image.swapaxes(-2, -1)).swapaxes(-2, -1)
    return _running_mean(down)


def _running_mean(image: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the means along the last axis of the values within :data:`RADIUS`."""
    length = image.shape[-1]
    sums = np.zeros((*image.shape[:-1], length + 1))
    np.cumsum(image, axis=-1, out=sums[..., 1:])
    first = np.arange(length) - RADIUS
    start, end = first.clip(0), (first + 2 * RADIUS + 1).clip(max=length)
    means: npt.NDArray[np.float64] = (sums[..., end] - sums[..., start]) / (end - start)
    return means

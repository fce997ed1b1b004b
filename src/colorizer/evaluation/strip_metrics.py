"""The metrics of a large photograph, strip by strip: on all cores, in little memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed

from colorizer.evaluation.metrics import METRICS, Photograph, ciede2000, psnr_from_mse, ssim

# Side of the windows that SSIM compares; a photograph must not be smaller.
WINDOW = 7
# Pixels in a strip: few enough for intermediate results to stay in a core's cache, and enough to
# make the WINDOW - 1 rows that strips share negligible.
STRIP_PIXELS = 1 << 18
LEAST_ROWS = 32


class _Sums(NamedTuple):
    """Sums over one strip's pixels, except for SSIM, which is summed over its windows."""

    squared_error: float
    ciede2000: float
    ssim: float
    predicted: _Opponents
    true: _Opponents


class _Opponents(NamedTuple):
    """Sums of red - green and of yellow - blue, and of their squares."""

    red_green: float
    red_green_squared: float
    yellow_blue: float
    yellow_blue_squared: float


def measure_in_strips(predicted: Photograph, true: Photograph) -> dict[str, float]:
    """Return what :func:`colorizer.evaluation.metrics.measure` does, to about nine digits.

    It needs little memory besides the photographs, however large they are, except for metrics
    unknown here, which are measured on whole photographs.

    Parameters
    ----------
    predicted, true : ndarray
        (H, W, 3) uint8 sRGB; both sides at least :data:`WINDOW`.

    Raises
    ------
    ValueError
        If the two differ in shape, or are too small.
    """
    if predicted.shape != true.shape:
        raise ValueError(f"shapes must be equal, got {predicted.shape} and {true.shape}")
    height, width, _ = true.shape
    if min(height, width) < WINDOW:
        raise ValueError(f"sides must be at least {WINDOW} pixels, got {width} x {height}")
    run = Parallel(n_jobs=-1, backend="threading", return_as="generator")
    strips: Iterator[_Sums] = run(
        delayed(_sums)(predicted, true, top, bottom) for top, bottom in _strips(height, width)
    )
    sums = list(strips)
    pixels = height * width
    error = sum(strip.squared_error for strip in sums) / (3 * pixels * 255**2)
    windows = (height - WINDOW + 1) * (width - WINDOW + 1)
    known = {
        "mse": error,
        "psnr": psnr_from_mse(error),
        "ssim": sum(strip.ssim for strip in sums) / windows,
        "ciede2000": sum(strip.ciede2000 for strip in sums) / pixels,
        "colorfulness": _colorfulness([strip.predicted for strip in sums], pixels),
        "colorfulness_truth": _colorfulness([strip.true for strip in sums], pixels),
    }
    return {
        name: known[name] if name in known else metric.measure(predicted, true)
        for name, metric in METRICS.items()
    }


def _strips(height: int, width: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last row, exclusive, of strips no lower than a window."""
    count = max(1, height // max(LEAST_ROWS, STRIP_PIXELS // width))
    edges = [height * number // count for number in range(count + 1)]
    yield from pairwise(edges)


def _sums(predicted: Photograph, true: Photograph, top: int, bottom: int) -> _Sums:
    ours, theirs = predicted[top:bottom], true[top:bottom]
    # The windows that begin in this strip reach into the next.
    below = min(bottom + WINDOW - 1, len(true))
    windows = (below - top - WINDOW + 1) * (true.shape[1] - WINDOW + 1)
    return _Sums(
        squared_error=float(np.square(ours.astype(np.int32) - theirs).sum(dtype=np.int64)),
        ciede2000=ciede2000(ours, theirs) * ours[..., 0].size,
        ssim=ssim(predicted[top:below], true[top:below]) * windows,
        predicted=_opponents(ours),
        true=_opponents(theirs),
    )


def _opponents(photograph: Photograph) -> _Opponents:
    red, green, blue = np.moveaxis(photograph.astype(np.float64), -1, 0)
    red_green = red - green
    yellow_blue = (red + green) / 2 - blue
    return _Opponents(
        float(red_green.sum()),
        float(np.square(red_green).sum()),
        float(yellow_blue.sum()),
        float(np.square(yellow_blue).sum()),
    )


def _colorfulness(strips: list[_Opponents], pixels: int) -> float:
    """Return :func:`colorizer.evaluation.metrics.colorfulness` of the whole photograph."""
    # All are multiples of 1/4, so their sums are exact, and so are differences of large sums.
    red_green, red_green_squared, yellow_blue, yellow_blue_squared = (
        sum(values) / pixels for values in zip(*strips, strict=True)
    )
    offset = red_green**2 + yellow_blue**2
    spread = max(0.0, red_green_squared + yellow_blue_squared - offset)
    return float(np.sqrt(spread) + 0.3 * np.sqrt(offset))

"""Where one shot ends and the next begins, from lightness alone.

At a hard cut, two things change at once: how light the frame is, as a distribution, and where it
is light. A pan or a zoom changes mostly the second, a flash or a fade the first.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

# Earth mover's distance between the lightness of two frames, in L. A fast pan, by a tenth of the
# width per frame, stays below it.
MOST_REDISTRIBUTED = 3.0
# Correlation of two thumbnails: frames of a shot that is still, flashes or fades are above it.
LEAST_ALIKE = 0.7
THUMBNAIL = (12, 16)
# Standard deviation in L below which a thumbnail has no pattern to compare.
FLAT = 0.5


def is_cut(before: Tensor, after: Tensor) -> bool:
    """Tell whether a new shot begins with ``after``.

    Parameters
    ----------
    before, after : Tensor
        (1, 1, H, W) floating point, L in [0, 100], of two consecutive frames.
    """
    return (
        _redistributed(before, after) > MOST_REDISTRIBUTED and _alike(before, after) < LEAST_ALIKE
    )


def _redistributed(before: Tensor, after: Tensor) -> float:
    """Return how far lightness shifted on average, in L, wherever it is in the frame."""
    first, second = before.flatten().sort().values, after.flatten().sort().values
    return float((first - second).abs().mean())


def _alike(before: Tensor, after: Tensor) -> float:
    """Return the correlation of thumbnails, 0 if one is flat."""
    first, second = (F.adaptive_avg_pool2d(frame, THUMBNAIL) for frame in (before, after))
    first, second = first - first.mean(), second - second.mean()
    deviations = [float(each.square().mean().sqrt()) for each in (first, second)]
    if min(deviations) < FLAT:
        return 0.0
    return float((first * second).mean()) / (deviations[0] * deviations[1])

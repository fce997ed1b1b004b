"""The likeliest colours of places, to choose from."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from colorizer.inference.types import LikelyColors

Floats = npt.NDArray[np.float32]
SUGGESTIONS = 5
# Colours that differ by no more are variations of one: in units of CIEDE2000, whose 1 is just
# noticeable.
ALIKE = 10.0
# CIE94's weights of chroma (CIE 116-1995, graphic arts): nearly CIEDE2000, in one line.
_CHROMA, _HUE = 0.045, 0.015


class Suggestions(NamedTuple):
    """Colours of places, the likeliest first.

    Attributes
    ----------
    ab : ndarray
        (P, n, 2) float32, a and b in CIELAB units.
    shares : ndarray
        (P, n) float32 in [0, 1], how likely the colour or one like it is; 0 if there are not so
        many colours.
    """

    ab: Floats
    shares: Floats


def suggest_colors(likely: LikelyColors, count: int = SUGGESTIONS) -> Suggestions:
    """Return the likeliest colours of places, no two of them alike.

    The class around which there is most likelihood comes first, as the mean of all that are like
    it; then they are left out, and it starts again. (Zhang et al. 2017, "Real-Time User-Guided
    Image Colorization with Learned Deep Priors", suggest the centres that k-means finds.)

    Parameters
    ----------
    likely : LikelyColors
        Of P places.
    count : int
        How many colours of each, at least 1.
    """
    alike = _alike(likely.ab.tobytes())
    left = likely.shares.copy()  # (P, Q)
    colors, shares = [], []
    for _ in range(count):
        around = left @ alike  # (P, Q)
        best = around.argmax(axis=1)
        share = np.take_along_axis(around, best[:, None], axis=1)  # (P, 1)
        taken = left * alike[best]
        colors.append(taken @ likely.ab / np.maximum(share, np.finfo(np.float32).tiny))
        shares.append(share[:, 0])
        left -= taken
    return Suggestions(np.stack(colors, axis=1), np.stack(shares, axis=1))


def difference(one: Floats, other: Floats) -> Floats:
    """Return how much colours of the same lightness differ, nearly as CIEDE2000 has it.

    Parameters
    ----------
    one, other : ndarray
        (..., 2) float32, a and b in CIELAB units; they are broadcast.
    """
    first, second = np.linalg.norm(one, axis=-1), np.linalg.norm(other, axis=-1)
    of_chroma = first - second
    # The square of what is left of the distance; rounding may leave less than nothing.
    of_hue = np.maximum(np.square(one - other).sum(axis=-1) - np.square(of_chroma), 0)
    chroma = np.sqrt(first * second)  # their geometric mean: the formula is then symmetric
    weighted = np.square(of_chroma / (1 + _CHROMA * chroma))
    weighted = weighted + of_hue / np.square(1 + _HUE * chroma)
    found: Floats = np.sqrt(weighted)
    return found


@lru_cache(maxsize=4)
def _alike(ab: bytes) -> Floats:
    """Return 1 for pairs of classes that are alike and 0 for others, (Q, Q) float32."""
    colors = np.frombuffer(ab, np.float32).reshape(-1, 2)
    return (difference(colors[:, None], colors) <= ALIKE).astype(np.float32)

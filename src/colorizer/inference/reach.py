"""Hints that count only near their place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from colorizer.inference.types import Chroma, Hint

Floats = npt.NDArray[np.float32]
# A hint counts in full up to this share of its reach, and not at all from as much beyond it.
FULL = 0.75


def decode_within_reach(
    decode: Callable[[Sequence[Hint]], Chroma[Floats]], hints: Sequence[Hint]
) -> Chroma[Floats]:
    """Predict chroma with hints, each of which may count only near its place.

    By itself, a network spreads a hint to all that looks alike. Here it does so without the hints
    that have a reach, and with them; the second counts within their reach.

    Parameters
    ----------
    decode : callable
        Predicts with hints, (2, H, W) each, whatever their reach.
    hints : sequence of Hint
        Any number of them.
    """
    everywhere = [hint for hint in hints if hint.reach is None]
    within = decode(hints)
    if len(everywhere) == len(hints):
        return within
    beyond = decode(everywhere)
    share = _share_within(hints, *within.own.shape[1:])
    return Chroma(
        beyond.own + share * (within.own - beyond.own),
        beyond.given + share * (within.given - beyond.given),
    )


def _share_within(hints: Sequence[Hint], height: int, width: int) -> Floats:
    """Return how much each place is within the reach of a hint that has one, (H, W), 0 to 1."""
    x, y = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    share = np.zeros((height, width), np.float32)
    for hint in hints:
        if hint.reach is not None:
            distance = np.hypot(x - hint.x * width, y - hint.y * height) / min(width, height)
            inside = (2 - FULL - distance / hint.reach) / (2 * (1 - FULL))
            share = np.maximum(share, inside.clip(0, 1).astype(np.float32))
    return share

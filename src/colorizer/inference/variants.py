"""Several plausible colourings of a photograph, as different as the network's doubt allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from colorizer.inference.suggestions import Floats, difference, suggest_colors
from colorizer.inference.types import EncodedPhoto, Hint, LikelyColors

VARIANTS = 4
# Places whose colours a variant chooses.
DOTS = 3
# Pixels of the predicted chroma from one place that the network is asked about to the next.
STRIDE = 8
# How far doubt at one place counts for others: a standard deviation, as a share of the shorter
# side. Doubt about much of the photograph is worth more than doubt about a spot.
SPREAD = 0.06
# Where the network is surer than that, in units of CIEDE2000, there is nothing to choose.
LEAST_DOUBT = 2.0
# Colours less likely than this are not plausible.
LEAST_SHARE = 0.07
# What a hint is given to see how far it reaches, in CIELAB units.
PROBE = 100.0


def propose_variants(
    encoded: EncodedPhoto, count: int = VARIANTS, known: Sequence[Hint] = ()
) -> list[tuple[Hint, ...]]:
    """Return colour hints for each of several colourings.

    The first has the known ones alone: it is what the network predicts. The others also give
    colours to the places about which it has most doubt, where "doubt" is how far its colour is on
    average from the colours that it thinks likely. One place after another is chosen, leaving out
    what the hints so far decide; at each of them, every variant takes a likely colour that is far
    from those of the variants before it.

    Parameters
    ----------
    encoded : EncodedPhoto
        By a network that takes hints and knows how likely colours are.
    count : int
        How many colourings, at least 1.
    known : sequence of Hint
        What the user knows: part of all colourings.

    Raises
    ------
    UserError
        If the network takes no hints, or does not know.
    """
    plain = encoded.decode(known)
    predicted = _by_cells(plain.own + plain.given)  # (h, w, 2)
    shape, predicted = predicted.shape[:2], predicted.reshape(-1, 2)
    places = _middles(*shape)  # (h * w, 2)
    likely = encoded.likely_colors(places)
    doubt = _doubt(likely, predicted).reshape(shape)
    chosen: list[tuple[Floats, Floats]] = []  # of each place: (2,) where, (count - 1, 2) colours
    while len(chosen) < DOTS and count > 1:
        left = _spread(doubt * _undecided(encoded, [*known, *_dots(chosen, 0)]))
        cell = int(left.argmax())
        if left.flat[cell] < LEAST_DOUBT:
            break
        there = LikelyColors(likely.ab, likely.shares[cell : cell + 1])
        chosen.append((places[cell], _differing(there, predicted[cell], count - 1)))
    return [tuple(known), *((*known, *_dots(chosen, number)) for number in range(count - 1))]


def _dots(chosen: Sequence[tuple[Floats, Floats]], number: int) -> list[Hint]:
    """Return the chosen places as hints with the colours of one of the variants."""
    dots = []
    for place, colors in chosen:
        (x, y), (a, b) = place.tolist(), colors[number].tolist()
        dots.append(Hint(x, y, (a, b)))
    return dots


def _undecided(encoded: EncodedPhoto, hints: Sequence[Hint]) -> Floats | float:
    """Return how much of each cell's colour hints leave to the network, (h, w), 0 to 1."""
    if not hints:
        return 1.0
    probes = [replace(hint, ab=(PROBE, 0.0)) for hint in hints]
    reached = _by_cells(encoded.decode(probes).given)[..., 0] / PROBE
    undecided: Floats = 1 - reached.clip(0, 1)
    return undecided


def _doubt(likely: LikelyColors, own: Floats) -> Floats:
    """Return how far the network's colours, (P, 2), are on average from the likely ones, (P)."""
    found: Floats = (likely.shares * difference(own[:, None], likely.ab)).sum(axis=1)
    return found


def _differing(likely: LikelyColors, own: Floats, count: int) -> Floats:
    """Return ``count`` likely colours of a place, each far from those before it and from ``own``.

    The likelier come sooner. If there are not so many, they come again, the likeliest first.
    """
    (colors,), (shares,) = suggest_colors(likely)
    plausible = np.flatnonzero(shares >= min(LEAST_SHARE, shares.max()))
    used: list[Floats] = [own]
    order: list[int] = []
    while len(order) < min(count, len(plausible)):
        far = difference(colors[plausible, None], np.stack(used)).min(axis=1)
        worth = far * np.sqrt(shares[plausible])
        worth[np.isin(plausible, order)] = -1
        order.append(int(plausible[worth.argmax()]))
        used.append(colors[order[-1]])
    order += [int(plausible[number % len(plausible)]) for number in range(count - len(order))]
    picked: Floats = colors[order]
    return picked


def _spread(cells: Floats) -> Floats:
    """Return the cells, (h, w), smoothed by a Gaussian; beyond the borders there is nothing."""
    deviation = SPREAD * min(cells.shape)
    rows, columns = (_gaussian(length, deviation) for length in cells.shape)
    smooth: Floats = np.linalg.multi_dot([rows, cells, columns])
    return smooth


def _gaussian(length: int, deviation: float) -> Floats:
    """Return the weights of ``length`` cells for each of them, (length, length), symmetric."""
    numbers = np.arange(length)
    weights = np.exp(-np.square((numbers[:, None] - numbers) / deviation) / 2)
    return (weights / (deviation * math.sqrt(2 * math.pi))).astype(np.float32)


def _by_cells(chroma: Floats) -> Floats:
    """Return chroma, (2, H, W), as means over cells, (H / STRIDE, W / STRIDE, 2)."""
    _, height, width = chroma.shape
    cells = chroma.reshape(2, height // STRIDE, STRIDE, width // STRIDE, STRIDE)
    means: Floats = np.moveaxis(cells.mean(axis=(2, 4)), 0, -1)
    return means


def _middles(height: int, width: int) -> Floats:
    """Return the middles of cells, (height * width, 2): x and y as shares."""
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    return np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float32)

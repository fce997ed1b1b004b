"""All pairs of 64-bit hashes that differ in few bits, without comparing every pair.

Multi-index hashing (Norouzi, Punjani and Fleet 2012, "Fast search in Hamming space with
multi-index hashing"): hashes are cut into four bands of 16 bits. Two that differ in at most r bits
differ in at most r // 4 bits in one of the bands, so only the hashes in the buckets of nearby band
values need to be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

BANDS = 4
BAND_BITS = 16
BUCKETS = 1 << BAND_BITS
# Candidates compared at once: memory stays flat, however full the buckets are.
BLOCK = 1 << 15


def close_pairs(
    hashes: npt.NDArray[np.uint64], queries: npt.NDArray[np.uint64], distance: int
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield the pairs (query, hash) that differ in at most ``distance`` bits, in blocks.

    A pair may come more than once.

    Parameters
    ----------
    hashes, queries : ndarray
        (n,) and (m,) uint64.
    distance : int
        Bits, 0 to 64.

    Yields
    ------
    tuple of ndarray
        Positions in ``queries`` and in ``hashes``, (k,) int64 each.
    """
    for band in range(BANDS):
        keys, probes = _band(hashes, band), _band(queries, band)
        order = np.argsort(keys, kind="stable")
        starts = np.searchsorted(keys[order], np.arange(BUCKETS + 1))
        for flips in _flips(distance // BANDS):
            buckets = probes ^ flips
            for query, position in _members(starts[buckets], starts[buckets + 1]):
                candidate = order[position]
                close = np.bitwise_count(queries[query] ^ hashes[candidate]) <= distance
                if close.any():
                    yield query[close], candidate[close]


def _band(hashes: npt.NDArray[np.uint64], band: int) -> npt.NDArray[np.int64]:
    shifted = hashes >> np.uint64(band * BAND_BITS)
    return (shifted & np.uint64(BUCKETS - 1)).astype(np.int64)


def _flips(most: int) -> list[int]:
    return [
        sum(1 << bit for bit in bits)
        for count in range(most + 1)
        for bits in combinations(range(BAND_BITS), count)
    ]


def _members(
    starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield (row, position) for every position in [starts[row], stops[row]), in blocks."""
    lengths = stops - starts
    rows = np.flatnonzero(lengths)
    ends = np.cumsum(lengths[rows])
    total = int(ends[-1]) if len(ends) else 0
    for begin in range(0, total, BLOCK):
        number = np.arange(begin, min(begin + BLOCK, total))
        which = np.searchsorted(ends, number, side="right")
        row = rows[which]
        yield row, starts[row] + number - (ends[which] - lengths[row])

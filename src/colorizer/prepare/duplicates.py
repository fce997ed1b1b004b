"""Groups of near-duplicates: resized, recompressed, brightened or mirrored copies."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from colorizer.prepare.hash_index import close_pairs
from colorizer.prepare.perceptual_hash import Fingerprint, Fingerprints, correlation

CONFIRM_AT_ONCE = 1 << 10


def group_duplicates(
    fingerprints: Fingerprints | Sequence[Fingerprint], distance: int, similarity: float
) -> npt.NDArray[np.int64]:
    """Put near-duplicates, and photographs linked by a chain of them, in the same group.

    Perceptual hashes find candidates by structure, whatever their size, compression, brightness
    or mirroring; thumbnails confirm them by colour.

    Parameters
    ----------
    fingerprints : Fingerprints, or sequence of Fingerprint
        One for each photograph.
    distance : int
        The most bits, of 64, in which the hashes of near-duplicates differ.
    similarity : float
        The least correlation of the thumbnails of near-duplicates, in (0, 1].

    Returns
    -------
    ndarray
        (n,) int64, group numbers from 0, in the order of first appearance.
    """
    if not isinstance(fingerprints, Fingerprints):
        fingerprints = Fingerprints.of(fingerprints)
    hashes, mirrored, thumbnails = fingerprints
    if not len(hashes):
        return np.zeros(0, dtype=np.int64)
    first, same = _identical(hashes, thumbnails)
    groups = np.arange(len(first))
    for queries in (hashes[first], mirrored[first]):
        for query, found in close_pairs(hashes[first], queries, distance):
            for start in range(0, len(query), CONFIRM_AT_ONCE):
                part = slice(start, start + CONFIRM_AT_ONCE)
                one, other = query[part], found[part]
                # A chain needs no second link: a thousand frames of one scene would otherwise be
                # a million links to confirm and to keep.
                apart = groups[one] != groups[other]
                one, other = one[apart], other[apart]
                alike = correlation(thumbnails[first[one]], thumbnails[first[other]]) >= similarity
                groups = _joined(groups, one[alike], other[alike])
    numbers: npt.NDArray[np.int64] = pd.factorize(groups[same])[0].astype(np.int64)
    return numbers


def _identical(
    hashes: npt.NDArray[np.uint64], thumbnails: npt.NDArray[np.float16]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    # Only one of each set of exact copies goes into the index: a thousand copies of one photograph
    # would otherwise be a million pairs.
    # By a digest, as sorting all thumbnails would take several times their memory.
    digests = [
        hashlib.blake2b(thumbnail.tobytes(), digest_size=16, key=phash.tobytes()).digest()
        for phash, thumbnail in zip(hashes, thumbnails, strict=True)
    ]
    _, first, same = np.unique(
        np.array(digests, dtype="V16"), return_index=True, return_inverse=True
    )
    return first, same


def _joined(
    groups: npt.NDArray[np.int64], one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the groups after the photographs ``one`` and ``other`` are linked, pair by pair."""
    if not len(one):
        return groups
    linked, ends = np.unique(groups[np.concatenate([one, other])], return_inverse=True)
    row, column = ends.reshape(2, -1)
    graph = coo_array((np.ones(len(row), dtype=bool), (row, column)), shape=(len(linked),) * 2)
    _, component = connected_components(graph, directed=False)
    renamed = np.arange(len(groups))
    renamed[linked] = linked[component]
    joined: npt.NDArray[np.int64] = renamed[groups]
    return joined

"""Groups of near-duplicates: resized, recompressed, brightened or mirrored copies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

THUMBNAIL_SIDE = 16
BLOCK = 2048


def thumbnail(lab: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Describe a photograph by a small Lab thumbnail, freed of brightness and contrast.

    Parameters
    ----------
    lab : ndarray
        (3, size, size) float32; ``size`` is at least 16.

    Returns
    -------
    ndarray
        (3, 16, 16) float32 with unit norm; L is reduced by its mean, so that a change of
        brightness does not matter.
    """
    side = lab.shape[-1]
    edges = np.linspace(0, side, THUMBNAIL_SIDE + 1).astype(int)[:-1]
    sums = np.add.reduceat(np.add.reduceat(lab, edges, axis=1), edges, axis=2)
    counts = np.diff(np.append(edges, side))
    small = sums / (counts[:, None] * counts[None, :])
    small[0] -= small[0].mean()
    norm = np.linalg.norm(small)
    scaled: npt.NDArray[np.float32] = (small / norm if norm > 0 else small).astype(np.float32)
    return scaled


def group_duplicates(
    thumbnails: npt.NDArray[np.float32], similarity: float
) -> npt.NDArray[np.int64]:
    """Give photographs that are near-duplicates of one another, or by a chain, the same group.

    Parameters
    ----------
    thumbnails : ndarray
        (n, 3, 16, 16) float32 as :func:`thumbnail` makes them.
    similarity : float
        Correlation in (0, 1] from which a photograph, or its mirror image, is a near-duplicate.

    Returns
    -------
    ndarray
        (n,) int64, group numbers from 0.
    """
    count = len(thumbnails)
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    flat = thumbnails.reshape(count, -1)
    mirrored = thumbnails[..., ::-1].reshape(count, -1)
    rows, columns = [], []
    # In blocks, so that memory stays flat; exact, unlike an index of hashes.
    for start in range(0, count, BLOCK):
        block = flat[start : start + BLOCK]
        for other in range(start, count, BLOCK):
            stop = other + BLOCK
            close = np.maximum(block @ flat[other:stop].T, block @ mirrored[other:stop].T)
            row, column = np.nonzero(close >= similarity)
            rows.append(row + start)
            columns.append(column + other)
    row, column = np.concatenate(rows), np.concatenate(columns)
    links = coo_array((np.ones(len(row), dtype=bool), (row, column)), shape=(count, count))
    groups: npt.NDArray[np.int64] = connected_components(links, directed=False)[1].astype(np.int64)
    return groups

"""Splits that follow a photograph's content, so that adding one moves no unrelated one."""

from __future__ import annotations

import hashlib

import pandas as pd

TRAIN, VAL, TEST = SPLITS = ("train", "val", "test")


def assign_splits(sha256: pd.Series, group: pd.Series, val: float, test: float) -> pd.Series:
    """Assign every photograph to ``train``, ``val`` or ``test``.

    A group of near-duplicates goes as one, by its smallest content hash, so that no test
    photograph has a copy among the training photographs. Adding a photograph moves no other,
    unless it is a near-duplicate: then its group may follow its hash.

    Parameters
    ----------
    sha256 : Series of str
        Content hash of each photograph.
    group : Series
        Group of near-duplicates of each photograph, same index.
    val, test : float
        Shares in (0, 1), met up to chance: each group is drawn by its own hash.

    Returns
    -------
    Series of str
        Same index.
    """
    leader = sha256.groupby(group).transform("min")
    position = leader.map(_uniform)
    split = pd.Series(TRAIN, index=sha256.index, dtype=object)
    split[position < test + val] = VAL
    split[position < test] = TEST
    return split


def _uniform(sha256: str) -> float:
    # Hashed once more: others may have sorted, cut or chosen files by the content hash itself.
    digest = hashlib.sha256(b"split " + sha256.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64

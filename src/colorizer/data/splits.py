"""Splits by content, in equal shares of every category; new photographs hardly change them."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd

TRAIN, VAL, TEST = SPLITS = ("train", "val", "test")


def assign_splits(photographs: pd.DataFrame, val: float, test: float) -> pd.Series:
    """Assign every photograph to ``train``, ``val`` or ``test``.

    Each category is lined up by content hash; ``test`` is taken from one end, ``val`` from the
    other. Their numbers follow from the shares, rounded so that these also hold for the whole (the
    largest remainder method of proportional representation). A group of near-duplicates stays
    together, in the place and category of its smallest hash, so that no test photograph has a
    copy among the training photographs.

    The order and names of the files do not matter. Adding a photograph moves a few others at most
    (up to four if there are no near-duplicates, more if there are many): those at the borders of
    the splits of its category, or of one that rounding now favours.

    Parameters
    ----------
    photographs : DataFrame
        ``sha256``, ``group`` and ``category`` of each photograph.
    val, test : float
        Shares in (0, 1).

    Returns
    -------
    Series of str
        Same index. The shares of the whole are met to the photograph or, if there are
        near-duplicates, to half a group.
    """
    ordered = photographs.sort_values("sha256", kind="stable")
    groups = ordered.groupby("group").agg(
        leader=("sha256", "first"), category=("category", "first"), size=("sha256", "size")
    )
    groups["place"] = [_uniform("split " + leader) for leader in groups["leader"]]
    groups = groups.sort_values("place")
    sizes = groups.groupby("category")["size"].sum()
    test_quota = _quotas(sizes, test, sizes)
    val_quota = _quotas(sizes, val, sizes - test_quota)
    split = pd.Series(TRAIN, index=groups.index, dtype=object)
    too_many = {TEST: 0, VAL: 0}
    for category, members in groups.groupby("category"):
        size = members["size"].to_numpy()
        in_test = _first(size, test_quota[category] - too_many[TEST])
        in_val = _first(size[::-1], val_quota[category] - too_many[VAL])[::-1] & ~in_test
        # The next category makes up for the excess of a group at the border.
        too_many[TEST] += int(size[in_test].sum()) - test_quota[category]
        too_many[VAL] += int(size[in_val].sum()) - val_quota[category]
        split[members.index[in_test]] = TEST
        split[members.index[in_val]] = VAL
    assigned: pd.Series = photographs["group"].map(split)
    return assigned


def select_within_limit(photographs: pd.DataFrame, limit: int) -> pd.Series:
    """Choose ``limit`` photographs by content, in the same share of every category.

    What one limit takes, every higher limit takes too: categories are not rounded one by one;
    each is lined up by content hash and spread evenly over a common line, from a start that the
    hash of its name gives, and the first on that line are taken. So all categories get the same
    share to within one photograph, though it may differ slightly from the limit's share.

    Parameters
    ----------
    photographs : DataFrame
        ``sha256`` and ``category`` of each photograph.
    limit : int
        At least 1; if there are no more photographs than this, all are chosen.

    Returns
    -------
    Series of bool
        Same index.
    """
    ordered = photographs.assign(
        place=[_uniform(f"limit {sha256}") for sha256 in photographs["sha256"]]
    ).sort_values("place", kind="stable")
    by_category = ordered.groupby("category")["place"]
    first = {name: _uniform(f"limit {name}") for name in by_category.groups}
    spread = (by_category.cumcount() + ordered["category"].map(first)) / by_category.transform(
        "size"
    )
    chosen = spread.sort_values(kind="stable").index[:limit]
    return pd.Series(photographs.index.isin(chosen), index=photographs.index)


def _quotas(sizes: pd.Series, share: float, most: pd.Series) -> pd.Series:
    """Return how many photographs of each category to take: ``share`` of each and of all."""
    wanted = sizes * share
    quotas = np.minimum(np.floor(wanted), most).astype(int)
    missing = round(sizes.sum() * share) - int(quotas.sum())
    # Hashed names break ties, so that the first letters of the alphabet are not favoured.
    order = pd.DataFrame(
        {
            "rest": quotas - wanted,
            "tie": [_uniform(f"tie {share} {name}") for name in sizes.index],
        },
        index=sizes.index,
    ).sort_values(["rest", "tie"])
    open_ones = [name for name in order.index if quotas[name] < most[name]]
    quotas[open_ones[:missing]] += 1
    rounded: pd.Series = quotas
    return rounded


def _first(sizes: npt.NDArray[np.int64], quota: int) -> npt.NDArray[np.bool_]:
    # A group of near-duplicates across the border is taken if at least half of it comes before.
    before: npt.NDArray[np.bool_] = np.cumsum(sizes) - sizes / 2 <= quota
    return before


def _uniform(text: str) -> float:
    # Hashed once more: others may have sorted, cut or chosen files by the content hash itself.
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64

"""From photographs of any kind to shards of uint8 squares, split and free of leaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from colorizer.common.errors import UserError
from colorizer.common.files import whole_folder
from colorizer.common.pool import workers
from colorizer.common.tables import write_csv
from colorizer.data.manifest import read_manifest
from colorizer.data.shards import INDEX
from colorizer.data.splits import SPLITS, TRAIN, assign_splits, select_within_limit
from colorizer.prepare.driver import (
    Found,
    build_index,
    examine_all,
    place_in_shards,
    write_squares,
)
from colorizer.prepare.duplicates import group_duplicates
from colorizer.prepare.params import PrepareParams
from colorizer.prepare.storage import open_workspace

BEYOND_LIMIT = "beyond the limit"


@dataclass(frozen=True)
class Prepared:
    """What became of every photograph: ``index`` has one row each; ``summary`` counts them."""

    index: pd.DataFrame
    summary: Mapping[str, Any]


def prepare(raw: Path, params: PrepareParams, target: Path) -> Prepared:
    """Decode, filter, crop, resize and split the photographs of ``raw`` into ``target``.

    Workers do the work and write its results; this process sees no pixels. The bits are the same
    wherever the work is done.

    Parameters
    ----------
    raw : Path
        A fetched folder with its manifest.
    params : PrepareParams
        The rules, and where to work.
    target : Path
        The folder to make: shards of every split and ``index.csv``; replaced if it exists.

    Raises
    ------
    UserError
        If too few photographs are left to fill every split (the message says what was dropped and
        why), or if the cluster or the workspace cannot be used.
    """
    manifest = read_manifest(raw)
    with (
        workers(params.scheduler, "prepare.scheduler") as pool,
        whole_folder(target) as partial,
        open_workspace(params.workspace, raw, manifest, partial) as workspace,
    ):
        found = examine_all(pool, workspace, params)
        index = _split(build_index(manifest, found), found, params)
        _require_all_splits(index)
        _limit_training(index, params.limit)
        place_in_shards(index)
        write_squares(pool, workspace, index, found, partial, params.size)
        index = _readable(index)
        write_csv(partial / INDEX, index)
    return Prepared(index, _summary(index))


def list_rejected(index: pd.DataFrame) -> pd.DataFrame:
    """Return the photographs that were left out: file, reason, detail, and size in pixels."""
    out = index[index["reason"] != ""]
    return out[["file", "reason", "detail", "width", "height"]].sort_values(["reason", "file"])


def _split(index: pd.DataFrame, found: Found, params: PrepareParams) -> pd.DataFrame:
    groups = group_duplicates(
        found.fingerprints(), params.duplicate_distance, params.duplicate_similarity
    )
    kept = index["reason"] == ""
    index["group"] = pd.Series(groups, index=index.index[kept], dtype="Int64")
    index.loc[kept, "split"] = assign_splits(index[kept], params.val, params.test)
    return index


def _require_all_splits(index: pd.DataFrame) -> None:
    counts = index["split"].value_counts()
    if all(counts.get(split, 0) > 0 for split in SPLITS):
        return
    kept = int((index["split"] != "").sum())
    reasons = index.loc[index["reason"] != "", "reason"].value_counts()
    dropped = ", ".join(f"{count} {reason}" for reason, count in reasons.items()) or "none"
    shares = ", ".join(f"{split} {counts.get(split, 0)}" for split in SPLITS)
    raise UserError(
        f"too few photographs are left to train, validate and test on: {kept} of {len(index)} "
        f"({shares}; dropped: {dropped}). Add photographs, loosen the rules in params.yaml "
        "(prepare.orientation=any keeps vertical ones), or raise prepare.val and prepare.test"
    )


def _limit_training(index: pd.DataFrame, limit: int) -> None:
    # After the split, so that val and test are the same photographs whatever the limit.
    train = index[index["split"] == TRAIN]
    if limit and limit < len(train):
        beyond = train.index[~select_within_limit(train, limit)]
        index.loc[beyond, "split"], index.loc[beyond, "reason"] = "", BEYOND_LIMIT


def _readable(index: pd.DataFrame) -> pd.DataFrame:
    columns = ["category", "split", "shard", "row", "width", "height", "chroma", "group"]
    index = index.rename(columns={"path": "file"})
    return index[["file", *columns, "sha256", "reason", "detail"]]


def _summary(index: pd.DataFrame) -> dict[str, Any]:
    kept = index[index["split"] != ""]
    copies = len(kept) - kept["group"].nunique()
    return {
        "found": len(index),
        "kept": len(kept),
        "splits": {split: int((kept["split"] == split).sum()) for split in SPLITS},
        "categories": {
            str(category): int(count)
            for category, count in kept["category"].value_counts().sort_index().items()
        },
        "near_duplicates": int(copies),
        "mean_chroma": round(float(kept["chroma"].mean()), 3),
        "dropped": {
            reason: int(count)
            for reason, count in index["reason"].value_counts().sort_index().items()
            if reason
        },
    }

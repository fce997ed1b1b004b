"""From photographs of any kind to shards of uint8 squares, split and free of leaks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from colorizer.duplicates import group_duplicates
from colorizer.errors import UserError
from colorizer.files import whole_folder, write_csv
from colorizer.fingerprints import THUMBNAIL_SIDE, Fingerprints
from colorizer.images import SquareRule
from colorizer.manifest import read_manifest
from colorizer.parallel import Pool, workers
from colorizer.params import PrepareParams
from colorizer.shards import INDEX, shard_name, shard_row
from colorizer.splits import SPLITS, assign_splits
from colorizer.squares import Examined, Place, assemble, examine
from colorizer.workspace import Workspace, open_workspace

# What a worker does before it reports: long enough to hide the cost of passing it on, and short
# enough that all cores have something to do until the end.
TASK_PHOTOGRAPHS = 32
TASKS_A_CORE = 4


@dataclass(frozen=True)
class Prepared:
    """What became of every photograph: ``index`` has one row each; ``summary`` counts them."""

    index: pd.DataFrame
    summary: Mapping[str, Any]


def prepare(raw: Path, params: PrepareParams, target: Path) -> Prepared:
    """Decode, filter, crop, resize and split the photographs of ``raw`` into ``target``.

    Workers do the work, and write what they made; this process sees no pixels. Wherever it is
    done, the same bits come out.

    Parameters
    ----------
    raw : Path
        A fetched folder with its manifest.
    params : PrepareParams
        The rules, and where to work.
    target : Path
        The folder to make: shards of every split and ``index.csv``; replaced if it is there.

    Raises
    ------
    UserError
        If too few photographs are left to fill every split (says what was dropped and why), or
        if the cluster or the workspace cannot be used.
    """
    manifest = read_manifest(raw)
    with (
        workers(params.scheduler, "prepare.scheduler") as pool,
        whole_folder(target) as partial,
        open_workspace(params.workspace, raw, manifest, partial) as workspace,
    ):
        found = _examine_all(pool, workspace, params)
        index = _index(manifest, found, params)
        _require_all_splits(index)
        _place_in_shards(index)
        _write_shards(pool, workspace, index, found, partial, params.size)
        index = _readable(index)
        write_csv(partial / INDEX, index)
    return Prepared(index, _summary(index))


def rejected(index: pd.DataFrame) -> pd.DataFrame:
    """Return the photographs that were left out, with the reason: file, reason, detail."""
    out = index[index["reason"] != ""]
    return out[["file", "reason", "detail", "width", "height"]].sort_values(["reason", "file"])


class _Found:
    """What workers report, in arrays: as objects it would take several times the memory."""

    def __init__(self, count: int) -> None:
        self.widths, self.heights = np.zeros((2, count), dtype=np.int64)
        self.chromas = np.zeros(count)
        self.reasons, self.details, self.parts = [""] * count, [""] * count, [""] * count
        self.rows = np.zeros(count, dtype=np.int32)
        # Of those kept alone, one after the other.
        self._kept = 0
        self._phashes, self._mirrored = np.zeros((2, count), dtype=np.uint64)
        shape = (count, 3, THUMBNAIL_SIDE, THUMBNAIL_SIDE)
        self._thumbnails = np.zeros(shape, dtype=np.float16)

    def add(self, number: int, report: Examined) -> None:
        """Note what was found out about photograph ``number``; they must come in order."""
        self.widths[number], self.heights[number] = report.width, report.height
        self.chromas[number] = report.chroma
        self.reasons[number], self.details[number] = sys.intern(report.reason), report.detail
        if report.place is None or report.fingerprint is None:
            return
        self.parts[number], self.rows[number] = report.place
        self._phashes[self._kept], self._mirrored[self._kept], thumbnail = report.fingerprint
        self._thumbnails[self._kept] = thumbnail
        self._kept += 1

    def fingerprints(self) -> Fingerprints:
        """Return the fingerprints of the photographs that were kept."""
        kept = slice(self._kept)
        return Fingerprints(self._phashes[kept], self._mirrored[kept], self._thumbnails[kept])

    def places(self, numbers: Iterable[int]) -> list[Place]:
        """Return where the squares of photographs that were kept are."""
        return [Place(self.parts[number], int(self.rows[number])) for number in numbers]


def _examine_all(pool: Pool, workspace: Workspace, params: PrepareParams) -> _Found:
    rule = SquareRule(
        size=params.size,
        orientation=params.orientation,
        crop=params.crop,
        min_side=params.min_side,
        max_megapixels=params.max_megapixels,
    )
    count = len(workspace.names)
    step = max(1, min(TASK_PHOTOGRAPHS, count // (TASKS_A_CORE * max(1, pool.cores()))))
    tasks = (
        (workspace.photographs(start, step), workspace.part(number), rule, params.min_chroma)
        for number, start in enumerate(range(0, count, step))
    )
    found = _Found(count)
    with tqdm(desc="prepare", total=count, unit="photograph") as bar:
        for reports in pool.run(examine, tasks):
            for report in reports:
                found.add(int(bar.n), report)
                bar.update()
    return found


def _index(manifest: pd.DataFrame, found: _Found, params: PrepareParams) -> pd.DataFrame:
    groups = group_duplicates(
        found.fingerprints(), params.duplicate_distance, params.duplicate_similarity
    )
    index = manifest.assign(
        width=found.widths,
        height=found.heights,
        reason=found.reasons,
        detail=found.details,
        chroma=found.chromas,
        category=[sys.intern(Path(path).parent.name) for path in manifest["path"]],
        split="",
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


def _place_in_shards(index: pd.DataFrame) -> None:
    index["shard"], index["row"] = "", pd.Series(pd.NA, index=index.index, dtype="Int64")
    for split in SPLITS:
        # By content hash: an order that mixes the categories and depends on no file name.
        members = index[index["split"] == split].sort_values(["sha256", "path"]).index
        positions = range(len(members))
        index.loc[members, "shard"] = [
            sys.intern(shard_name(split, position)) for position in positions
        ]
        index.loc[members, "row"] = [shard_row(position) for position in positions]


def _write_shards(
    pool: Pool, workspace: Workspace, index: pd.DataFrame, found: _Found, target: Path, size: int
) -> None:
    members = index[index["split"] != ""].sort_values(["shard", "row"]).groupby("shard").groups
    tasks = (
        (workspace.shard(str(name)), found.places(rows), size) for name, rows in members.items()
    )
    with (
        tqdm(desc="shards", total=len(members), unit="shard") as bar,
        closing(pool.run(assemble, tasks)) as shards,
    ):
        for name, shard in zip(members, shards, strict=True):
            workspace.fetch(shard, target / str(name))
            bar.update()


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

"""All photographs go through the workers: what they report, and the shards that they write."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import closing
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from colorizer.common.pool import Pool
from colorizer.data.shards import shard_name, shard_row
from colorizer.data.splits import SPLITS
from colorizer.images.square import SquareRule
from colorizer.prepare.params import PrepareParams
from colorizer.prepare.perceptual_hash import THUMBNAIL_SIDE, Fingerprints
from colorizer.prepare.storage import Workspace
from colorizer.prepare.worker import Examined, Place, assemble, examine

# What a worker does before it reports: long enough to hide the cost of passing it on, and short
# enough to keep all cores busy until the end.
TASK_PHOTOGRAPHS = 32
TASKS_A_CORE = 4


class Found:
    """What workers report, in arrays: objects would take several times the memory."""

    def __init__(self, count: int) -> None:
        self.widths, self.heights = np.zeros((2, count), dtype=np.int64)
        self.chromas = np.zeros(count)
        self.reasons, self.details, self.parts = [""] * count, [""] * count, [""] * count
        self.rows = np.zeros(count, dtype=np.int32)
        # Only of those kept, one after the other.
        self._kept = 0
        self._phashes, self._mirrored = np.zeros((2, count), dtype=np.uint64)
        shape = (count, 3, THUMBNAIL_SIDE, THUMBNAIL_SIDE)
        self._thumbnails = np.zeros(shape, dtype=np.float16)

    def add(self, number: int, report: Examined) -> None:
        """Record the report on photograph ``number``; reports must come in order."""
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
        """Return where the squares of these photographs are; all must have been kept."""
        return [Place(self.parts[number], int(self.rows[number])) for number in numbers]


def examine_all(pool: Pool, workspace: Workspace, params: PrepareParams) -> Found:
    """Have workers decode and judge every photograph, and keep the squares of those wanted.

    Parameters
    ----------
    pool : Pool
        The workers.
    workspace : Workspace
        Where they find the photographs and leave the squares.
    params : PrepareParams
        The rules for decoding; those for splitting do not matter.
    """
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
    found = Found(count)
    with tqdm(desc="prepare", total=count, unit="photograph") as bar:
        for number, report in enumerate(chain.from_iterable(pool.run(examine, tasks))):
            found.add(number, report)
            bar.update()
    return found


def build_index(manifest: pd.DataFrame, found: Found) -> pd.DataFrame:
    """Return the manifest with what was found out about each photograph, not yet in a split.

    Its columns are ``path``, ``bytes``, ``sha256``, ``width`` and ``height`` in pixels,
    ``reason``, ``detail``, ``chroma`` in CIELAB units, ``category`` and ``split``; photographs
    that are kept have no ``reason``.
    """
    return manifest.assign(
        width=found.widths,
        height=found.heights,
        reason=found.reasons,
        detail=found.details,
        chroma=found.chromas,
        category=[sys.intern(Path(path).parent.name) for path in manifest["path"]],
        split="",
    )


def place_in_shards(index: pd.DataFrame) -> None:
    """Add the columns ``shard`` and ``row``: where photographs with a ``split`` will be."""
    index["shard"], index["row"] = "", pd.Series(pd.NA, index=index.index, dtype="Int64")
    for split in SPLITS:
        # By content hash: an order that mixes the categories and depends on no file name.
        members = index[index["split"] == split].sort_values(["sha256", "path"]).index
        positions = range(len(members))
        index.loc[members, "shard"] = [
            sys.intern(shard_name(split, position)) for position in positions
        ]
        index.loc[members, "row"] = [shard_row(position) for position in positions]


def write_squares(
    pool: Pool, workspace: Workspace, index: pd.DataFrame, found: Found, target: Path, size: int
) -> None:
    """Have workers write the shards that ``index`` places photographs in, and fetch them.

    Parameters
    ----------
    pool, workspace : Pool and Workspace
        Those that examined the photographs.
    index : DataFrame
        A row for each photograph, by its number, with its ``shard`` and ``row``.
    found : Found
        The reports on them.
    target : Path
        The folder for the shards.
    size : int
        Side of the squares in pixels.
    """
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

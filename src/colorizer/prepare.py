"""From photographs of any kind to shards of uint8 squares, split and free of leaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from warnings import catch_warnings, filterwarnings

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed
from numpy.lib.format import open_memmap
from tqdm import tqdm

from colorizer.color import lab_from_bytes
from colorizer.duplicates import group_duplicates, thumbnail
from colorizer.errors import UserError
from colorizer.files import whole_folder, write_csv
from colorizer.images import (
    Square,
    SquareRule,
    UnreadableImageError,
    UnwantedImageError,
    load_square,
)
from colorizer.manifest import read_manifest
from colorizer.params import PrepareParams
from colorizer.shards import INDEX, ShardWriter, shard_name, shard_row
from colorizer.splits import SPLITS, assign_splits

UNREADABLE = "unreadable"
COLORLESS = "near-colourless"
# What one worker does before it reports: long enough to hide the cost of passing it on.
TASK_PHOTOGRAPHS = 16


@dataclass(frozen=True)
class Prepared:
    """What became of every photograph: ``index`` has one row each; ``summary`` counts them."""

    index: pd.DataFrame
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class _Result:
    """What a worker found out about one photograph."""

    width: int = 0
    height: int = 0
    reason: str = ""
    detail: str = ""
    chroma: float = 0.0
    pixels: npt.NDArray[np.uint8] | None = None
    thumbnail: npt.NDArray[np.float32] | None = None


def prepare(raw: Path, params: PrepareParams, target: Path) -> Prepared:
    """Decode, filter, crop, resize and split the photographs of ``raw`` into ``target``.

    Memory does not grow with the pixels of the data set: they go to disk as they come.

    Parameters
    ----------
    raw : Path
        A fetched folder with its manifest.
    params : PrepareParams
        The rules.
    target : Path
        The folder to make: shards of every split and ``index.csv``; replaced if it is there.

    Raises
    ------
    UserError
        If too few photographs are left to fill every split; says what was dropped and why.
    """
    manifest = read_manifest(raw)
    with whole_folder(target) as partial:
        pool_file = partial / "pool.npy"
        shape = (len(manifest), params.size, params.size, 3)
        pool = open_memmap(pool_file, mode="w+", dtype=np.uint8, shape=shape)
        rows, thumbnails = [], []
        for position, result in enumerate(_results(raw, list(manifest["path"]), params)):
            rows.append((result.width, result.height, result.reason, result.detail, result.chroma))
            if result.pixels is not None and result.thumbnail is not None:
                pool[position] = result.pixels
                thumbnails.append(result.thumbnail)
        found = pd.DataFrame(rows, columns=["width", "height", "reason", "detail", "chroma"])
        index = pd.concat([manifest, found], axis=1)
        kept = index["reason"] == ""
        groups = group_duplicates(_stack(thumbnails), params.duplicate_similarity)
        index["group"] = pd.Series(groups, index=index.index[kept], dtype="Int64")
        index["category"] = [Path(path).parent.name for path in index["path"]]
        index["split"] = ""
        index.loc[kept, "split"] = assign_splits(
            index.loc[kept, "sha256"], index.loc[kept, "group"], params.val, params.test
        )
        _require_all_splits(index)
        index = _write_shards(index, pool, partial)
        del pool
        pool_file.unlink()
        write_csv(partial / INDEX, index)
    return Prepared(index, _summary(index))


def rejected(index: pd.DataFrame) -> pd.DataFrame:
    """Return the photographs that were left out, with the reason: file, reason, detail."""
    out = index[index["reason"] != ""]
    return out[["file", "reason", "detail", "width", "height"]].sort_values(["reason", "file"])


def _results(raw: Path, paths: list[str], params: PrepareParams) -> Iterator[_Result]:
    rule = SquareRule(
        size=params.size,
        orientation=params.orientation,
        crop=params.crop,
        min_side=params.min_side,
        max_megapixels=params.max_megapixels,
    )
    tasks = [paths[i : i + TASK_PHOTOGRAPHS] for i in range(0, len(paths), TASK_PHOTOGRAPHS)]
    # Threads: decoding, resizing and colour conversion release the interpreter lock, and no
    # process has to start and import first.
    run = Parallel(n_jobs=-1, backend="threading", return_as="generator", pre_dispatch="2*n_jobs")
    batches = run(delayed(_work)(raw, task, rule, params.min_chroma) for task in tasks)
    with tqdm(desc="prepare", total=len(paths), unit="photograph") as bar, catch_warnings():
        # Pillow warns of what is harmless here, such as corrupt EXIF blocks and odd palettes.
        filterwarnings("ignore", module="PIL")
        for batch in batches:
            yield from batch
            bar.update(len(batch))


def _work(raw: Path, paths: list[str], rule: SquareRule, min_chroma: float) -> list[_Result]:
    return [_examine(raw, path, rule, min_chroma) for path in paths]


def _examine(raw: Path, path: str, rule: SquareRule, min_chroma: float) -> _Result:
    try:
        square: Square = load_square(raw / path, rule)
    except UnreadableImageError as error:
        return _Result(reason=UNREADABLE, detail=str(error))
    except UnwantedImageError as error:
        return _Result(error.width, error.height, reason=error.reason)
    lab = lab_from_bytes(square.pixels).numpy()
    chroma = float(np.hypot(lab[1], lab[2]).mean())
    if chroma < min_chroma:
        detail = f"mean chroma {chroma:.2f}"
        return _Result(square.width, square.height, COLORLESS, detail, chroma)
    return _Result(
        square.width,
        square.height,
        chroma=chroma,
        pixels=square.pixels,
        thumbnail=thumbnail(lab),
    )


def _stack(thumbnails: list[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    return np.stack(thumbnails) if thumbnails else np.zeros((0, 3, 1, 1), dtype=np.float32)


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


def _write_shards(index: pd.DataFrame, pool: npt.NDArray[np.uint8], folder: Path) -> pd.DataFrame:
    index["shard"], index["row"] = "", pd.Series(pd.NA, index=index.index, dtype="Int64")
    for split in SPLITS:
        # By content hash: an order that mixes the categories and depends on no file name.
        members = index[index["split"] == split].sort_values(["sha256", "path"]).index
        writer = ShardWriter(folder, split, len(members), pool.shape[1])
        for member in members:
            writer.append(pool[member])
        positions = range(len(members))
        index.loc[members, "shard"] = [shard_name(split, position) for position in positions]
        index.loc[members, "row"] = [shard_row(position) for position in positions]
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
        "near_duplicates": int(copies),
        "mean_chroma": round(float(kept["chroma"].mean()), 3),
        "categories": int(kept["category"].nunique()),
        "dropped": {
            reason: int(count)
            for reason, count in index["reason"].value_counts().sort_index().items()
            if reason
        },
    }

"""Evaluate a network on any folder of colour photographs, outside the pipeline."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from colorizer.common.errors import UserError
from colorizer.common.pool import workers
from colorizer.data.manifest import SUFFIXES, manifest_of
from colorizer.data.shards import Shards, temporary_shards
from colorizer.data.splits import TEST
from colorizer.evaluation.baselines import GREY, paint_uniformly
from colorizer.evaluation.frechet import FrechetReference
from colorizer.evaluation.metrics import measure_all
from colorizer.prepare.driver import build_index, examine_all, place_in_shards, write_squares
from colorizer.prepare.params import PrepareParams
from colorizer.prepare.storage import open_workspace

CPU = torch.device("cpu")

Colorize = Callable[[Shards], Iterator[npt.NDArray[np.uint8]]]


@dataclass(frozen=True)
class FolderEvaluation:
    """Every photograph's figures, and what was left out.

    Attributes
    ----------
    per_image, grey : DataFrame
        ``image`` (its path in the folder), ``category`` and the columns of
        :data:`colorizer.evaluation.metrics.METRICS`, for the network and for no colour at all,
        in the same order.
    left_out : DataFrame
        ``path``, ``reason`` and ``detail`` of the photographs that were not measured.
    size : int or None
        Side in pixels of the squares compared; None if each photograph was compared at its own
        size.
    of_set, grey_of_set : mapping
        What :meth:`colorizer.evaluation.frechet.FrechetReference.figures` found for all
        photographs together, for the network and for no colour at all; empty if there are too
        few, or their sizes differ.
    """

    per_image: pd.DataFrame
    grey: pd.DataFrame
    left_out: pd.DataFrame
    size: int | None
    of_set: Mapping[str, float] = field(default_factory=dict)
    grey_of_set: Mapping[str, float] = field(default_factory=dict)


def evaluate_folder(
    folder: Path, rules: PrepareParams, colorize: Colorize, device: torch.device = CPU
) -> FolderEvaluation:
    """Prepare a folder's photographs as the pipeline does, and measure how they are coloured.

    They are prepared, coloured and measured in the order of their content hashes, like the
    pipeline's test photographs: the same photographs give the same figures to the last digit.
    The squares are kept on disk, in the system's temporary folder, at 6 * size * size bytes each;
    memory grows by about a kilobyte per photograph.

    Parameters
    ----------
    folder : Path
        Photographs; the name of each one's folder is its category.
    rules : PrepareParams
        How to filter, crop and resize; there is no split, and near-duplicates stay.
    colorize : callable
        Takes prepared photographs and yields one (size, size, 3) uint8 sRGB for each, in order.
    device : torch.device
        Where the features for the Fréchet distance are computed.

    Raises
    ------
    UserError
        If there are no photographs, or none passes the rules.
    """
    manifest = list_photographs(folder)
    with tempfile.TemporaryDirectory(prefix="colorizer-") as temporary:
        index = _prepare(folder, manifest, rules, Path(temporary))
        require_any(index, folder)
        left_out = index.loc[index["reason"] != "", ["path", "reason", "detail"]]
        measured = describe_photographs(
            index[index["split"] == TEST].sort_values(["shard", "row"])
        )
        photographs = Shards(Path(temporary), TEST)
        size = photographs.size
        with temporary_shards(colorize(photographs), len(photographs), size) as colored:
            per_image, grey = (
                measured.join(measure_all(zip(squares, photographs, strict=True)))
                for squares in (colored, paint_uniformly(photographs, GREY))
            )
            reference = FrechetReference(photographs, device)
            of_set = reference.figures(colored)
            grey_of_set = reference.figures(paint_uniformly(photographs, GREY))
    return FolderEvaluation(per_image, grey, left_out, rules.size, of_set, grey_of_set)


def list_photographs(folder: Path) -> pd.DataFrame:
    """Return the manifest of the photographs in a folder.

    Raises
    ------
    UserError
        If there are none.
    """
    manifest = manifest_of(folder)
    if manifest.empty:
        raise UserError(f"no photograph in {folder}: no file there ends in {', '.join(SUFFIXES)}")
    return manifest


def require_any(index: pd.DataFrame, folder: Path) -> None:
    """Refuse an index whose photographs are all left out, that is, have a ``reason``.

    Raises
    ------
    UserError
        If all are left out.
    """
    left_out = index[index["reason"] != ""]
    if len(left_out) == len(index):
        raise UserError(
            f"none of the {len(index)} photographs in {folder} can be measured: "
            f"{count_reasons(left_out)}"
        )


def describe_photographs(index: pd.DataFrame) -> pd.DataFrame:
    """Return ``image`` and ``category`` of an index's photographs, in its order."""
    table = pd.DataFrame({"image": index["path"], "category": index["category"]})
    return table.reset_index(drop=True)


def count_reasons(left_out: pd.DataFrame) -> str:
    """Return how many photographs were left out for each reason, such as "2 vertical"."""
    counts = left_out["reason"].value_counts().sort_index()
    return ", ".join(f"{count} {reason}" for reason, count in counts.items())


def _prepare(
    folder: Path, manifest: pd.DataFrame, rules: PrepareParams, target: Path
) -> pd.DataFrame:
    """Write the photographs that pass the rules as shards of one split; return the index."""
    with workers("", "") as pool, open_workspace("", folder, manifest, target) as workspace:
        found = examine_all(pool, workspace, rules)
        index = build_index(manifest, found)
        index.loc[index["reason"] == "", "split"] = TEST
        place_in_shards(index)
        write_squares(pool, workspace, index, found, target, rules.size)
    return index

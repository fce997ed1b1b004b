"""Photographs on disk: shards of uint8 arrays and an index, mapped rather than loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.lib.format import open_memmap

from colorizer.errors import UserError

INDEX = "index.csv"
SHARD_PHOTOGRAPHS = 4096


def shard_name(split: str, position: int) -> str:
    """Return the file name of the shard that holds photograph ``position`` of a split."""
    return f"{split}-{position // SHARD_PHOTOGRAPHS:05d}.npy"


def shard_row(position: int) -> int:
    """Return the row of photograph ``position`` of a split in its shard."""
    return position % SHARD_PHOTOGRAPHS


class ShardWriter:
    """Writes the ``count`` photographs of a split one by one, each (size, size, 3) uint8."""

    def __init__(self, folder: Path, split: str, count: int, size: int) -> None:
        self._folder = folder
        self._split = split
        self._count = count
        self._size = size
        self._written = 0
        self._shard: npt.NDArray[np.uint8] = np.empty((0, size, size, 3), dtype=np.uint8)

    def append(self, photograph: npt.NDArray[np.uint8]) -> None:
        """Write the next photograph."""
        row = shard_row(self._written)
        if row == 0:
            left = min(self._count - self._written, SHARD_PHOTOGRAPHS)
            self._shard = open_memmap(
                self._folder / shard_name(self._split, self._written),
                mode="w+",
                dtype=np.uint8,
                shape=(left, self._size, self._size, 3),
            )
        self._shard[row] = photograph
        self._written += 1


class Shards:
    """The photographs of one split, mapped from disk: what is indexed is read, and no more.

    A number gives (size, size, 3), a slice (n, size, size, 3), both uint8 sRGB.

    Raises
    ------
    UserError
        If the folder holds no photograph of the split.
    """

    def __init__(self, folder: Path, split: str) -> None:
        files = sorted(folder.glob(f"{split}-[0-9]*.npy"))
        if not files:
            raise UserError(f"no {split} photographs in {folder}; make them with: dvc repro")
        self._shards = [np.load(file, mmap_mode="r") for file in files]

    def __len__(self) -> int:
        return sum(len(shard) for shard in self._shards)

    @property
    def size(self) -> int:
        """Side of the squares in pixels."""
        return int(self._shards[0].shape[1])

    def __iter__(self) -> Iterator[npt.NDArray[np.uint8]]:
        return (self._read(position) for position in range(len(self)))

    def __getitem__(self, which: int | slice) -> npt.NDArray[np.uint8]:
        if isinstance(which, slice):
            positions = range(len(self))[which]
            photographs = np.empty((len(positions), self.size, self.size, 3), dtype=np.uint8)
            for row, position in enumerate(positions):
                photographs[row] = self._read(position)
            return photographs
        return self._read(range(len(self))[which])

    def _read(self, position: int) -> npt.NDArray[np.uint8]:
        shard = self._shards[position // SHARD_PHOTOGRAPHS]
        photograph: npt.NDArray[np.uint8] = shard[shard_row(position)]
        return photograph


def read_index(folder: Path) -> pd.DataFrame:
    """Read the index of a prepared folder: a row per photograph, also for those left out."""
    return pd.read_csv(
        folder / INDEX,
        keep_default_na=False,
        na_values={column: [""] for column in ("row", "group", "chroma")},
        # As text: a category may be called 007, and a hash may look like a number.
        dtype={"row": "Int64", "group": "Int64", "category": "str", "sha256": "str"},
    )


def read_split_index(folder: Path, split: str) -> pd.DataFrame:
    """Read the rows of a split's photographs, in the order of its shards."""
    index = read_index(folder)
    index = index[index["split"] == split].sort_values(["shard", "row"])
    return index.reset_index(drop=True)

"""Photographs on disk: shards of uint8 arrays and an index, read piece by piece.

Nothing stays mapped or loaded, so memory does not grow with the data set.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

import fsspec
import numpy as np
import numpy.typing as npt
from numpy.lib.format import write_array_header_1_0

from colorizer.common.errors import UserError

if TYPE_CHECKING:
    # Only where it is needed: workers import this module, and importing pandas takes longer than
    # their work.
    import pandas as pd

INDEX = "index.csv"
SHARD_PHOTOGRAPHS = 4096
TEMPORARY = "temporary"


def shard_name(split: str, position: int) -> str:
    """Return the file name of the shard that holds photograph ``position`` of a split."""
    return f"{split}-{position // SHARD_PHOTOGRAPHS:05d}.npy"


def shard_row(position: int) -> int:
    """Return the row of photograph ``position`` of a split in its shard."""
    return position % SHARD_PHOTOGRAPHS


def write_shard(
    url: str, photographs: Iterator[npt.NDArray[np.uint8]], count: int, size: int
) -> None:
    """Write one shard, photograph by photograph, in NumPy's ``.npy`` format.

    Parameters
    ----------
    url : str
        A path, or a URL that fsspec knows, such as ``s3://bucket/train-00000.npy``.
    photographs : iterator of ndarray
        (size, size, 3) uint8 each; ``count`` of them are taken.
    count, size : int
        Number of photographs, and their side in pixels.

    Raises
    ------
    ValueError
        If a photograph has a different shape or type, or if there are fewer than ``count``.
    """
    shape = (size, size, 3)
    # fsspec gives a meaning to parts of a path, such as "::".
    with fsspec.open(url, "wb") if "://" in url else open(url, "wb") as file:
        write_array_header_1_0(
            file, {"descr": "|u1", "fortran_order": False, "shape": (count, *shape)}
        )
        written = 0
        for photograph in islice(photographs, count):
            if photograph.shape != shape or photograph.dtype != np.uint8:
                raise ValueError(
                    f"photographs must be uint8 of shape {shape}, got {photograph.dtype} "
                    f"{photograph.shape}"
                )
            file.write(np.ascontiguousarray(photograph).data)
            written += 1
    if written != count:
        raise ValueError(f"a shard of {count} photographs got {written}")


def write_shards(
    folder: Path, split: str, photographs: Iterator[npt.NDArray[np.uint8]], count: int, size: int
) -> None:
    """Write the ``count`` photographs of a split as shards, each (size, size, 3) uint8."""
    for start in range(0, count, SHARD_PHOTOGRAPHS):
        part = min(count - start, SHARD_PHOTOGRAPHS)
        write_shard(str(folder / shard_name(split, start)), photographs, part, size)


class Shards:
    """The photographs of one split on disk; only what is indexed is read.

    A number gives (size, size, 3), a slice (n, size, size, 3), both uint8 sRGB.

    Raises
    ------
    UserError
        If the folder holds no photograph of the split.
    """

    def __init__(self, folder: Path, split: str) -> None:
        self._files = sorted(folder.glob(f"{split}-[0-9]*.npy"))
        if not self._files:
            raise UserError(f"no {split} photographs in {folder}; make them with: dvc repro")
        shapes = [np.load(file, mmap_mode="r").shape for file in self._files]
        self._count: int = sum(shape[0] for shape in shapes)
        self.size: int = shapes[0][1]  # side of the squares in pixels

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[npt.NDArray[np.uint8]]:
        return (self[position] for position in range(len(self)))

    def __getitem__(self, which: int | slice) -> npt.NDArray[np.uint8]:
        if isinstance(which, slice):
            return self._read(range(len(self))[which])
        photograph: npt.NDArray[np.uint8] = self._read([range(len(self))[which]])[0]
        return photograph

    def take(self, positions: Sequence[int]) -> npt.NDArray[np.uint8]:
        """Return photographs by their numbers, in that order, (n, size, size, 3) uint8."""
        count = len(self)
        return self._read([range(count)[position] for position in positions])

    def _read(self, positions: range | list[int]) -> npt.NDArray[np.uint8]:
        photographs = np.empty((len(positions), self.size, self.size, 3), dtype=np.uint8)
        number, shard = -1, photographs
        # Shard by shard, as mapping one takes longer than reading a photograph.
        for row, position in sorted(enumerate(positions), key=itemgetter(1)):
            if position // SHARD_PHOTOGRAPHS != number:
                number = position // SHARD_PHOTOGRAPHS
                # Mapped anew each time: a lasting map counts every page ever read as memory.
                shard = np.load(self._files[number], mmap_mode="r")
            photographs[row] = shard[shard_row(position)]
        return photographs


@contextmanager
def temporary_shards(
    photographs: Iterator[npt.NDArray[np.uint8]], count: int, size: int
) -> Iterator[Shards]:
    """Yield ``count`` photographs, (size, size, 3) uint8 each, as shards until the block ends.

    Measuring them takes all cores, and so does colouring them: one after the other is faster than
    both at once, and memory does not grow with their number.
    """
    with tempfile.TemporaryDirectory(prefix="colorizer-") as folder:
        write_shards(Path(folder), TEMPORARY, photographs, count, size)
        yield Shards(Path(folder), TEMPORARY)


def read_index(folder: Path) -> pd.DataFrame:
    """Read the index of a prepared folder: a row per photograph, including those left out."""
    import pandas as pd

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

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from colorizer.errors import UserError
from colorizer.files import write_csv
from colorizer.shards import (
    INDEX,
    Shards,
    ShardWriter,
    read_index,
    read_split_index,
    shard_name,
    shard_row,
)

COUNT, SIZE, PER_SHARD = 7, 16, 3


@pytest.fixture
def squares() -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (COUNT, SIZE, SIZE, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path: Path, squares: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three shards of a split, of 3, 3 and 1 photographs."""
    monkeypatch.setattr("colorizer.shards.SHARD_PHOTOGRAPHS", PER_SHARD)
    write(tmp_path, "train", squares)
    return tmp_path


def write(folder: Path, split: str, squares: NDArray[np.uint8]) -> None:
    writer = ShardWriter(folder, split, len(squares), SIZE)
    for square in squares:
        writer.append(square)


def test_writer_fills_shards_one_after_the_other(folder: Path, squares: NDArray[np.uint8]) -> None:
    shards = [np.load(folder / f"train-0000{number}.npy") for number in range(3)]

    assert [len(shard) for shard in shards] == [3, 3, 1]
    assert sorted(path.name for path in folder.iterdir()) == [
        f"train-0000{number}.npy" for number in range(3)
    ]
    np.testing.assert_array_equal(np.concatenate(shards), squares)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("position", "name", "row"),
    [(0, "val-00000.npy", 0), (2, "val-00000.npy", 2), (3, "val-00001.npy", 0)],
)
def test_position_tells_shard_and_row(position: int, name: str, row: int) -> None:
    assert (shard_name("val", position), shard_row(position)) == (name, row)


def test_length_and_size(folder: Path) -> None:
    shards = Shards(folder, "train")

    assert (len(shards), shards.size) == (COUNT, SIZE)


@pytest.mark.parametrize("position", [0, 2, 3, 6, -1, -7])
def test_number_gives_one_photograph(
    folder: Path, squares: NDArray[np.uint8], position: int
) -> None:
    photograph = Shards(folder, "train")[position]

    assert photograph.dtype == np.uint8
    np.testing.assert_array_equal(photograph, squares[position])


@pytest.mark.parametrize("position", [7, -8])
def test_number_beyond_the_end_is_an_error(folder: Path, position: int) -> None:
    with pytest.raises(IndexError):
        Shards(folder, "train")[position]


@pytest.mark.parametrize(
    "which",
    [
        slice(None),
        slice(2, 5),
        slice(5, 100),
        slice(-2, None),
        slice(None, None, -3),
        slice(3, 3),
        slice(0),
    ],
)
def test_slice_gives_a_stack(folder: Path, squares: NDArray[np.uint8], which: slice) -> None:
    stack = Shards(folder, "train")[which]

    assert stack.dtype == np.uint8
    np.testing.assert_array_equal(stack, squares[which])


def test_iteration_gives_every_photograph_in_order(
    folder: Path, squares: NDArray[np.uint8]
) -> None:
    np.testing.assert_array_equal(np.stack(list(Shards(folder, "train"))), squares)


def test_photographs_on_disk_cannot_be_changed(folder: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        Shards(folder, "train")[0][:] = 0


def test_splits_do_not_mix(folder: Path, squares: NDArray[np.uint8]) -> None:
    write(folder, "test", squares[:2])

    assert (len(Shards(folder, "test")), len(Shards(folder, "train"))) == (2, COUNT)


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_missing_split_is_told(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name

    with pytest.raises(UserError) as raised:
        Shards(folder, "val")

    assert str(raised.value) == f"no val photographs in {folder}; make them with: dvc repro"


def test_index_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = pd.DataFrame(
        {
            "file": ["007/NA.jpg", "012/b.jpg"],
            "category": ["007", "012"],
            "split": ["train", ""],
            "shard": ["train-00000.npy", ""],
            "row": pd.array([0, None], dtype="Int64"),
            "width": [640, 0],
            "height": [480, 0],
            "chroma": [12.5, 0.0],
            "group": pd.array([3, None], dtype="Int64"),
            "sha256": ["1e3", "0" * 64],
            "reason": ["", "unreadable"],
            "detail": ["", "broken"],
        }
    )
    write_csv(tmp_path / INDEX, written)

    pd.testing.assert_frame_equal(read_index(tmp_path), written)


def test_index_of_a_split_follows_its_shards(tmp_path: Path) -> None:
    rows = [("a", "val", 1, 0), ("c", "val", 0, 1), ("x", "train", 0, 0), ("d", "val", 0, 0)]
    index = pd.DataFrame(
        [
            {"file": file, "category": "", "split": split, "shard": f"{split}-{shard:05d}.npy"}
            | {"row": row, "group": row, "chroma": 1.0, "sha256": file}
            for file, split, shard, row in rows
        ]
    )
    write_csv(tmp_path / INDEX, index)

    val = read_split_index(tmp_path, "val")

    assert list(val["file"]) == ["d", "c", "a"]
    assert list(val.index) == [0, 1, 2]

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from colorizer.common.errors import UserError
from colorizer.common.tables import write_csv
from colorizer.data.shards import (
    INDEX,
    SHARD_PHOTOGRAPHS,
    Shards,
    read_index,
    read_split_index,
    shard_name,
    shard_row,
    temporary_shards,
    write_shard,
    write_shards,
)
from tests.memory_helpers import needs_linux, peak_growth

COUNT, SIZE, PER_SHARD = 7, 16, 3
Squares = NDArray[np.uint8]


def random_squares(count: int, size: int = SIZE) -> Squares:
    return np.random.default_rng(1).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def saved(array: Squares) -> bytes:
    """Return what NumPy itself writes."""
    file = BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.fixture
def squares() -> Squares:
    return random_squares(COUNT)


@pytest.fixture
def folder(tmp_path: Path, squares: Squares, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three shards of a split, of 3, 3 and 1 photographs."""
    monkeypatch.setattr("colorizer.data.shards.SHARD_PHOTOGRAPHS", PER_SHARD)
    write_shards(tmp_path, "train", iter(squares), COUNT, SIZE)
    return tmp_path


class TestWriteShard:
    @pytest.mark.parametrize("count", [0, 1, 5])
    @pytest.mark.parametrize("size", [1, 16, 100])
    def test_gives_the_bytes_that_numpy_gives(self, tmp_path: Path, count: int, size: int) -> None:
        photographs = random_squares(count, size)
        write_shard(str(tmp_path / "a.npy"), iter(photographs), count, size)
        assert (tmp_path / "a.npy").read_bytes() == saved(photographs)

    def test_writes_to_any_file_system_by_its_url(self) -> None:
        photographs = random_squares(2)
        write_shard("memory://shards/a.npy", iter(photographs), 2, SIZE)
        with fsspec.open("memory://shards/a.npy", "rb") as file:
            assert file.read() == saved(photographs)

    def test_takes_no_more_than_the_count(self, tmp_path: Path, squares: Squares) -> None:
        photographs = iter(squares)
        write_shard(str(tmp_path / "a.npy"), photographs, 3, SIZE)
        np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), squares[:3])
        np.testing.assert_array_equal(next(photographs), squares[3])

    @pytest.mark.parametrize(
        "view",
        [
            pytest.param(lambda squares: squares[..., ::-1, :], id="mirrored"),
            pytest.param(lambda squares: squares[..., ::-1], id="BGR"),
            pytest.param(lambda squares: squares.swapaxes(1, 2), id="transposed"),
        ],
    )
    def test_takes_views(
        self, tmp_path: Path, squares: Squares, view: Callable[[Squares], Squares]
    ) -> None:
        write_shard(str(tmp_path / "a.npy"), iter(view(squares)), COUNT, SIZE)
        np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), view(squares))

    @pytest.mark.parametrize(
        "wrong",
        [
            np.zeros((SIZE, SIZE, 4), dtype=np.uint8),
            np.zeros((SIZE, SIZE), dtype=np.uint8),
            np.zeros((3, SIZE, SIZE), dtype=np.uint8),
            np.zeros((SIZE, SIZE + 1, 3), dtype=np.uint8),
            np.zeros((1, SIZE, SIZE, 3), dtype=np.uint8),
            np.zeros((SIZE, SIZE, 3), dtype=np.int8),
            np.zeros((SIZE, SIZE, 3), dtype=np.float32),
        ],
        ids=lambda wrong: f"{wrong.dtype} {wrong.shape}",
    )
    def test_refuses_other_shapes_and_types(
        self, tmp_path: Path, squares: Squares, wrong: NDArray[np.generic]
    ) -> None:
        with pytest.raises(ValueError, match=r"must be uint8 of shape \(16, 16, 3\), got") as told:
            write_shard(str(tmp_path / "a.npy"), iter([squares[0], wrong]), 2, SIZE)  # type: ignore[list-item]
        assert str(told.value).endswith(f"got {wrong.dtype} {wrong.shape}")

    @pytest.mark.parametrize("given_", [0, 2])
    def test_too_few_photographs_are_told(
        self, tmp_path: Path, squares: Squares, given_: int
    ) -> None:
        with pytest.raises(ValueError, match=f"^a shard of 3 photographs got {given_}$"):
            write_shard(str(tmp_path / "a.npy"), iter(squares[:given_]), 3, SIZE)


class TestWriteShards:
    def test_fills_one_after_the_other(self, folder: Path, squares: Squares) -> None:
        names = [f"train-0000{number}.npy" for number in range(3)]
        assert sorted(path.name for path in folder.iterdir()) == names
        shards = [np.load(folder / name) for name in names]
        assert [len(shard) for shard in shards] == [3, 3, 1]
        np.testing.assert_array_equal(np.concatenate(shards), squares)

    @pytest.mark.usefixtures("folder")
    @pytest.mark.parametrize(("count", "lengths"), [(0, []), (1, [1]), (3, [3]), (6, [3, 3])])
    def test_writes_none_that_is_empty(
        self, tmp_path: Path, squares: Squares, count: int, lengths: list[int]
    ) -> None:
        write_shards(tmp_path, "val", iter(squares), count, SIZE)
        assert [len(np.load(path)) for path in sorted(tmp_path.glob("val*"))] == lengths

    @pytest.mark.usefixtures("folder")
    def test_takes_photographs_as_they_come(self, tmp_path: Path, squares: Squares) -> None:
        written = []

        def one_by_one() -> Iterator[Squares]:
            for square in squares:
                written.append(sum(path.stat().st_size > 0 for path in tmp_path.glob("val*")))
                yield square

        write_shards(tmp_path, "val", one_by_one(), COUNT, SIZE)
        assert written[-1] == 2  # two are complete before the last photograph is asked for

    def test_too_few_photographs_are_told(self, tmp_path: Path, squares: Squares) -> None:
        with pytest.raises(ValueError, match=r"^a shard of 9 photographs got 7$"):
            write_shards(tmp_path, "val", iter(squares), 9, SIZE)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("position", "name", "row"),
    [(0, "val-00000.npy", 0), (2, "val-00000.npy", 2), (3, "val-00001.npy", 0)],
)
def test_position_tells_shard_and_row(position: int, name: str, row: int) -> None:
    assert (shard_name("val", position), shard_row(position)) == (name, row)


class TestShards:
    def test_know_their_number_and_size(self, folder: Path) -> None:
        shards = Shards(folder, "train")
        assert (len(shards), shards.size) == (COUNT, SIZE)

    @pytest.mark.parametrize("position", [*range(COUNT), -1, -4, -7])
    def test_number_gives_one_photograph(
        self, folder: Path, squares: Squares, position: int
    ) -> None:
        photograph = Shards(folder, "train")[position]
        assert photograph.dtype == np.uint8
        np.testing.assert_array_equal(photograph, squares[position])

    @pytest.mark.parametrize("position", [7, -8, 100])
    def test_number_beyond_the_end_is_an_error(self, folder: Path, position: int) -> None:
        with pytest.raises(IndexError):
            Shards(folder, "train")[position]

    @given(
        which=st.builds(
            slice,
            st.none() | st.integers(-9, 9),
            st.none() | st.integers(-9, 9),
            st.none() | st.integers(-4, 4).filter(bool),
        )
    )
    @settings(deadline=None, max_examples=60)
    def test_slice_gives_what_it_gives_of_an_array(
        self, tmp_path_factory: pytest.TempPathFactory, which: slice
    ) -> None:
        squares = random_squares(COUNT, 2)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("colorizer.data.shards.SHARD_PHOTOGRAPHS", PER_SHARD)
            folder = tmp_path_factory.mktemp("shards")
            write_shards(folder, "train", iter(squares), COUNT, 2)
            stack = Shards(folder, "train")[which]
        assert stack.dtype == np.uint8
        np.testing.assert_array_equal(stack, squares[which])

    @given(positions=st.lists(st.integers(-COUNT, COUNT - 1), max_size=12))
    @settings(deadline=None, max_examples=40)
    def test_numbers_give_photographs_in_their_order(
        self, tmp_path_factory: pytest.TempPathFactory, positions: list[int]
    ) -> None:
        squares = random_squares(COUNT, 2)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("colorizer.data.shards.SHARD_PHOTOGRAPHS", PER_SHARD)
            folder = tmp_path_factory.mktemp("shards")
            write_shards(folder, "train", iter(squares), COUNT, 2)
            taken = Shards(folder, "train").take(positions)
        assert taken.dtype == np.uint8
        assert taken.shape == (len(positions), 2, 2, 3)
        np.testing.assert_array_equal(taken, squares[np.array(positions, dtype=np.int64)])

    @pytest.mark.parametrize("position", [7, -8, 100])
    def test_numbers_beyond_the_end_are_an_error(self, folder: Path, position: int) -> None:
        with pytest.raises(IndexError):
            Shards(folder, "train").take([0, position])

    def test_iteration_gives_every_photograph_in_order(
        self, folder: Path, squares: Squares
    ) -> None:
        np.testing.assert_array_equal(np.stack(list(Shards(folder, "train"))), squares)

    @pytest.mark.parametrize(
        ("read", "count"),
        [
            pytest.param(lambda shards: shards[1:7], 6, id="slice"),
            pytest.param(lambda shards: shards.take([6, 0, 4, 2, 3, 1, 0]), 7, id="numbers"),
        ],
    )
    def test_several_open_every_file_once(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        read: Callable[[Shards], Squares],
        count: int,
    ) -> None:
        opened = []
        load = np.load

        def counted(file: Path, **options: Any) -> Any:
            opened.append(file.name)
            return load(file, **options)

        shards = Shards(folder, "train")
        monkeypatch.setattr(np, "load", counted)
        assert len(read(shards)) == count
        assert opened == [f"train-0000{number}.npy" for number in range(3)]

    def test_what_is_read_is_a_copy_to_work_with(self, folder: Path, squares: Squares) -> None:
        shards = Shards(folder, "train")
        shards[0][:] = 0
        shards[1:5][:] = 0
        shards.take([6, 2])[:] = 0
        np.testing.assert_array_equal(shards[:], squares)

    def test_photographs_stay_readable_when_the_folder_is_gone(
        self, folder: Path, squares: Squares
    ) -> None:
        read = Shards(folder, "train")[2:4]
        for path in folder.iterdir():
            path.write_bytes(b"")
        np.testing.assert_array_equal(read, squares[2:4])

    def test_splits_do_not_mix(self, folder: Path, squares: Squares) -> None:
        write_shards(folder, "test", iter(squares), 2, SIZE)
        assert (len(Shards(folder, "test")), len(Shards(folder, "train"))) == (2, COUNT)

    def test_shards_of_as_many_as_shipped_are_read(self, tmp_path: Path) -> None:
        count = SHARD_PHOTOGRAPHS + 2
        numbers = np.arange(count) % 251
        pixels = (np.full((1, 1, 3), number, dtype=np.uint8) for number in numbers)
        write_shards(tmp_path, "val", pixels, count, 1)
        shards = Shards(tmp_path, "val")
        assert len(list(tmp_path.iterdir())) == 2
        np.testing.assert_array_equal(shards[:][:, 0, 0, 0], numbers)

    @pytest.mark.parametrize("name", ["", "nowhere"])
    def test_missing_split_is_told(self, tmp_path: Path, name: str) -> None:
        folder = tmp_path / name
        with pytest.raises(UserError) as raised:
            Shards(folder, "val")
        assert str(raised.value) == f"no val photographs in {folder}; make them with: dvc repro"


def write_many(task: tuple[Path, int]) -> None:
    folder, count = task
    photographs = (np.full((128, 128, 3), number % 256, np.uint8) for number in range(count))
    write_shards(folder, "train", photographs, count, 128)


def read_all(folder: Path) -> int:
    """Read a split in both ways; return the sum, so that every pixel is touched."""
    shards = Shards(folder, "train")
    one_by_one = sum(int(photograph.sum()) for photograph in shards)
    in_batches = sum(int(shards[start : start + 64].sum()) for start in range(0, len(shards), 64))
    return one_by_one + in_batches


@needs_linux
class TestMemory:
    def test_of_writing_does_not_grow_with_the_number_of_photographs(self, tmp_path: Path) -> None:
        small, large = (tmp_path / "small", tmp_path / "large")
        small.mkdir()
        large.mkdir()
        assert peak_growth(write_many, (small, 10), (large, 2000)) < 10  # of 98 MB

    def test_of_reading_does_not_grow_with_the_number_of_photographs(self, tmp_path: Path) -> None:
        small, large = (tmp_path / "small", tmp_path / "large")
        for folder, count in ((small, 64), (large, SHARD_PHOTOGRAPHS)):
            folder.mkdir()
            # A file with a hole: as many pages, and no time to write them.
            with (folder / shard_name("train", 0)).open("wb") as file:
                header = {"descr": "|u1", "fortran_order": False, "shape": (count, 128, 128, 3)}
                np.lib.format.write_array_header_1_0(file, header)
                file.truncate(file.tell() + count * 128 * 128 * 3)
        assert peak_growth(read_all, small, large) < 10  # of 201 MB


class TestIndex:
    def test_comes_back_as_it_was_written(self, tmp_path: Path) -> None:
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

    def test_of_a_split_follows_its_shards(self, tmp_path: Path) -> None:
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


def test_temporary_shards_are_gone_afterwards() -> None:
    photographs = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    with temporary_shards(iter(photographs), 3, 16) as shards:
        assert np.array_equal(shards[:], photographs)
    with pytest.raises(FileNotFoundError):
        shards[0]

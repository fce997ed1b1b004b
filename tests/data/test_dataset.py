from __future__ import annotations

from pathlib import Path

import pytest
import torch

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.data.dataset import LabPhotographs, shuffle, steps_per_epoch
from colorizer.data.shards import Shards
from tests.memory_helpers import needs_linux, peak_growth
from tests.network_helpers import (
    lab_photographs,
    noise,
    write_shards,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def convert_and_read(folder: Path) -> float:
    """Read all batches of a split in random order; return a sum, so that every page is touched."""
    lab = LabPhotographs(Shards(folder, "train"))
    order = shuffle(len(lab), generator())
    return sum(float(lab[numbers].sum()) for numbers in torch.split(order, 16))


class TestLabPhotographs:
    def test_values_are_those_of_the_conversion(self, tmp_path: Path) -> None:
        photographs = noise(3, 8)
        batch = lab_photographs(tmp_path, photographs)[torch.arange(3)]
        assert torch.equal(batch, lab_from_bytes(photographs))

    def test_know_their_number_and_size(self, tmp_path: Path) -> None:
        lab = lab_photographs(tmp_path, noise(3, 8))
        assert (len(lab), lab.size) == (3, 8)

    @pytest.mark.parametrize("numbers", [[2], [3, 0, 4], [1, 1], [4, 3, 2, 1, 0], []], ids=str)
    def test_numbers_give_photographs_in_their_order(
        self, tmp_path: Path, numbers: list[int]
    ) -> None:
        photographs = noise(5, 4)
        batch = lab_photographs(tmp_path, photographs)[torch.tensor(numbers, dtype=torch.int64)]
        assert batch.dtype == torch.float32
        assert batch.shape == (len(numbers), 3, 4, 4)
        torch.testing.assert_close(batch, lab_from_bytes(photographs)[numbers])

    def test_what_is_read_is_a_copy(self, tmp_path: Path) -> None:
        lab = lab_photographs(tmp_path, noise(2, 4))
        batch = lab[torch.arange(2)]
        before = batch.clone()
        batch.zero_()
        assert torch.equal(lab[torch.arange(2)], before)

    @needs_linux
    def test_memory_does_not_grow_with_the_number_of_photographs(self, tmp_path: Path) -> None:
        for name, count in (("small", 64), ("large", 768)):
            write_shards(tmp_path / name, noise(1, 128).repeat(count, axis=0))
        growth = peak_growth(convert_and_read, tmp_path / "small", tmp_path / "large")
        assert growth < 20  # of 38 MB of bytes, or 151 of Lab


class TestShuffled:
    @pytest.mark.parametrize("count", [0, 1, 2, 100])
    def test_every_number_comes_once(self, count: int) -> None:
        assert sorted(shuffle(count, generator()).tolist()) == list(range(count))

    def test_order_follows_the_generator(self) -> None:
        first, again, other = (shuffle(50, generator(seed)) for seed in (1, 1, 2))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)


@pytest.mark.parametrize(
    ("count", "batch_size", "steps"), [(1, 16, 1), (16, 16, 1), (17, 16, 2), (32, 16, 2)]
)
def test_steps_per_epoch_counts_the_last_partial_batch(
    count: int, batch_size: int, steps: int
) -> None:
    assert steps_per_epoch(count, batch_size) == steps

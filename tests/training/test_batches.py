from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.data.augment import augment
from colorizer.networks.hint_tensors import MOST_IN_TRAINING, SAMPLES, true_hints
from colorizer.networks.recipe import Recipe
from colorizer.training import batches as module
from colorizer.training.batches import Batch, TrainingBatches, by_epoch
from colorizer.training.distributed import ALONE, Processes
from colorizer.training.seeds import Seeds
from tests.network_helpers import lab_photographs, noise, plain_recipe, unet_recipe

CPU = torch.device("cpu")
PHOTOGRAPHS, SIDE = 7, 16  # in batches of 3: 3, 3 and 1
VARIED: dict[str, Any] = {"flip": True, "min_crop": 0.5, "gamma": 0.25, "batch_size": 3}
RECIPES: dict[str, Recipe] = {
    "hints": unet_recipe(**VARIED),
    "no hints": unet_recipe(**VARIED, hints=False),
    "plain": plain_recipe(**VARIED),
}
EVERY = [(epoch, number) for epoch in (1, 2, 3) for number in range(3)]


@pytest.fixture(params=list(RECIPES))
def recipe(request: pytest.FixtureRequest) -> Recipe:
    return RECIPES[request.param]


def batches_of(
    folder: Path,
    recipe: Recipe,
    seed: int = 5,
    side: int = SIDE,
    processes: Processes = ALONE,
) -> TrainingBatches:
    photographs = lab_photographs(folder, noise(PHOTOGRAPHS, SIDE))
    return TrainingBatches(photographs, recipe, seed, side, processes)


def same_bits(first: Batch, second: Batch) -> bool:
    return (
        torch.equal(first.lab, second.lab)
        and torch.equal(first.hints, second.hints)
        and first.whole == second.whole
    )


class TestTrainingBatches:
    def test_hold_as_many_photographs_as_are_asked_for(
        self, tmp_path: Path, recipe: Recipe
    ) -> None:
        batches = batches_of(tmp_path, recipe)
        assert batches.per_epoch == 3
        for epoch in (1, 2):
            drawn = [batches[epoch, number] for number in range(3)]
            assert [batch.whole for batch in drawn] == [3, 3, 1]
            assert [tuple(batch.lab.shape) for batch in drawn] == [
                (count, 3, SIDE, SIDE) for count in (3, 3, 1)
            ]
            assert {batch.lab.dtype for batch in drawn} == {torch.float32}

    def test_of_an_epoch_hold_every_photograph_once_in_another_order(self, tmp_path: Path) -> None:
        batches = batches_of(tmp_path, plain_recipe(batch_size=3))
        expected = lab_from_bytes(noise(PHOTOGRAPHS, SIDE))
        orders = []
        for epoch in (1, 2, 3):
            drawn = torch.cat([batches[epoch, number].lab for number in range(3)])
            order = torch.cdist(drawn.flatten(1), expected.flatten(1)).argmin(dim=1)
            torch.testing.assert_close(drawn, expected[order])
            orders.append(tuple(order.tolist()))
        assert all(sorted(order) == list(range(PHOTOGRAPHS)) for order in orders)
        assert len(set(orders)) == 3

    def test_have_the_side_that_is_asked_for(self, tmp_path: Path, recipe: Recipe) -> None:
        assert batches_of(tmp_path, recipe, side=8)[1, 0].lab.shape == (3, 3, 8, 8)

    def test_are_the_same_in_any_order(self, tmp_path: Path, recipe: Recipe) -> None:
        in_order = batches_of(tmp_path / "first", recipe)
        drawn = {which: in_order[which] for which in EVERY}
        again = batches_of(tmp_path / "second", recipe)
        for which in [*reversed(EVERY), (2, 1), (2, 1), (1, 2)]:
            assert same_bits(again[which], drawn[which]), which

    def test_differ_from_each_other_and_by_the_seed(self, tmp_path: Path, recipe: Recipe) -> None:
        batches = batches_of(tmp_path, recipe)
        others = batches_of(tmp_path, recipe, seed=6)
        drawn = [one[epoch, number].lab for one in (batches, others) for epoch, number in EVERY]
        sums = {lab.double().sum().item() for lab in drawn}
        assert len(sums) == len(drawn) == 18

    def test_are_augmented_by_their_epoch_and_number(self, tmp_path: Path) -> None:
        recipe = plain_recipe(**VARIED)
        plain = batches_of(tmp_path, plain_recipe(batch_size=3))
        batches = batches_of(tmp_path, recipe)
        for which in EVERY:
            varied = augment(plain[which].lab, recipe, Seeds(5).augmentation(*which))
            assert torch.equal(batches[which].lab, varied)

    def test_of_networks_without_hints_have_none(self, tmp_path: Path) -> None:
        for name in ("no hints", "plain"):
            batch = batches_of(tmp_path, RECIPES[name])[1, 0]
            assert batch.hints.shape == (3, 0, 4)

    def test_have_true_hints_of_what_was_augmented(self, tmp_path: Path) -> None:
        batches = batches_of(tmp_path, RECIPES["hints"])
        drawn = [batches[which] for which in EVERY]
        for batch in drawn:
            assert torch.equal(batch.hints, true_hints(batch.lab[:, 1:], batch.hints[..., :2]))
        numbers = [batch.hints.shape[1] for batch in drawn]
        assert all(1 <= number <= MOST_IN_TRAINING for number in numbers)
        # Neither their number nor their places are those of another batch.
        assert len(set(numbers)) > 3
        assert len({batch.hints[0, 0, 0].item() for batch in drawn}) == len(EVERY)

    def test_draw_hints_without_moving_the_augmentation(self, tmp_path: Path) -> None:
        with_hints, without = (batches_of(tmp_path, RECIPES[n]) for n in ("hints", "no hints"))
        for which in EVERY:
            assert torch.equal(with_hints[which].lab, without[which].lab)

    def test_have_samples_of_true_colours_if_these_are_learnt(self, tmp_path: Path) -> None:
        drawn = [batches_of(tmp_path, RECIPES["hints"])[which] for which in EVERY]
        for batch in drawn:
            assert batch.samples.shape == (len(batch.lab), SAMPLES, 4)
            places = batch.samples[..., :2]
            assert torch.equal(batch.samples, true_hints(batch.lab[:, 1:], places))
        assert len({batch.samples[0, 0, 0].item() for batch in drawn}) == len(EVERY)
        without = batches_of(tmp_path, unet_recipe(**VARIED, likely_colors=False))
        for which, batch in zip(EVERY, drawn, strict=True):
            assert without[which].samples.shape == (len(batch.lab), 0, 4)
            assert torch.equal(without[which].hints, batch.hints)

    @pytest.mark.parametrize("count", [1, 2, 3, 5])
    def test_shares_make_the_whole(self, tmp_path: Path, recipe: Recipe, count: int) -> None:
        whole = batches_of(tmp_path / "whole", recipe)
        shares = [
            batches_of(tmp_path / str(rank), recipe, processes=Processes(rank, count))
            for rank in range(count)
        ]
        for which in EVERY:
            expected, parts = whole[which], [share[which] for share in shares]
            assert {part.whole for part in parts} == {expected.whole}
            # As in augment's own test: to resize a part rounds otherwise than to resize all.
            lab = torch.cat([part.lab for part in parts])
            torch.testing.assert_close(lab, expected.lab, atol=1e-4, rtol=0)
            hints = torch.cat([part.hints for part in parts])
            torch.testing.assert_close(hints, expected.hints, atol=1e-4, rtol=0)
            samples = torch.cat([part.samples for part in parts])
            torch.testing.assert_close(samples, expected.samples, atol=1e-4, rtol=0)


class TestByEpoch:
    def drawn(
        self, folder: Path, recipe: Recipe, epochs: range, workers: int | None = None
    ) -> dict[int, list[Batch]]:
        flow = by_epoch(batches_of(folder, recipe), epochs, CPU, workers)
        return {epoch: list(batches) for epoch, batches in flow}

    def test_gives_every_batch_in_order(self, tmp_path: Path, recipe: Recipe) -> None:
        drawn = self.drawn(tmp_path, recipe, range(1, 4))
        assert [(epoch, len(batches)) for epoch, batches in drawn.items()] == [
            (1, 3),
            (2, 3),
            (3, 3),
        ]
        batches = batches_of(tmp_path, recipe)
        for which, batch in zip(EVERY, chain(*drawn.values()), strict=True):
            assert same_bits(batch, batches[which]), which

    # On a machine of one core torch thinks that two are too many.
    @pytest.mark.filterwarnings("ignore:This DataLoader will create 2 worker processes")
    def test_gives_the_same_bits_if_others_prepare_them(
        self, tmp_path: Path, recipe: Recipe
    ) -> None:
        alone = self.drawn(tmp_path, recipe, range(1, 4), workers=0)
        ahead = self.drawn(tmp_path, recipe, range(1, 4), workers=2)
        assert alone.keys() == ahead.keys()
        for epoch, batches in alone.items():
            for batch, other in zip(batches, ahead[epoch], strict=True):
                assert same_bits(batch, other), epoch

    def test_that_goes_on_draws_what_is_left(self, tmp_path: Path, recipe: Recipe) -> None:
        whole = self.drawn(tmp_path, recipe, range(1, 4))
        rest = self.drawn(tmp_path, recipe, range(2, 4))
        assert list(rest) == [2, 3]
        for epoch, batches in rest.items():
            assert all(map(same_bits, batches, whole[epoch])), epoch

    def test_of_no_epoch_gives_nothing(self, tmp_path: Path) -> None:
        assert self.drawn(tmp_path, RECIPES["plain"], range(4, 4)) == {}

    @pytest.mark.filterwarnings("ignore:This DataLoader will create 2 worker processes")
    @pytest.mark.parametrize("workers", [0, 2])
    def test_leaves_the_numbers_that_layers_draw_alone(self, tmp_path: Path, workers: int) -> None:
        torch.manual_seed(3)
        expected = torch.rand(4)
        torch.manual_seed(3)
        self.drawn(tmp_path, RECIPES["hints"], range(1, 3), workers)
        assert torch.equal(torch.rand(4), expected)

    @pytest.mark.parametrize(
        ("device", "workers", "pinned"), [("cpu", 0, False), ("cuda", 3, True)]
    )
    def test_prepares_ahead_for_a_gpu_alone(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        device: str,
        workers: int,
        pinned: bool,
    ) -> None:
        options: dict[str, Any] = {}

        def loader(_: TrainingBatches, **given: Any) -> list[Batch]:
            options.update(given)
            return []

        monkeypatch.setattr(module, "DataLoader", loader)
        monkeypatch.setattr(module, "_workers", lambda: 3)
        list(by_epoch(batches_of(tmp_path, RECIPES["plain"]), range(1, 2), torch.device(device)))
        assert (options["num_workers"], options["pin_memory"]) == (workers, pinned)

    @pytest.mark.parametrize(("cores", "processes", "expected"), [(16, 1, 15), (16, 4, 3)])
    def test_leaves_a_core_to_every_process_that_trains(
        self, monkeypatch: pytest.MonkeyPatch, cores: int, processes: int, expected: int
    ) -> None:
        monkeypatch.setattr("colorizer.training.batches.usable_cores", lambda: cores)
        # Those of other machines do not count.
        monkeypatch.setenv("WORLD_SIZE", "64")
        monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
        assert module._workers() == expected

    def test_has_one_to_prepare_ahead_however_few_cores(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("colorizer.training.batches.usable_cores", lambda: 1)
        monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
        assert module._workers() == 1

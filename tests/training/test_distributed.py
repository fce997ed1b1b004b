from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, distributed, nn
from torch.multiprocessing.spawn import start_processes

from colorizer.common.errors import UserError
from colorizer.networks.recipe import Recipe
from colorizer.networks.registry import build_to_train
from colorizer.networks.sync_layers import SharedBatchNorm2d
from colorizer.training.distributed import ALONE, STORE, Processes, check_shares, join_processes
from colorizer.training.launching import must_launch
from colorizer.training.loop import Trained, train
from colorizer.training.recovery import Recovery
from colorizer.training.training_state import State
from tests.network_helpers import lab_photographs, noise, plain_recipe, repeatable, unet_recipe
from tests.process_helpers import START_METHOD

CPU = torch.device("cpu")
COUNT = 2
PHOTOGRAPHS = 4  # in batches of 3: the last one has fewer photographs than processes
EPOCHS = {"conv_ae": 1, "unet": 2, "simple_ae": 2}  # the first has by far the most weights
VARIED: dict[str, Any] = {"flip": True, "min_crop": 0.7, "gamma": 0.25, "batch_size": 3}
SIZES = {"conv_ae": 16, "unet": 64, "simple_ae": 32}
RECIPES: dict[str, Recipe] = {
    "conv_ae": plain_recipe(lr=0.0003, **VARIED),
    # Features that tell something: where random weights start from, a batch of one photograph is
    # normalised by next to nothing, and a difference in the last bit is seen after three steps.
    "unet": unet_recipe(
        start="imagenet", lr=0.001, ema=0.9, schedule="one_cycle", dropout=0.3, **VARIED
    ),
    "simple_ae": plain_recipe(lr=0.01, loss="mse", optimizer="adamw", **VARIED),
    "unet whose heads are not taught": unet_recipe(
        start="imagenet",
        optimizer="adamw",
        weight_decay=0.5,
        hints=False,
        likely_colors=False,
        **VARIED,
    ),
}
Rows = list[list[float]]


def network_of(name: str) -> str:
    return name.partition(" ")[0]


def fit(
    folder: Path, name: str, processes: Processes, recovery: Recovery | None = None
) -> Trained:
    recipe, network = RECIPES[name], network_of(name)
    photographs = lab_photographs(folder / "train", noise(PHOTOGRAPHS, SIZES[network]))
    val = lab_photographs(folder / "val", noise(3, SIZES[network], seed=5))
    with repeatable(1):
        model = build_to_train(network, recipe)
        return train(
            model,
            recipe,
            (photographs, val),
            EPOCHS[network],
            7,
            CPU,
            processes=processes,
            recovery=recovery,
        )


def rows_of(trained: Trained) -> Rows:
    rows: Rows = trained.history.to_numpy().tolist()
    return rows


def hint_head_of(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    head = "hint_head."
    return {
        name.removeprefix(head): value.float()
        for name, value in weights.items()
        if name.startswith(head)
    }


class Interrupted(Recovery):
    """Ends the training of this process, and with it of all, after the first epoch."""

    def save(self, state: State) -> None:
        super().save(state)
        raise KeyboardInterrupt


def environment(rank: int, folder: Path) -> dict[str, str]:
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(COUNT),
        "LOCAL_WORLD_SIZE": str(COUNT),
        STORE: (folder / "store").as_uri(),
        "GLOO_SOCKET_IFNAME": "lo",
    }


def _process(rank: int, folder: Path) -> None:
    os.environ |= environment(rank, folder)
    own = folder / str(rank)
    found: dict[str, Any] = {}
    with join_processes(CPU) as processes:
        for name in RECIPES:
            learnt = fit(own / name, name, processes)
            found[name] = rows_of(learnt)
            if network_of(name) == "unet":
                head = hint_head_of(learnt.weights)
                found[f"hint_head of {name}"] = {
                    part: value.tolist() for part, value in head.items()
                }
        # The first process alone has a state on disk, of a training of one process.
        recovery = Recovery(folder / ".resume", "ab" * 32) if processes.is_first else None
        found["resumed"] = rows_of(fit(own / "resumed", "simple_ae", processes, recovery))
        found["sum"] = processes.sum(torch.tensor(rank + 1.0)).item()
    (folder / f"{rank}.json").write_text(json.dumps(found))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    folder = tmp_path_factory.mktemp("alone")
    return {name: fit(folder / name, name, ALONE) for name in RECIPES}


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What each of two processes has found."""
    folder = tmp_path_factory.mktemp("together")
    with pytest.raises(KeyboardInterrupt):
        fit(folder / "first", "simple_ae", ALONE, Interrupted(folder / ".resume", "ab" * 32))
    start_processes(_process, (folder,), COUNT, start_method=START_METHOD)  # type: ignore[no-untyped-call]
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(COUNT)]


@pytest.mark.parametrize("name", list(RECIPES))
def test_two_processes_learn_what_one_does(
    alone: dict[str, Trained], together: list[dict[str, Any]], name: str
) -> None:
    first, second = (torch.tensor(found[name]) for found in together)
    torch.testing.assert_close(first, torch.tensor(rows_of(alone[name])), rtol=0, atol=2e-5)
    assert torch.equal(first, second)


def test_two_processes_learn_the_hint_head_that_one_does(
    alone: dict[str, Trained], together: list[dict[str, Any]]
) -> None:
    # The history tells nothing of it.
    expected = hint_head_of(alone["unet"].weights)
    with repeatable(1):
        start = hint_head_of(build_to_train("unet", RECIPES["unet"]).state_dict())
    assert {"embed.weight", "sharpness", "normalize.running_var"} <= expected.keys()
    first, second = (found["hint_head of unet"] for found in together)
    assert first == second
    for name, value in expected.items():
        found = torch.tensor(first[name])
        # Adam makes steps of gradients that are next to nothing, whichever way they round.
        assert (found - value).norm() <= 0.05 * (value - start[name]).norm(), name


def test_two_processes_leave_heads_alone_that_are_not_taught(
    together: list[dict[str, Any]],
) -> None:
    name = "unet whose heads are not taught"
    with repeatable(1):
        start = hint_head_of(build_to_train("unet", RECIPES[name]).state_dict())
    for found in together:
        for part, value in found[f"hint_head of {name}"].items():
            assert torch.equal(torch.tensor(value), start[part]), part


def test_state_of_the_first_process_is_gone_on_from_in_all(
    alone: dict[str, Trained], together: list[dict[str, Any]]
) -> None:
    first, second = (found["resumed"] for found in together)
    assert first == second
    expected = rows_of(alone["simple_ae"])
    assert first[0] == expected[0]
    torch.testing.assert_close(torch.tensor(first), torch.tensor(expected), rtol=0, atol=2e-5)


def test_sums_are_of_all_processes(together: list[dict[str, Any]]) -> None:
    assert [found["sum"] for found in together] == [3, 3]


class TestLayers:
    def test_batch_normalization_by_shares_is_refused(self) -> None:
        model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
        with pytest.raises(UserError, match=r"^the layer 1 \(BatchNorm2d\) cannot be trained by"):
            check_shares(model)

    @pytest.mark.parametrize("layer", [SharedBatchNorm2d(2), nn.GroupNorm(1, 2), nn.Dropout()])
    def test_others_are_taken(self, layer: nn.Module) -> None:
        check_shares(nn.Sequential(layer))

    @pytest.mark.parametrize("name", list(RECIPES))
    def test_of_every_network_are_taken(self, name: str) -> None:
        check_shares(build_to_train(network_of(name), RECIPES[name]))


class TestLaunch:
    @pytest.mark.parametrize(("devices", "expected"), [(1, False), (2, True)])
    def test_is_for_more_than_one_device(
        self, monkeypatch: pytest.MonkeyPatch, devices: int, expected: bool
    ) -> None:
        monkeypatch.delenv("WORLD_SIZE", raising=False)
        assert must_launch(devices) is expected

    @pytest.mark.parametrize("devices", [1, COUNT])
    def test_is_left_to_torchrun(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, devices: int
    ) -> None:
        for key, value in environment(0, tmp_path).items():
            monkeypatch.setenv(key, value)
        assert not must_launch(devices)

    def test_refuses_another_number_than_torchruns(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for key, value in environment(0, tmp_path).items():
            monkeypatch.setenv(key, value)
        with pytest.raises(UserError, match=r"^train\.devices is 3, but torchrun has started 2"):
            must_launch(3)


def test_one_process_meets_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with join_processes(CPU) as processes:
        assert processes == ALONE
    assert not distributed.is_initialized()

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from colorizer.common.errors import UserError
from colorizer.common.params import Params
from colorizer.inference import cluster
from colorizer.inference.cluster import open_colorizer
from colorizer.inference.params import PredictParams
from colorizer.inference.predict import colorize_squares
from colorizer.networks.checkpoint import load_checkpoint, save_checkpoint
from colorizer.networks.registry import build
from tests.network_helpers import noise, repeatable, vividness_of, write_shards

SEED = 7


@pytest.fixture
def predict(params: Params) -> PredictParams:
    return PredictParams.parse(params.predict).replace(device="cpu", batch_size=2)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave torch as it was, and no network of a test to the next one."""
    with repeatable(SEED):
        yield
    cluster._networks.clear()


def saved(path: Path, seed: int = 0) -> Path:
    """Save a small network whose colours can be seen."""
    torch.manual_seed(seed)
    model = build("simple_ae")
    save_checkpoint(path, "simple_ae", 32, model.state_dict(), vividness_of())
    return path


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return saved(tmp_path / "model.safetensors")


def test_photographs_are_coloured_by_the_network(
    checkpoint: Path, predict: PredictParams, tmp_path: Path
) -> None:
    photographs = noise(5, 32)
    model, device = load_checkpoint(checkpoint), torch.device("cpu")
    expected = np.array(list(colorize_squares(model, photographs, predict, device)))

    with open_colorizer(checkpoint, predict, SEED) as colorize:
        of_array = list(colorize(photographs))
        of_shards = list(colorize(write_shards(tmp_path / "shards", photographs)))

    np.testing.assert_array_equal(of_array, expected)
    np.testing.assert_array_equal(of_shards, expected)
    assert (expected != photographs).any()


def test_colours_are_as_vivid_as_asked_for(checkpoint: Path, predict: PredictParams) -> None:
    photographs = noise(3, 32)
    model, device = load_checkpoint(checkpoint), torch.device("cpu")
    expected = np.array(list(colorize_squares(model, photographs, predict, device, 2.5)))

    with open_colorizer(checkpoint, predict, SEED, 2.5) as colorize:
        vivid = np.array(list(colorize(photographs)))
    with open_colorizer(checkpoint, predict, SEED) as colorize:
        plain = np.array(list(colorize(photographs)))

    np.testing.assert_array_equal(vivid, expected)
    assert (vivid != plain).any()


def test_computation_is_made_repeatable(checkpoint: Path, predict: PredictParams) -> None:
    torch.set_deterministic_debug_mode("default")

    with open_colorizer(checkpoint, predict, SEED):
        assert torch.are_deterministic_algorithms_enabled()
        assert torch.initial_seed() == SEED


@pytest.mark.parametrize("scheduler", ["", "tcp://127.0.0.1:1"])
def test_missing_checkpoint_is_told(
    tmp_path: Path, predict: PredictParams, scheduler: str
) -> None:
    params = predict.replace(scheduler=scheduler)

    with (
        pytest.raises(UserError, match=r"checkpoint .* not found; train one with: dvc "),
        open_colorizer(tmp_path / "none", params, SEED),
    ):
        pass


def test_missing_device_is_told(checkpoint: Path, predict: PredictParams) -> None:
    params = predict.replace(device="cuda:99")

    with (
        pytest.raises(UserError, match="device 'cuda:99'"),
        open_colorizer(checkpoint, params, SEED),
    ):
        pass


class TestTask:
    """What a worker does with a batch."""

    def colors(
        self, checkpoint: Path, sha256: str, device: str = "cpu", saturation: float = 1.0
    ) -> object:
        about = (checkpoint.read_bytes(), sha256, True, saturation, device, SEED)
        return cluster._colorize(*about, noise(2, 32)).tolist()

    @pytest.mark.parametrize("saturation", [1.0, 2.5])
    def test_colors_as_the_network_does(
        self, checkpoint: Path, predict: PredictParams, saturation: float
    ) -> None:
        with open_colorizer(checkpoint, predict, SEED, saturation) as colorize:
            expected = np.array(list(colorize(noise(2, 32)))).tolist()

        assert self.colors(checkpoint, "one", saturation=saturation) == expected

    def test_network_is_loaded_once(
        self, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = self.colors(checkpoint, "one")
        monkeypatch.delattr(cluster, "load_checkpoint")

        assert self.colors(checkpoint, "one") == first

    def test_another_checkpoint_is_another_network(self, tmp_path: Path) -> None:
        files = [saved(tmp_path / f"{seed}", seed) for seed in (1, 2)]
        colors = [self.colors(file, file.name) for file in (*files, files[0])]

        assert colors[0] == colors[2] != colors[1]
        assert len(cluster._networks) == 1

    def test_missing_device_is_told(self, checkpoint: Path) -> None:
        with pytest.raises(UserError, match="device 'cuda:99'"):
            self.colors(checkpoint, "one", device="cuda:99")

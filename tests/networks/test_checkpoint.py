from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from colorizer.common.errors import UserError
from colorizer.networks.checkpoint import (
    load_checkpoint,
    load_size,
    load_vividness,
    save_checkpoint,
    save_halved,
)
from colorizer.networks.registry import NETWORKS, build
from colorizer.networks.weights import METADATA_KEY, VERSION
from tests.network_helpers import lightness_of, noise, repeatable, vividness_of


def weights_of(name: str) -> dict[str, Tensor]:
    with repeatable(3):
        model = build(name)
        with torch.no_grad():  # the U-Net's last layer starts at zero
            for parameter in model.parameters():
                parameter.add_(0.01 * torch.randn(parameter.shape))
    return model.state_dict()


def about(**changes: Any) -> dict[str, str]:
    content = {"version": VERSION, "model": "simple_ae", "size": 32, **changes}
    return {METADATA_KEY: json.dumps(content)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints" / "model.safetensors"


@pytest.fixture
def saved(path: Path) -> Path:
    save_checkpoint(path, "simple_ae", 32, weights_of("simple_ae"), vividness_of())
    return path


@pytest.mark.parametrize("name", list(NETWORKS))
class TestRoundTrip:
    def test_predicts_identically(self, path: Path, name: str) -> None:
        weights = weights_of(name)
        original = build(name)
        original.load_state_dict(weights)
        save_checkpoint(path, name, 32, weights, vividness_of())
        loaded = load_checkpoint(path)
        lightness = lightness_of(noise(1, 32))
        with torch.inference_mode():
            expected = original.eval()(lightness)
            assert torch.equal(loaded(lightness), expected)
        assert bool(expected.any())

    def test_loads_what_was_saved_ready_to_predict(self, path: Path, name: str) -> None:
        weights = weights_of(name)
        save_checkpoint(path, name, 32, weights, vividness_of())
        loaded = load_checkpoint(path)
        assert type(loaded) is type(build(name))
        assert not any(module.training for module in loaded.modules())
        state = loaded.state_dict()
        assert state.keys() == weights.keys()
        assert all(torch.equal(value, state[key]) for key, value in weights.items())


def test_file_says_what_it_holds(saved: Path) -> None:
    with safe_open(saved, framework="pt") as file:
        metadata = file.metadata()
    assert json.loads(metadata[METADATA_KEY]) == {
        "version": "4",
        "model": "simple_ae",
        "size": 32,
        "vividness": vividness_of().to_dict("list"),
    }


def test_vividness_comes_back_to_the_last_digit(path: Path) -> None:
    table = vividness_of() * (1 + 1 / 3)
    save_checkpoint(path, "simple_ae", 32, weights_of("simple_ae"), table)
    pd.testing.assert_frame_equal(load_vividness(path), table, check_exact=True)


class TestHalved:
    """A checkpoint in half of the space."""

    @pytest.fixture
    def files(self, tmp_path: Path) -> tuple[Path, Path]:
        whole, halved = tmp_path / "whole.safetensors", tmp_path / "halved.safetensors"
        save_checkpoint(whole, "unet", 32, weights_of("unet"), vividness_of(1.25))
        save_halved(whole, halved)
        return whole, halved

    def test_takes_half_of_the_space(self, files: tuple[Path, Path]) -> None:
        whole, halved = (file.stat().st_size for file in files)
        assert 0.5 <= halved / whole < 0.53

    def test_predicts_nearly_the_same(self, files: tuple[Path, Path]) -> None:
        lightness = lightness_of(noise(2, 64))
        with torch.inference_mode():
            whole, halved = (load_checkpoint(file)(lightness) for file in files)
        assert whole.abs().max() > 0
        assert (whole - halved).abs().max() < 0.01 * whole.abs().max()

    def test_says_the_same_and_leaves_the_first_as_it_was(self, files: tuple[Path, Path]) -> None:
        whole, halved = files
        assert load_size(halved) == 32
        assert load_vividness(halved).equals(load_vividness(whole))
        state = load_checkpoint(whole).state_dict()
        assert all(torch.equal(state[key], value) for key, value in weights_of("unet").items())


def test_same_weights_same_bytes(saved: Path, tmp_path: Path) -> None:
    weights = weights_of("simple_ae")
    other = tmp_path / "other.safetensors"
    save_checkpoint(other, "simple_ae", 32, dict(reversed(weights.items())), vividness_of())
    assert other.read_bytes() == saved.read_bytes()


def test_weights_that_lie_channels_last_give_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    model = build("simple_ae")
    model.load_state_dict(weights_of("simple_ae"))
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    other = tmp_path / "other.safetensors"
    save_checkpoint(other, "simple_ae", 32, model.state_dict(), vividness_of())
    assert other.read_bytes() == saved.read_bytes()


def test_saving_replaces_the_old_checkpoint_and_leaves_nothing_beside_it(saved: Path) -> None:
    save_checkpoint(saved, "conv_ae", 32, weights_of("conv_ae"), vividness_of())
    assert type(load_checkpoint(saved)) is NETWORKS["conv_ae"]
    assert list(saved.parent.iterdir()) == [saved]


def test_whoever_may_read_new_files_may_read_what_is_saved(saved: Path, tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    assert saved.stat().st_mode == usual.stat().st_mode


def test_a_save_that_fails_keeps_the_old_checkpoint_and_leaves_nothing_beside_it(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: Path, content: bytes) -> int:
        with file.open("wb") as opened:
            opened.write(content[:100])
        raise OSError("No space left on device")

    before = saved.read_bytes()
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(saved, "simple_ae", 32, weights_of("simple_ae"), vividness_of())
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


class TestErrors:
    def test_missing_file(self, path: Path) -> None:
        with pytest.raises(UserError, match=r"model\.safetensors not found; .* dvc repro train$"):
            load_checkpoint(path)

    def test_folder(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="not found"):
            load_checkpoint(tmp_path)

    @pytest.mark.parametrize(
        "content",
        [b"", b"\x00", b"hello, world", b"\xff" * 64, b"\x80\x04N.", bytes(1000)],
        ids=["empty", "one byte", "text", "ones", "pickle", "zeros"],
    )
    def test_no_checkpoint_at_all(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "model.safetensors"
        path.write_bytes(content)
        with pytest.raises(UserError, match="is not a checkpoint of this project"):
            load_checkpoint(path)

    @pytest.mark.parametrize("share", [0.001, 0.02, 0.5, 0.999])
    def test_truncated(self, saved: Path, share: float) -> None:
        content = saved.read_bytes()
        saved.write_bytes(content[: int(share * len(content))])
        with pytest.raises(UserError, match="is not a checkpoint of this project"):
            load_checkpoint(saved)

    @pytest.mark.parametrize(
        "metadata",
        [
            None,
            {},
            {"format": "pt"},
            {METADATA_KEY: ""},
            {METADATA_KEY: "no JSON"},
            {METADATA_KEY: "[]"},
            {METADATA_KEY: "1"},
            {METADATA_KEY: "null"},
            {METADATA_KEY: '"text"'},
            {METADATA_KEY: "{}"},
            {METADATA_KEY: '{"version": "1"}'},
            {METADATA_KEY: '{"model": "simple_ae"}'},
        ],
        ids=str,
    )
    def test_of_another_project(self, tmp_path: Path, metadata: dict[str, str] | None) -> None:
        path = tmp_path / "model.safetensors"
        save_file({"weight": torch.zeros(1)}, path, metadata=metadata)
        with pytest.raises(UserError, match="is not a checkpoint of this project"):
            load_checkpoint(path)

    @pytest.mark.parametrize(
        "changes",
        [
            {"version": "0"},
            {"version": "1"},
            {"version": "2"},
            {"version": None},
            {"version": ["4"]},
            {"model": "vgg"},
            {"model": ""},
            {"model": None},
            {"model": ["simple_ae"]},
            {"model": {"name": "simple_ae"}},
        ],
        ids=str,
    )
    def test_unknown_version_or_network(self, tmp_path: Path, changes: dict[str, Any]) -> None:
        path = tmp_path / "model.safetensors"
        save_file(weights_of("simple_ae"), path, metadata=about(**changes))
        with pytest.raises(
            UserError, match=r"this code (reads version '4'|knows unet, conv_ae, simple_ae)\."
        ):
            load_checkpoint(path)

    def test_vividness_of_no_file(self, path: Path) -> None:
        with pytest.raises(UserError, match=r"model\.safetensors not found; .* dvc repro train$"):
            load_vividness(path)

    @pytest.mark.parametrize(
        "vividness",
        [
            None,
            "text",
            [1, 2],
            {},
            {"saturation": [1]},
            {"saturation": [], "psnr": [], "colorfulness": []},
            {"saturation": 1, "psnr": 25, "colorfulness": 0.5},
            {"saturation": [1, 2], "psnr": [25], "colorfulness": [0.5]},
            {"saturation": ["much"], "psnr": [25], "colorfulness": [0.5]},
            {"saturation": [None], "psnr": [25], "colorfulness": [0.5]},
            {"saturation": [1], "psnr": [float("nan")], "colorfulness": [0.5]},
            {"saturation": [float("inf")], "psnr": [25], "colorfulness": [0.5]},
            {"saturation": [10**400], "psnr": [25], "colorfulness": [0.5]},
        ],
        ids=lambda vividness: str(vividness)[:60],
    )
    def test_vividness_that_was_not_measured(self, tmp_path: Path, vividness: object) -> None:
        path = tmp_path / "model.safetensors"
        save_file(weights_of("simple_ae"), path, metadata=about(vividness=vividness))
        with pytest.raises(UserError, match="is not a checkpoint of this project"):
            load_vividness(path)

    def test_vividness_is_missing(self, tmp_path: Path) -> None:
        path = tmp_path / "model.safetensors"
        save_file(weights_of("simple_ae"), path, metadata=about())
        with pytest.raises(UserError, match=r"not a checkpoint .*: KeyError\('vividness'\)$"):
            load_vividness(path)

    def test_weights_are_missing(self, tmp_path: Path) -> None:
        weights = weights_of("simple_ae")
        del weights["down1.bias"]
        self.check_does_not_fit(tmp_path, weights)

    def test_weights_too_many(self, tmp_path: Path) -> None:
        weights = weights_of("simple_ae")
        self.check_does_not_fit(tmp_path, {**weights, "down3.bias": torch.zeros(1)})

    def test_weights_of_another_shape(self, tmp_path: Path) -> None:
        weights = weights_of("simple_ae")
        self.check_does_not_fit(tmp_path, {**weights, "down1.bias": torch.zeros(17)})

    def test_weights_of_another_network(self, tmp_path: Path) -> None:
        self.check_does_not_fit(tmp_path, {"weight": torch.zeros(1)})

    @staticmethod
    def check_does_not_fit(folder: Path, weights: dict[str, Tensor]) -> None:
        path = folder / "model.safetensors"
        save_file(weights, path, metadata=about())
        with pytest.raises(UserError, match="does not fit the network 'simple_ae': its archite"):
            load_checkpoint(path)

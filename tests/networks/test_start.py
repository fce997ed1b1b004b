"""What networks start their training from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from colorizer.common.errors import UserError
from colorizer.networks import unet
from colorizer.networks.checkpoint import load_checkpoint
from colorizer.networks.files import GENERAL
from colorizer.networks.registry import NETWORKS, build, build_to_train
from colorizer.networks.sync_layers import SharedChannelDropout
from colorizer.networks.unet import UNet
from tests.network_helpers import plain_recipe, repeatable, unet_recipe


@pytest.mark.parametrize("name", list(NETWORKS))
def test_recipe_says_how_much_a_network_enlarges(name: str) -> None:
    recipe = unet_recipe(scale=1.5) if name == "unet" else plain_recipe(scale=1.5)
    assert float(build_to_train(name, recipe).scale) == 1.5
    assert float(build(name).scale) == 1


@pytest.mark.parametrize("name", ["conv_ae", "simple_ae"])
def test_plain_recipe_builds_the_plain_network(name: str) -> None:
    model = build_to_train(name, plain_recipe())
    assert type(model) is NETWORKS[name]
    assert all(parameter.requires_grad for parameter in model.parameters())


def encoder_weights(start: str, seed: int) -> dict[str, Tensor]:
    with repeatable(seed):
        model = build_to_train("unet", unet_recipe(start=start))
    assert isinstance(model, UNet)
    return model.encoder.state_dict()


def test_pretrained_unet_starts_from_the_same_encoder_whatever_the_seed() -> None:
    first, other = (encoder_weights("imagenet", seed=seed) for seed in (1, 2))
    assert all(torch.equal(value, other[key]) for key, value in first.items())


def test_unet_without_pretraining_starts_from_a_random_encoder() -> None:
    first, other = (encoder_weights("random", seed=seed) for seed in (1, 2))
    key = "_conv_stem.weight"
    assert not torch.equal(first[key], other[key])
    assert not torch.equal(first[key], encoder_weights("imagenet", seed=1)[key])


@pytest.mark.parametrize(("encoder_lr", "trains"), [(0.0, False), (0.1, True)])
def test_recipe_says_whether_the_encoder_trains(encoder_lr: float, trains: bool) -> None:
    model = build_to_train("unet", unet_recipe(encoder_lr=encoder_lr))
    assert isinstance(model, UNet)
    assert model.encoder_lr == encoder_lr
    assert {p.requires_grad for p in model.encoder.parameters()} == {trains}


@pytest.mark.parametrize("start", ["random", "imagenet"])
def test_recipe_says_what_is_frozen_and_dropped(start: str) -> None:
    recipe = unet_recipe(start=start, frozen_blocks=2, dropout=0.25)
    model = build_to_train("unet", recipe)
    assert isinstance(model, UNet)
    blocks = model.encoder._blocks
    assert not any(p.requires_grad for p in blocks[:2].parameters())
    assert all(p.requires_grad for p in blocks[2:].parameters())
    drops = [part for part in model.modules() if isinstance(part, SharedChannelDropout)]
    assert [drop.share for drop in drops] == [0.25] * 3


class TestGeneral:
    """The network that comes with the code."""

    def test_is_where_training_starts_but_for_the_scale_of_the_recipe(self) -> None:
        model = build_to_train("unet", unet_recipe(start="general", scale=1.25))
        general = load_checkpoint(GENERAL)
        assert float(model.scale) == 1.25
        others = {key: value for key, value in general.state_dict().items() if key != "scale"}
        assert all(torch.equal(model.state_dict()[key], value) for key, value in others.items())

    def test_recipe_still_says_what_trains(self) -> None:
        recipe = unet_recipe(start="general", frozen_blocks=2, dropout=0.25, encoder_lr=0.3)
        model = build_to_train("unet", recipe)
        assert isinstance(model, UNet)
        assert not any(p.requires_grad for p in model.encoder._blocks[:2].parameters())
        assert all(p.requires_grad for p in model.encoder._blocks[2:].parameters())
        assert all(p.dtype == torch.float32 for p in model.parameters())

    def test_is_small_and_in_half_precision(self) -> None:
        assert GENERAL.stat().st_size < 10e6
        with safe_open(GENERAL, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        assert {t.dtype for t in tensors.values() if t.ndim > 1} == {torch.float16}

    def test_missing_file_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(unet, "GENERAL", tmp_path / "general.safetensors")
        with pytest.raises(UserError, match=r"general\.safetensors not found"):
            build_to_train("unet", unet_recipe(start="general"))

    @pytest.mark.parametrize("start", ["general", "imagenet", "random"])
    def test_alone_can_colour_before_any_training(self, start: str) -> None:
        assert unet_recipe(start=start).starts_trained is (start == "general")
        assert not plain_recipe().starts_trained

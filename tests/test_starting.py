"""What networks start their training from."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from colorizer.models.registry import MODELS, build
from colorizer.models.shared_layers import SharedChannelDropout
from colorizer.models.unet import UNet
from colorizer.starting import build_to_train
from tests.network_helpers import plain_recipe, repeatable, unet_recipe


@pytest.mark.parametrize("name", list(MODELS))
def test_recipe_says_how_much_a_network_enlarges(name: str) -> None:
    recipe = unet_recipe(scale=1.5) if name == "unet" else plain_recipe(scale=1.5)
    assert float(build_to_train(name, recipe).scale) == 1.5
    assert float(build(name).scale) == 1


@pytest.mark.parametrize("name", ["conv_ae", "simple_ae"])
def test_plain_recipe_builds_the_plain_network(name: str) -> None:
    model = build_to_train(name, plain_recipe())
    assert type(model) is MODELS[name]
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

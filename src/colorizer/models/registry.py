"""The networks by name: one line here makes a new one known to every stage."""

from __future__ import annotations

from collections.abc import Callable

from colorizer.errors import UserError
from colorizer.models.base import Colorizer
from colorizer.models.conv_ae import ConvAE
from colorizer.models.simple_ae import SimpleAE
from colorizer.models.unet import UNet
from colorizer.params import Recipe, UNetRecipe

MODELS: dict[str, Callable[[], Colorizer]] = {
    "unet": UNet,
    "conv_ae": ConvAE,
    "simple_ae": SimpleAE,
}


def build(name: str) -> Colorizer:
    """Build the network called ``name``, its weights still untrained.

    Raises
    ------
    UserError
        If there is no such network.
    """
    if name not in MODELS:
        raise UserError(f"model must be one of {', '.join(MODELS)}, got {name!r}")
    return MODELS[name]()


def build_to_train(name: str, recipe: Recipe) -> Colorizer:
    """Build the network called ``name`` as its recipe wants it: pretrained, frozen, or neither."""
    model = _to_train(name, recipe)
    model.scale.fill_(recipe.scale)
    return model


def _to_train(name: str, recipe: Recipe) -> Colorizer:
    if not isinstance(recipe, UNetRecipe):
        return build(name)
    model = UNet(recipe.encoder_lr, recipe.frozen_blocks, recipe.dropout)
    if recipe.pretrained:
        model.encoder.load_imagenet_weights()
    return model

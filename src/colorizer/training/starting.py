"""What a training starts from: the general network, ImageNet's encoder, or random weights."""

from __future__ import annotations

from colorizer.common.params import Recipe, UNetRecipe
from colorizer.networks.base import Colorizer
from colorizer.networks.checkpoint import load_weights
from colorizer.networks.files import GENERAL
from colorizer.networks.registry import build
from colorizer.networks.unet import UNet

GENERAL_START, IMAGENET_START = "general", "imagenet"


def build_to_train(name: str, recipe: Recipe) -> Colorizer:
    """Build the network called ``name`` with the weights that its recipe starts from.

    Parameters
    ----------
    name : str
        As in :data:`colorizer.networks.registry.MODELS`.
    recipe : Recipe
        Its ``scale`` becomes the network's, also where the general network has another.

    Raises
    ------
    UserError
        If there is no such network, or the general network's file is missing or broken.
    """
    model = _with_first_weights(name, recipe)
    model.scale.fill_(recipe.scale)
    return model


def starts_from_general(recipe: Recipe) -> bool:
    """Tell whether a recipe starts from a network that can colour photographs as it stands."""
    return isinstance(recipe, UNetRecipe) and recipe.start == GENERAL_START


def _with_first_weights(name: str, recipe: Recipe) -> Colorizer:
    if not isinstance(recipe, UNetRecipe):
        return build(name)
    model = UNet(recipe.encoder_lr, recipe.frozen_blocks, recipe.dropout, recipe.batch_statistics)
    if recipe.start == GENERAL_START:
        load_weights(model, GENERAL)
    elif recipe.start == IMAGENET_START:
        model.encoder.load_imagenet_weights()
    return model

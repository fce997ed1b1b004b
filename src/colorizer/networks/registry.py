"""The networks by name: one line here makes a new one available to every stage and command."""

from __future__ import annotations

from colorizer.common.errors import UserError
from colorizer.networks.base import Colorizer
from colorizer.networks.conv_ae import ConvAE
from colorizer.networks.recipe import Recipe
from colorizer.networks.simple_ae import SimpleAE
from colorizer.networks.unet import UNet

NETWORKS: dict[str, type[Colorizer]] = {
    "unet": UNet,
    "conv_ae": ConvAE,
    "simple_ae": SimpleAE,
}


def build(name: str) -> Colorizer:
    """Build the network called ``name`` with untrained weights.

    Raises
    ------
    UserError
        If there is no such network.
    """
    return _type_of(name)()


def build_to_train(name: str, recipe: Recipe) -> Colorizer:
    """Build the network called ``name`` with the weights that its recipe starts from.

    Parameters
    ----------
    name : str
        A key of :data:`NETWORKS`.
    recipe : Recipe
        The network's ``recipe_type``. Its ``scale`` becomes the network's, even if the weights
        come with another.

    Raises
    ------
    UserError
        If there is no such network, or its starting weights cannot be read.
    """
    model = _type_of(name).from_recipe(recipe)
    model.load_start(recipe)
    model.scale.fill_(recipe.scale)
    return model


def name_of_network(model: Colorizer) -> str:
    """Return the name of a network in :data:`NETWORKS`."""
    return next(name for name, type_ in NETWORKS.items() if type_ is type(model))


def _type_of(name: str) -> type[Colorizer]:
    if name not in NETWORKS:
        raise UserError(f"model must be one of {', '.join(NETWORKS)}, got {name!r}")
    return NETWORKS[name]

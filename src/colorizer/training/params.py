"""The ``train`` block of ``params.yaml``: where to train, and the recipe of each network."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge

from colorizer.common.blocks import Block, Whole, choose, unknown
from colorizer.networks.recipe import Recipe
from colorizer.networks.registry import NETWORKS


class TrainParams(Block):
    """What training takes from ``params.yaml``, whatever the network.

    Attributes
    ----------
    device : str
        Where the network computes: auto, cpu, cuda, cuda:1 ...
    devices : int
        Number of processes on this machine that share every batch, at least 1.
    precision : str
        The type of the activations: float32 or bf16; the weights are always float32.
    """

    block_name: ClassVar[str] = "train"

    device: str
    devices: Annotated[Whole, Ge(1)]
    precision: Literal["float32", "bf16"]


def parse_train(content: dict[Any, Any], model: str) -> tuple[TrainParams, Recipe]:
    """Check the block, including the recipes of all networks.

    Parameters
    ----------
    content : dict
        The block's content: the parameters of :class:`TrainParams`, and a block per network under
        its name, which its ``recipe_type`` checks.
    model : str
        The network to train.

    Returns
    -------
    params : TrainParams
        All but the recipes.
    recipe : Recipe
        The recipe of the network to train.

    Raises
    ------
    ParamsError
        If there is no such network, if a key is unknown or missing, or if a value has the wrong
        type or is out of range.
    """
    choose(model, NETWORKS, "model")
    for key in content:
        known = [*TrainParams.model_fields, *NETWORKS]
        if key not in known:
            raise unknown("train", key, known)
    params = TrainParams.parse(
        {key: value for key, value in content.items() if key not in NETWORKS}
    )
    recipes = {
        name: network.recipe_type.parse(content[name], f"train.{name}")
        for name, network in NETWORKS.items()
        if name in content or name == model
    }
    return params, recipes[model]

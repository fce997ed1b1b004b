"""The networks by name: one line here makes a new one known to every stage."""

from __future__ import annotations

from collections.abc import Callable

from colorizer.common.errors import UserError
from colorizer.networks.base import Colorizer
from colorizer.networks.conv_ae import ConvAE
from colorizer.networks.simple_ae import SimpleAE
from colorizer.networks.unet import UNet

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

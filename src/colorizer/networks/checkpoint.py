"""Checkpoints: trained weights with what is needed to rebuild the network and to predict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from colorizer.common.errors import UserError
from colorizer.networks.base import Colorizer
from colorizer.networks.registry import NETWORKS, build
from colorizer.networks.weights import load_weights, read_about, read_weights, write_weights

VIVIDNESS = ("saturation", "psnr", "colorfulness", "photographs")


def save_checkpoint(
    path: Path, model: str, size: int, weights: dict[str, Tensor], vividness: pd.DataFrame
) -> None:
    """Save trained weights.

    Parameters
    ----------
    path : Path
        The file to write, whole or not at all.
    model : str
        The network's name in the registry.
    size : int
        Side in pixels of the squares that it was trained on.
    weights : dict of Tensor
        Its state.
    vividness : DataFrame
        What :func:`colorizer.evaluation.saturation_curve.measure_vividness` returned for it.
    """
    about = {"model": model, "size": size, "vividness": vividness.to_dict("list")}
    write_weights(path, weights, about)


def save_halved(source: Path, target: Path) -> None:
    """Write a checkpoint anew with its convolutions in half precision, in half of the space.

    What normalises stays in single precision: variances span more than half precision can hold,
    and they are few.

    Raises
    ------
    UserError
        As :func:`load_checkpoint`, of ``source``.
    """
    weights = {
        name: tensor.half() if tensor.ndim > 1 else tensor
        for name, tensor in read_weights(source).items()
    }
    write_weights(target, weights, _about(source))


def load_checkpoint(path: Path) -> Colorizer:
    """Rebuild a trained network, ready to predict, on the CPU.

    Raises
    ------
    UserError
        If the file is missing, is not a checkpoint of this project, has a version or a network
        that this code does not know, or does not fit its network.
    """
    model = build(str(_about(path)["model"]))
    load_weights(model, path)
    return model.eval()


def load_size(path: Path) -> int:
    """Return the side in pixels of the squares that a network was trained on.

    Raises
    ------
    UserError
        As :func:`load_checkpoint`.
    """
    size = _about(path).get("size")
    if not isinstance(size, int) or size < 1:
        raise UserError(f"{path} is not a checkpoint of this project: size {size!r}")
    return size


def load_vividness(path: Path) -> pd.DataFrame:
    """Return what was measured of a trained network at each saturation when it was saved.

    Raises
    ------
    UserError
        As :func:`load_checkpoint`.
    """
    about = _about(path)
    try:
        vividness = pd.DataFrame(about["vividness"])[list(VIVIDNESS)].astype(float)
        if vividness.empty or not np.isfinite(vividness).all(axis=None):
            raise ValueError("vividness holds no numbers")
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise UserError(f"{path} is not a checkpoint of this project: {error!r}") from error
    return vividness


def _about(path: Path) -> dict[str, Any]:
    about = read_about(path)
    name = str(about["model"])
    if name not in NETWORKS:
        raise UserError(
            f"checkpoint {path} holds the network {name!r}; this code knows "
            f"{', '.join(NETWORKS)}. Train anew with: dvc repro train"
        )
    return about

"""Checkpoints: trained weights, and what it takes to rebuild the network and predict."""

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
        Side in pixels of the squares that it was trained on, at least 1.
    weights : dict of Tensor
        Its state.
    vividness : DataFrame
        From :func:`colorizer.evaluation.saturation_curve.measure_vividness`.
    """
    about = {"model": model, "size": size, "vividness": vividness.to_dict("list")}
    write_weights(path, weights, about)


def save_halved(source: Path, target: Path) -> None:
    """Copy a checkpoint with its convolutions in half precision, which halves its size.

    Normalisation stays in single precision: its variances span more than half precision can
    hold, and they are few.

    Raises
    ------
    UserError
        As :func:`load_checkpoint` does for ``source``.
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
        If the file is missing, is not a checkpoint of this project, has an unknown version or
        network, or does not fit its network.
    """
    model = build(str(_about(path)["model"]))
    load_weights(model, path)
    return model.eval()


def load_size(path: Path) -> int:
    """Return the side in pixels of the squares that a network was trained on.

    Raises
    ------
    UserError
        As :func:`load_checkpoint` does.
    """
    size = _about(path).get("size")
    if not isinstance(size, int) or size < 1:
        raise UserError(f"{path} is not a checkpoint of this project: size {size!r}")
    return size


def load_vividness(path: Path) -> pd.DataFrame:
    """Return what was measured at each saturation when the network was saved.

    Raises
    ------
    UserError
        As :func:`load_checkpoint` does.
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

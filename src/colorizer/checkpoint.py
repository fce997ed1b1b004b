"""Checkpoints: weights as safetensors, with what is needed to rebuild the network.

Nothing in a checkpoint is executed when it is loaded, unlike a pickle.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from colorizer.errors import UserError
from colorizer.files import whole_file
from colorizer.models.base import Colorizer
from colorizer.models.registry import MODELS, build

VERSION = "2"
METADATA_KEY = "colorizer"
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
        What :func:`colorizer.vividness.measure_vividness` returned for it.
    """
    about = json.dumps(
        {
            "version": VERSION,
            "model": model,
            "size": size,
            "vividness": vividness.to_dict("list"),
        },
        sort_keys=True,
    )
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with whole_file(path) as partial:
        save_file(tensors, partial, metadata={METADATA_KEY: about})


def load_checkpoint(path: Path) -> Colorizer:
    """Rebuild a trained network, ready to predict, on the CPU.

    Raises
    ------
    UserError
        If the file is missing, is no checkpoint of this project, is of a version or a network
        that this code does not know, or does not fit its network.
    """
    about, weights = _read(path)
    name = str(about["model"])
    model = build(name)
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise UserError(
            f"checkpoint {path} does not fit the network {name!r}: its architecture has changed "
            "since. Train anew with: dvc repro train"
        ) from error
    return model.eval()


def load_vividness(path: Path) -> pd.DataFrame:
    """Return what :func:`colorizer.vividness.measure_vividness` found for a trained network.

    Raises
    ------
    UserError
        As :func:`load_checkpoint`.
    """
    about, _ = _read(path)
    try:
        vividness = pd.DataFrame(about["vividness"])[list(VIVIDNESS)].astype(float)
        if vividness.empty or not np.isfinite(vividness).all(axis=None):
            raise ValueError("vividness holds no numbers")
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise UserError(f"{path} is not a checkpoint of this project: {error!r}") from error
    return vividness


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    if not path.is_file():
        raise UserError(f"checkpoint {path} not found; train one with: dvc repro train")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        about: dict[str, Any] = json.loads(metadata[METADATA_KEY])
        version, name = str(about["version"]), str(about["model"])
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a checkpoint of this project: {error!r}") from error
    if version != VERSION or name not in MODELS:
        raise UserError(
            f"checkpoint {path} holds the network {name!r} in version {version!r}; this code "
            f"reads version {VERSION!r} of {', '.join(MODELS)}. Train anew with: dvc repro train"
        )
    return about, weights

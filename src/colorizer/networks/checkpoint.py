"""Checkpoints: weights as safetensors, with what is needed to rebuild the network.

Nothing in a checkpoint is executed when it is loaded, unlike a pickle.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from colorizer.common.errors import UserError
from colorizer.common.files import whole_file
from colorizer.networks.base import Colorizer
from colorizer.networks.registry import MODELS, build

VERSION = "4"
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
        What :func:`colorizer.evaluation.saturation_curve.measure_vividness` returned for it.
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


def save_halved(source: Path, target: Path) -> None:
    """Write a checkpoint anew with its convolutions in half precision, in half of the space.

    What normalises stays in single precision: variances span more than half precision can hold,
    and they are few.

    Raises
    ------
    UserError
        As :func:`load_checkpoint`, of ``source``.
    """
    about = json.dumps(_about(source), sort_keys=True)
    weights = {
        name: tensor.half() if tensor.ndim > 1 else tensor
        for name, tensor in _weights(source).items()
    }
    with whole_file(target) as partial:
        save_file(weights, partial, metadata={METADATA_KEY: about})


def load_checkpoint(path: Path) -> Colorizer:
    """Rebuild a trained network, ready to predict, on the CPU.

    Raises
    ------
    UserError
        If the file is missing, is no checkpoint of this project, is of a version or a network
        that this code does not know, or does not fit its network.
    """
    model = build(str(_about(path)["model"]))
    load_weights(model, path)
    return model.eval()


def load_weights(model: Colorizer, path: Path) -> None:
    """Give ``model`` the weights of a checkpoint of its own kind of network.

    Raises
    ------
    UserError
        As :func:`load_checkpoint`.
    """
    name = str(_about(path)["model"])
    try:
        # Half-precision weights become single ones as they are copied.
        model.load_state_dict(_weights(path))
    except RuntimeError as error:
        raise UserError(
            f"checkpoint {path} does not fit the network {name!r}: its architecture has changed "
            "since. Train anew with: dvc repro train"
        ) from error


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
    """Return what is told about the weights, without reading them."""
    with _opened(path) as file:
        about: dict[str, Any] = json.loads((file.metadata() or {})[METADATA_KEY])
        version, name = str(about["version"]), str(about["model"])
    if version != VERSION or name not in MODELS:
        raise UserError(
            f"checkpoint {path} holds the network {name!r} in version {version!r}; this code "
            f"reads version {VERSION!r} of {', '.join(MODELS)}. Train anew with: dvc repro train"
        )
    return about


def _weights(path: Path) -> dict[str, Tensor]:
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Give the file; whatever it lacks is told in one line."""
    if not path.is_file():
        raise UserError(f"checkpoint {path} not found; train one with: dvc repro train")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a checkpoint of this project: {error!r}") from error

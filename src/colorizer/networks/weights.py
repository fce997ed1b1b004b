"""A checkpoint file, whatever network it holds: tensors, and JSON about them.

The format is safetensors: unlike a pickle, reading it executes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from colorizer.common.errors import UserError
from colorizer.common.files import whole_file

VERSION = "4"
METADATA_KEY = "colorizer"


def write_weights(path: Path, weights: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write a checkpoint, whole or not at all.

    Parameters
    ----------
    path : Path
        The file to write.
    weights : mapping of Tensor
        The network's state.
    about : mapping
        What to record about it, as JSON takes it; includes its name as ``model``.
    """
    metadata = {METADATA_KEY: json.dumps({**about, "version": VERSION}, sort_keys=True)}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    # Not save_file, which lets nobody but the user read what it writes.
    content = safetensors.torch.save(tensors, metadata=metadata)
    with whole_file(path) as partial:
        partial.write_bytes(content)


def read_about(path: Path) -> dict[str, Any]:
    """Return what a checkpoint records about its weights, without reading them.

    Raises
    ------
    UserError
        If the file is missing, is not a checkpoint of this project, or has another version.
    """
    with _opened(path) as file:
        about: dict[str, Any] = json.loads((file.metadata() or {})[METADATA_KEY])
        version, name = str(about["version"]), str(about["model"])
    if version != VERSION:
        raise UserError(
            f"checkpoint {path} holds the network {name!r} in version {version!r}; this code "
            f"reads version {VERSION!r}. Train anew with: dvc repro train"
        )
    return about


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return a checkpoint's tensors by name; raises as :func:`read_about` does."""
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def load_weights(model: nn.Module, path: Path) -> None:
    """Load the weights of a checkpoint of the same kind of network into ``model``.

    Raises
    ------
    UserError
        As :func:`read_about` does, or if the weights do not fit the network.
    """
    name = str(read_about(path)["model"])
    try:
        # Copying turns half-precision weights into single-precision ones.
        model.load_state_dict(read_weights(path))
    except RuntimeError as error:
        raise UserError(
            f"checkpoint {path} does not fit the network {name!r}: its architecture has changed "
            "since. Train anew with: dvc repro train"
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open the file; any fault in it is reported in one line."""
    if not path.is_file():
        raise UserError(f"checkpoint {path} not found; train one with: dvc repro train")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a checkpoint of this project: {error!r}") from error

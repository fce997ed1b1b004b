"""The state of training between two epochs, as bytes that execute nothing when read.

The format is safetensors: tensors, the rest as JSON in the metadata, and a SHA-256 of both.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

VERSION = 2
ABOUT, DIGEST = "colorizer_recovery", "sha256"


class RecoveryError(Exception):
    """The bytes are not a recovery state, or not the one requested; says why."""


@dataclass(frozen=True)
class State:
    """Training after ``epoch``: its tensors by name, and the rest as JSON takes it."""

    epoch: int
    tensors: dict[str, Tensor]
    record: dict[str, Any]


def pack(state: State, run_key: str) -> bytes:
    """Return a state as bytes; ``run_key`` identifies its training run."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in state.tensors.items()}
    about = json.dumps(
        {
            "version": VERSION,
            "run_key": run_key,
            "epoch": state.epoch,
            "record": state.record,
        },
        allow_nan=False,
    )
    metadata = {ABOUT: about, DIGEST: _digest(about, tensors)}
    content: bytes = safetensors.torch.save(tensors, metadata=metadata)
    return content


def unpack(content: bytes, run_key: str) -> State:
    """Return the state that :func:`pack` turned into bytes.

    Raises
    ------
    RecoveryError
        If the bytes are not such a state, have changed since, or are from another version of the
        format or another training run.
    """
    try:
        tensors = safetensors.torch.load(content)
        metadata = _metadata(content)
        text, digest = metadata[ABOUT], metadata[DIGEST]
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise RecoveryError(f"it is truncated or not a recovery state ({error!r})") from error
    if digest != _digest(text, tensors):
        raise RecoveryError("its content does not match its SHA-256")
    about = json.loads(text)
    if about["version"] != VERSION:
        raise RecoveryError(
            f"it has version {about['version']!r}; this code reads version {VERSION}"
        )
    if about["run_key"] != run_key:
        raise RecoveryError("it belongs to another training run")
    return State(about["epoch"], tensors, about["record"])


def _metadata(content: bytes) -> dict[str, str]:
    # The header's length in 8 bytes, little-endian, then the header, which is JSON. safetensors
    # itself can read it only from a file.
    length = int.from_bytes(content[:8], "little")
    metadata: dict[str, str] = json.loads(content[8 : 8 + length])["__metadata__"]
    return metadata


def _digest(about: str, tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256(about.encode())
    for name, value in sorted(tensors.items()):
        digest.update(f"\n{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()

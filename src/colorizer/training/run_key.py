"""One hash of everything that determines the bits of a training run."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from colorizer.common.files import sha256_of
from colorizer.data.shards import Shards
from colorizer.networks.recipe import Recipe
from colorizer.networks.shares import shares_on

READ_AT_ONCE = 64
PACKAGES = ("colorizer", "stages")


def run_key(
    settings: Mapping[str, Any],
    recipe: Recipe,
    start: Mapping[str, Tensor],
    data: Iterable[Shards],
    device: torch.device,
) -> str:
    """Return 64 hexadecimal digits: equal for training runs that give the same bits.

    Besides the arguments, they cover this project's loaded code, the versions of torch and NumPy,
    the kind of processor, the number of threads and that of a batch's shares.

    Parameters
    ----------
    settings : mapping
        Seed, epochs and the like, as JSON takes them.
    recipe : Recipe
        How the network is trained.
    start : mapping
        The weights that it starts from, by name, on the CPU.
    data : iterable of Shards
        The photographs to train and validate on.
    device : torch.device
        Where the network computes.
    """
    about = {
        "settings": dict(settings),
        "recipe": recipe.model_dump(),
        "start": _digest_of_weights(start),
        "data": [_digest_of(photographs) for photographs in data],
        "code": _code(),
        "versions": [torch.__version__, np.__version__],
        "processor": _processor(device),
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _digest_of(photographs: Shards) -> str:
    digest = hashlib.sha256(f"{len(photographs)} {photographs.size}".encode())
    for start in range(0, len(photographs), READ_AT_ONCE):
        digest.update(photographs[start : start + READ_AT_ONCE].data)
    return digest.hexdigest()


def _digest_of_weights(weights: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name, value in weights.items():
        digest.update(f"{name} {tuple(value.shape)}".encode())
        digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _code() -> list[str]:
    """Return the hash of every loaded source file of this project."""
    specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
    files = {
        spec.origin
        for spec in specs
        # A script that runs as __main__ has its own name here.
        if spec is not None and spec.origin and spec.name.partition(".")[0] in PACKAGES
    }
    return sorted(sha256_of(Path(file)) for file in files)


def _processor(device: torch.device) -> list[str | int | None]:
    if device.type == "cuda":
        cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
        return [device.type, torch.cuda.get_device_name(device), cudnn]
    # The order in which shares, threads and vector units add decides the last bit.
    capability = torch.backends.cpu.get_cpu_capability()
    threads = torch.get_num_threads()
    return [device.type, platform.machine(), capability, threads, shares_on(device)]

"""Colour prepared photographs on this machine or on a Dask cluster."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from colorizer.common.files import sha256_of
from colorizer.common.pool import Pool, workers
from colorizer.data.shards import Shards
from colorizer.inference.params import PredictParams
from colorizer.inference.predict import colorize_batch, colorize_squares
from colorizer.networks.base import Colorizer
from colorizer.networks.checkpoint import load_checkpoint
from colorizer.networks.devices import make_repeatable, pick_device

Bytes = npt.NDArray[np.uint8]
ColorizeSquares = Callable[[Shards | Bytes], Iterator[Bytes]]


@contextmanager
def open_colorizer(
    checkpoint: Path, params: PredictParams, seed: int, saturation: float = 1.0
) -> Iterator[ColorizeSquares]:
    """Yield a function that removes the colours of prepared photographs and predicts them.

    It takes photographs (n, size, size, 3) uint8 sRGB, and yields as many (size, size, 3), in
    the same order. With ``params.scheduler``, a cluster does this in the same batches;
    ``params.device`` then applies to each worker.

    Parameters
    ----------
    checkpoint : Path
        A trained network; the cluster need not have access to this file.
    params : PredictParams
        Where and how to compute.
    seed : int
        For :func:`colorizer.networks.devices.make_repeatable`.
    saturation : float
        Factor for the predicted chroma, at least 0.

    Raises
    ------
    UserError
        If the checkpoint, the device or the cluster cannot be used.
    """
    model = load_checkpoint(checkpoint)
    if not params.scheduler:
        device = pick_device(params.device)
        make_repeatable(seed)
        yield partial(colorize_squares, model, params=params, device=device, saturation=saturation)
        return
    with workers(params.scheduler, "predict.scheduler") as pool:
        content = pool.share(checkpoint.read_bytes())
        about = (sha256_of(checkpoint), params.mirror, saturation, params.device, seed)
        yield partial(_colorize_on, pool, content, about, params.batch_size)


def _colorize_on(
    pool: Pool, content: object, about: tuple[Any, ...], at_once: int, photographs: Shards | Bytes
) -> Iterator[Bytes]:
    tasks = (
        (*about, photographs[start : start + at_once])
        for start in range(0, len(photographs), at_once)
    )
    with tqdm(desc="predict", total=len(photographs), unit="photograph") as bar:
        for colored in pool.run(_colorize, tasks, shared=[content]):
            yield from colored
            bar.update(len(colored))


def _colorize(
    content: bytes,
    sha256: str,
    mirror: bool,
    saturation: float,
    device: str,
    seed: int,
    photographs: Bytes,
) -> Bytes:
    chosen = pick_device(device)
    model = _network(content, sha256, chosen, seed)
    return colorize_batch(model, photographs, mirror, chosen, saturation)


# The network that this worker loaded last, keyed by checkpoint, device and seed.
_networks: dict[tuple[str, torch.device, int], Colorizer] = {}
_loading = Lock()  # a worker may run several tasks at once, in threads


def _network(content: bytes, sha256: str, device: torch.device, seed: int) -> Colorizer:
    key = (sha256, device, seed)
    with _loading:
        if key not in _networks:
            make_repeatable(seed)
            with tempfile.TemporaryDirectory(prefix="colorizer-") as folder:
                file = Path(folder, "model.safetensors")
                file.write_bytes(content)
                model = load_checkpoint(file)
            model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
            _networks.clear()
            _networks[key] = model
        return _networks[key]

"""How far ONNX Runtime's predictions are from torch's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from colorizer.models.base import Colorizer
from colorizer.network_view import SMALLEST, nearest_side
from colorizer.onnx_card import INPUT, OUTPUT
from colorizer.onnx_network import open_session

Floats = npt.NDArray[np.float32]
# Squares of one lightness in each direction; and how rough the second photograph is.
SQUARES, NOISE = 8, 10.0


def greatest_difference(model: Colorizer, file: Path, side: int) -> float:
    """Return the greatest difference of ab, in CIELAB units; infinity where one is no number.

    It is looked for in one to three photographs at once, square, wide and high, about as large as
    the network sees them and as small as it ever does.

    Parameters
    ----------
    model : Colorizer
        In evaluation mode, on the CPU.
    file : Path
        The same network as ONNX.
    side : int
        The shorter side in pixels that it sees, a multiple of its ``size_multiple``.
    """
    session = open_session(file)
    differences = []
    for lightness in _examples(side, model.size_multiple):
        with torch.inference_mode():
            expected = model(torch.from_numpy(lightness)).numpy()
        (found,) = session.run([OUTPUT], {INPUT: lightness})
        differences.append(abs(found - expected).max())
    return float(np.nan_to_num(max(differences), nan=np.inf))


def _examples(side: int, multiple: int) -> Iterator[Floats]:
    """Yield (B, 1, H, W), L in [0, 100]: flat areas with edges, then with noise on them."""
    generator = np.random.default_rng(0)
    longer, least = (nearest_side(length, multiple) for length in (1.5 * side, SMALLEST))
    for count, height, width in (
        (1, side, side),
        (1, longer, side),
        (2, side, longer),
        (3, least, 2 * least),
    ):
        levels = generator.uniform(0, 100, (count, 1, SQUARES, SQUARES))
        rows, columns = (np.arange(length) * SQUARES // length for length in (height, width))
        flat = levels[:, :, rows[:, None], columns]
        rough = flat + generator.normal(0, NOISE, flat.shape)
        lightness = np.where(np.arange(count)[:, None, None, None] % 2, rough, flat)
        yield lightness.clip(0, 100).astype(np.float32)

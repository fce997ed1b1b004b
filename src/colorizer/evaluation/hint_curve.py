"""What colour hints are worth: PSNR against their number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from joblib import Parallel, delayed
from tqdm import tqdm

from colorizer.color.lab_torch import bytes_from_lab, lab_from_bytes
from colorizer.data.shards import Shards
from colorizer.evaluation.metrics import Photograph, ciede2000, mse, psnr_from_mse
from colorizer.inference.params import PredictParams
from colorizer.inference.predict_with_hints import EncodedPhotographs
from colorizer.networks.base import Colorizer
from colorizer.networks.hint_tensors import draw_places, true_hints

NUMBERS = (0, 1, 5, 10, 50)
COLUMNS = ("hints", "psnr", "ciede2000")
# Enough for a mean; shards are ordered by content hash, so the first are as good as any.
MOST_PHOTOGRAPHS = 500


def measure_hints(
    model: Colorizer,
    photographs: Shards | npt.NDArray[np.uint8],
    numbers: Sequence[int],
    params: PredictParams,
    saturation: float,
    seed: int,
    device: torch.device,
) -> pd.DataFrame:
    """Measure predictions with true hints at random places.

    A smaller number of hints uses the first of a larger number's.

    Parameters
    ----------
    model : Colorizer
        A trained network; its training mode and device are changed. If it takes no hints, the
        only number is 0.
    photographs : Shards or ndarray
        (n, size, size, 3) uint8 sRGB; at most the first 500 are used.
    numbers : sequence of int
        Hints per photograph, at least 0 each.
    params : PredictParams
        ``batch_size`` and ``mirror``.
    saturation : float
        Factor for the chroma that the network itself predicts, at least 0.
    seed : int
        Seeds the choice of places.
    device : torch.device
        Where the network computes.

    Returns
    -------
    DataFrame
        A row for each of ``numbers``: ``hints``; ``psnr`` in dB and ``ciede2000``, the means over
        the photographs.
    """
    model.to(device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    count = min(len(photographs), MOST_PHOTOGRAPHS)
    places = draw_places(count, max(numbers), torch.Generator().manual_seed(seed))
    sums = np.zeros((len(numbers), 2))
    measured = delayed(_psnr_and_ciede2000)
    with (
        Parallel(n_jobs=-1, backend="threading") as run,
        tqdm(desc="hints", total=count, unit="photograph") as bar,
    ):
        for start in range(0, count, params.batch_size):
            true = photographs[start : min(count, start + params.batch_size)]
            lab = lab_from_bytes(true)
            encoded = EncodedPhotographs(model, lab[:, :1].to(device), params.mirror)
            hints = true_hints(lab[:, 1:], places[start : start + len(true)]).to(device)
            for row, number in zip(sums, numbers, strict=True):
                ab = encoded.decode(hints[:, :number]).at(saturation).cpu()
                colored = bytes_from_lab(torch.cat([lab[:, :1], ab], dim=1))
                row += np.sum(run(measured(*pair) for pair in zip(colored, true, strict=True)), 0)
            bar.update(len(true))
    means = pd.DataFrame(sums / count, columns=list(COLUMNS[1:]))
    means.insert(0, COLUMNS[0], list(numbers))
    return means


def _psnr_and_ciede2000(colored: Photograph, true: Photograph) -> tuple[float, float]:
    return psnr_from_mse(mse(colored, true)), ciede2000(colored, true)

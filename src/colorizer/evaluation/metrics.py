"""How close predicted colours are to the true ones, image by image, and how vivid they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed
from skimage.color import deltaE_ciede2000
from skimage.metrics import structural_similarity

from colorizer.color.lab_torch import lab_from_bytes

Photograph = npt.NDArray[np.uint8]  # (H, W, 3) sRGB

# Identical pictures have an infinite PSNR, which neither JSON nor a mean can hold.
HIGHEST_PSNR = 100.0


def mse(predicted: Photograph, true: Photograph) -> float:
    """Return the mean squared error of RGB scaled to [0, 1], itself in [0, 1]."""
    return float(np.mean(((predicted.astype(np.float64) - true) / 255) ** 2))


def psnr_from_mse(error: float) -> float:
    """Return the peak signal-to-noise ratio in dB for a data range of 1, at most 100."""
    return HIGHEST_PSNR if error == 0 else min(HIGHEST_PSNR, -10 * math.log10(error))


def psnr(predicted: Photograph, true: Photograph) -> float:
    """Return the peak signal-to-noise ratio of RGB in dB, at most 100."""
    return psnr_from_mse(mse(predicted, true))


def ssim(predicted: Photograph, true: Photograph) -> float:
    """Return the structural similarity (Wang et al. 2004) of RGB, in [-1, 1].

    scikit-image's default, a uniform 7x7 window, applied to each channel and averaged.
    """
    value = structural_similarity(  # type: ignore[no-untyped-call]
        true, predicted, channel_axis=-1, data_range=255
    )
    return float(value)


def ciede2000(predicted: Photograph, true: Photograph) -> float:
    """Return the mean CIEDE2000 colour difference, at least 0; about 1 is just noticeable."""
    pair = lab_from_bytes(np.stack([true, predicted])).movedim(-3, -1).double().numpy()
    difference = deltaE_ciede2000(pair[0], pair[1])  # type: ignore[no-untyped-call]
    return float(difference.mean())


def colorfulness(photograph: Photograph) -> float:
    """Return the colourfulness of Hasler and Süsstrunk (2003), 0 for grey, about 100 for vivid.

    "Measuring colourfulness in natural images", M^(3), on sRGB in 0..255.
    """
    red, green, blue = np.moveaxis(photograph.astype(np.float64), -1, 0)
    red_green = red - green
    yellow_blue = (red + green) / 2 - blue
    spread = math.hypot(red_green.std(), yellow_blue.std())
    offset = math.hypot(red_green.mean(), yellow_blue.mean())
    return spread + 0.3 * offset


@dataclass(frozen=True)
class Metric:
    """A measure of a predicted photograph, and how tables show it.

    Attributes
    ----------
    measure : callable
        Takes the predicted and the true photograph, (H, W, 3) uint8 sRGB each.
    title : str
        The column's heading; a metric without one appears only in the files.
    form : str
        Format string for the column's values.
    """

    measure: Callable[[Photograph, Photograph], float]
    title: str = ""
    form: str = "{:.2f}"


# A line here adds a metric to every file and table, in this order.
METRICS = {
    "mse": Metric(mse),
    "psnr": Metric(psnr, "PSNR, dB"),
    "ssim": Metric(ssim, "SSIM", "{:.3f}"),
    "ciede2000": Metric(ciede2000, "CIEDE2000"),
    "colorfulness": Metric(
        lambda predicted, _: colorfulness(predicted), "colourfulness", "{:.1f}"
    ),
    "colorfulness_truth": Metric(lambda _, true: colorfulness(true)),
}


def metric_columns() -> dict[str, tuple[str, str]]:
    """Return the head of each metric's column in tables, and how it shows a value, by name."""
    return {name: (metric.title, metric.form) for name, metric in METRICS.items() if metric.title}


def measure(predicted: Photograph, true: Photograph) -> dict[str, float]:
    """Return all of :data:`METRICS` for one image.

    Raises
    ------
    ValueError
        If the two differ in shape.
    """
    if predicted.shape != true.shape:
        raise ValueError(f"shapes must be equal, got {predicted.shape} and {true.shape}")
    return {name: metric.measure(predicted, true) for name, metric in METRICS.items()}


def measure_all(pairs: Iterable[tuple[Photograph, Photograph]]) -> pd.DataFrame:
    """Measure pairs (predicted, true) on all CPU cores; one row each, in the same order."""
    run = Parallel(n_jobs=-1, backend="threading", return_as="generator", pre_dispatch="2*n_jobs")
    rows: Iterator[dict[str, float]] = run(delayed(measure)(*pair) for pair in pairs)
    return pd.DataFrame(rows, columns=list(METRICS))


def summarize(per_image: pd.DataFrame) -> dict[str, float | int]:
    """Return the means over all images, and the mean of the categories' mean PSNR.

    Parameters
    ----------
    per_image : DataFrame
        The columns of :data:`METRICS` and ``category``.
    """
    means = {name: round(float(per_image[name].mean()), 6) for name in METRICS}
    by_category = per_image.groupby("category")["psnr"].mean()
    return {
        "images": len(per_image),
        **means,
        "psnr_category_mean": round(float(by_category.mean()), 6),
    }


def per_category(per_image: pd.DataFrame) -> pd.DataFrame:
    """Return the number of images and the mean of every metric, a row per category."""
    grouped = per_image.groupby("category")
    table = grouped[list(METRICS)].mean()
    table.insert(0, "images", grouped.size())
    return table.reset_index()

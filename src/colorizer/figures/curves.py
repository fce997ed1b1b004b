"""Charts of a run: loss, PSNR, vividness, hints."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from colorizer.figures.charts import PREDICTED_COLOR, REFERENCE_COLOR, TRAIN_COLOR


def loss_figure(history: pd.DataFrame) -> Figure:
    """Draw training and validation loss over the epochs, with the best epoch marked.

    Parameters
    ----------
    history : DataFrame
        With columns ``epoch``, ``train`` and ``val``, as training records it.
    """
    figure, axes = _chart()
    axes.plot(history["epoch"], history["train"], ".-", color=TRAIN_COLOR, label="training")
    axes.plot(history["epoch"], history["val"], ".-", color=PREDICTED_COLOR, label="validation")
    best = history.iloc[int(history["val"].to_numpy().argmin())]
    axes.axvline(
        best["epoch"], color=REFERENCE_COLOR, linestyle=":", label=f"kept: {best['epoch']:.0f}"
    )
    axes.set(xlabel="epoch", ylabel="loss", title="Loss")
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure


def psnr_figure(psnr: pd.Series, baselines: dict[str, float]) -> Figure:
    """Draw a histogram of the test photographs' PSNR, with the means as lines.

    Parameters
    ----------
    psnr : Series
        A value per photograph, in dB.
    baselines : dict
        Mean PSNR in dB by name; at most three are drawn.
    """
    figure, axes = _chart()
    axes.hist(psnr, bins=24, color=PREDICTED_COLOR, alpha=0.6)
    axes.axvline(psnr.mean(), color=PREDICTED_COLOR, label=f"mean {psnr.mean():.2f} dB")
    for (name, mean), style in zip(baselines.items(), ("--", ":", "-."), strict=False):
        axes.axvline(mean, color=REFERENCE_COLOR, linestyle=style, label=f"{name} {mean:.2f} dB")
    axes.set(xlabel="PSNR, dB", ylabel="test photographs", title="PSNR of the test photographs")
    axes.legend()
    return figure


def vividness_figure(vividness: pd.DataFrame, chosen: float) -> Figure:
    """Draw PSNR against colourfulness over the range of saturations, with one marked.

    Parameters
    ----------
    vividness : DataFrame
        From :func:`colorizer.evaluation.saturation_curve.measure_vividness`.
    chosen : float
        The saturation that was used; the nearest one measured is marked.
    """
    figure, axes = _chart()
    axes.plot(vividness["colorfulness"], vividness["psnr"], ".-", color=PREDICTED_COLOR)
    for _, row in vividness.iloc[::4].iterrows():
        place = (row["colorfulness"], row["psnr"])
        axes.annotate(f"x {row['saturation']:g}", place, (0, 8), textcoords="offset points")
    nearest = vividness.iloc[int((vividness["saturation"] - chosen).abs().argmin())]
    label = f"used: x {chosen:g}"
    axes.plot(nearest["colorfulness"], nearest["psnr"], "o", color=TRAIN_COLOR, label=label)
    axes.axvline(1, color=REFERENCE_COLOR, linestyle=":", label="as colourful as the truth")
    axes.set(
        xlabel="colourfulness, share of the true photographs'",
        ylabel="PSNR, dB",
        title="What vivid colours cost, on validation photographs",
    )
    axes.legend()
    return figure


def hints_figure(hints: pd.DataFrame) -> Figure:
    """Draw PSNR against the number of colour hints per photograph.

    Parameters
    ----------
    hints : DataFrame
        From :func:`colorizer.evaluation.hint_curve.measure_hints`.
    """
    figure, axes = _chart()
    axes.plot(hints["hints"], hints["psnr"], ".-", color=PREDICTED_COLOR)
    for _, row in hints.iterrows():
        place = (row["hints"], row["psnr"])
        label = f"{row['psnr']:.2f}"
        axes.annotate(label, place, (-5, 5), textcoords="offset points", ha="right")
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xticks(hints["hints"], [str(number) for number in hints["hints"]])
    axes.margins(x=0.1, y=0.15)
    axes.set(
        xlabel="colour hints per photograph, drawn from the truth",
        ylabel="PSNR, dB",
        title="What colour hints are worth, on test photographs",
    )
    return figure


def _chart() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7, 4), layout="constrained")
    return figure, figure.subplots()

"""Pictures to look at: panels grey | predicted | true, ranked sheets, curves, histograms."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from colorizer.color.lab_torch import bytes_from_lab, lab_from_bytes
from colorizer.common.files import whole_file
from colorizer.figures.charts import PREDICTED_COLOR, REFERENCE_COLOR, TRAIN_COLOR

Photograph = npt.NDArray[np.uint8]  # (H, W, 3) sRGB

TILE = 256  # px, side of a picture in a panel
GAP = 8
CAPTION = 24
INK, PAPER = "#1c1c1c", "white"


@dataclass(frozen=True)
class Coloring:
    """A photograph coloured by the network: both pictures (H, W, 3) uint8, name and PSNR."""

    name: str
    predicted: Photograph
    true: Photograph
    psnr: float


def panel(coloring: Coloring) -> Image.Image:
    """Draw grey | predicted | true side by side, each with its caption."""
    lab = lab_from_bytes(coloring.true)
    lab[1:] = 0
    pictures = (bytes_from_lab(lab), coloring.predicted, coloring.true)
    captions = ("grey", f"predicted, {coloring.psnr:.1f} dB", "true")
    width = len(pictures) * (TILE + GAP) - GAP
    canvas = Image.new("RGB", (width, TILE + CAPTION), PAPER)
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size=15)
    for column, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        left = column * (TILE + GAP)
        tile = Image.fromarray(picture).resize((TILE, TILE), Image.Resampling.BICUBIC)
        canvas.paste(tile, (left, CAPTION))
        draw.text((left + TILE / 2, CAPTION / 2), caption, INK, font, anchor="mm")
    return canvas


def sheet(colorings: Sequence[Coloring], columns: int = 2) -> Image.Image:
    """Draw panels in a grid, the name of its photograph above each."""
    panels = [_with_title(panel(coloring), coloring.name) for coloring in colorings]
    width, height = panels[0].size
    rows = -(-len(panels) // columns)
    size = (columns * (width + 3 * GAP) - 3 * GAP, rows * (height + 2 * GAP) - 2 * GAP)
    canvas = Image.new("RGB", size, PAPER)
    for number, picture in enumerate(panels):
        row, column = divmod(number, columns)
        canvas.paste(picture, (column * (width + 3 * GAP), row * (height + 2 * GAP)))
    return canvas


def save_picture(path: Path, picture: Image.Image) -> None:
    """Write a picture in the format of its suffix, whole or not at all."""
    with whole_file(path) as partial:
        picture.save(partial)


def loss_figure(history: pd.DataFrame) -> Figure:
    """Draw the loss on training and validation photographs over the epochs, best one marked."""
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
    """Draw the histogram of the PSNR of the test photographs, and the means as lines."""
    figure, axes = _chart()
    axes.hist(psnr, bins=24, color=PREDICTED_COLOR, alpha=0.6)
    axes.axvline(psnr.mean(), color=PREDICTED_COLOR, label=f"mean {psnr.mean():.2f} dB")
    for (name, mean), style in zip(baselines.items(), ("--", ":", "-."), strict=False):
        axes.axvline(mean, color=REFERENCE_COLOR, linestyle=style, label=f"{name} {mean:.2f} dB")
    axes.set(xlabel="PSNR, dB", ylabel="test photographs", title="PSNR of the test photographs")
    axes.legend()
    return figure


def vividness_figure(vividness: pd.DataFrame, chosen: float) -> Figure:
    """Draw PSNR against colourfulness over the range of saturations, one of them marked.

    Parameters
    ----------
    vividness : DataFrame
        As :func:`colorizer.evaluation.saturation_curve.measure_vividness` returns it.
    chosen : float
        The saturation that was used; the nearest in the range is marked.
    """
    figure, axes = _chart()
    axes.plot(vividness["colorfulness"], vividness["psnr"], ".-", color=PREDICTED_COLOR)
    for _, row in vividness.iloc[::4].iterrows():
        place = (row["colorfulness"], row["psnr"])
        axes.annotate(f"x {row['saturation']:g}", place, (0, 8), textcoords="offset points")
    nearest = vividness.iloc[int((vividness["saturation"] - chosen).abs().argmin())]
    label = f"used: x {chosen:g}"
    axes.plot(nearest["colorfulness"], nearest["psnr"], "o", color=TRAIN_COLOR, label=label)
    axes.axvline(1, color=REFERENCE_COLOR, linestyle=":", label="as colourful as true")
    axes.set(
        xlabel="colourfulness, share of the true photographs'",
        ylabel="PSNR, dB",
        title="What vivid colours cost, on validation photographs",
    )
    axes.legend()
    return figure


def hints_figure(hints: pd.DataFrame) -> Figure:
    """Draw PSNR against the number of colour hints a photograph.

    Parameters
    ----------
    hints : DataFrame
        As :func:`colorizer.evaluation.hint_curve.measure_hints` returns it.
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
        xlabel="colour hints a photograph, drawn from the truth",
        ylabel="PSNR, dB",
        title="What colour hints are worth, on test photographs",
    )
    return figure


def panel_names(files: Sequence[str]) -> list[str]:
    """Return a file name for the panel of each photograph, the same in every experiment.

    A name follows from its own path alone, whatever other photographs there are, and no two
    paths share one.

    Parameters
    ----------
    files : sequence of str
        Paths below data/raw, with forward slashes.
    """
    return [_panel_name(file) for file in files]


def _panel_name(file: str) -> str:
    path = PurePosixPath(file)
    if path.suffixes == [".jpg"]:  # the usual one goes; a.png beside a.jpg keeps its own
        path = path.with_suffix("")
    name = "--".join(path.parts)
    if name.split("--") != list(path.parts):  # a--b/c would be taken for a/b/c
        name += "-" + hashlib.sha256(file.encode()).hexdigest()[:8]
    return f"{name}.png"


def _chart() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7, 4), layout="constrained")
    return figure, figure.subplots()


def _with_title(picture: Image.Image, title: str) -> Image.Image:
    canvas = Image.new("RGB", (picture.width, picture.height + CAPTION), PAPER)
    font = ImageFont.load_default(size=13)
    ImageDraw.Draw(canvas).text((0, CAPTION / 2), title, INK, font, anchor="lm")
    canvas.paste(picture, (0, CAPTION))
    return canvas

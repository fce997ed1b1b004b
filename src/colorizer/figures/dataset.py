"""One picture of the prepared data: contact sheets, chroma, sizes and categories by split."""

from __future__ import annotations

import math
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter
from PIL import Image

from colorizer.data.shards import Shards
from colorizer.data.splits import SPLITS, TEST, TRAIN, VAL
from colorizer.figures.charts import PREDICTED_COLOR, REFERENCE_COLOR, TRAIN_COLOR

COLORS = {TRAIN: TRAIN_COLOR, VAL: "#d9a441", TEST: PREDICTED_COLOR}
SHEET_ROWS, SHEET_COLUMNS = 3, 16
TILE, GAP = 96, 6  # px, in the contact sheets
CHARTS_HEIGHT = 6.4  # inches
BINS = 16
# More categories than this cannot be told apart on a page, so only the largest are shown.
MOST_CATEGORIES = 40
LONGEST_NAME = 32
# Below this ratio of the largest side to the smallest, a linear scale has better ticks.
LOGARITHMIC_FROM = 4


def dataset_figure(prepared: Path, index: pd.DataFrame) -> Figure:
    """Draw what is in a prepared folder.

    Contact sheets of the first photographs in every split, the histogram of mean chroma, width
    and height before cropping (photographs left out in grey, with a count for each reason), and
    the number of photographs by category and split.

    Parameters
    ----------
    prepared : Path
        The folder with the shards.
    index : DataFrame
        The folder's index.
    """
    kept = index[index["split"] != ""]
    splits = {split: Shards(prepared, split) for split in SPLITS}
    rows = [_rows(photographs) for photographs in splits.values()]
    # Inches: a tile is a sixteenth of the width, and every sheet has a title.
    heights = [0.84 * count + 0.3 for count in rows]
    figure = Figure(figsize=(13, sum(heights) + CHARTS_HEIGHT), layout="constrained")
    grid = figure.add_gridspec(2, 1, height_ratios=[sum(heights), CHARTS_HEIGHT])
    sheets = figure.add_subfigure(grid[0]).subplots(len(SPLITS), height_ratios=heights)
    for axes, (split, photographs) in zip(sheets, splits.items(), strict=True):
        _contact_sheet(axes, photographs, split)
    chroma, sizes, categories = figure.add_subfigure(grid[1]).subplots(1, 3)
    _chroma_histogram(chroma, kept)
    _sizes(sizes, index)
    _categories(categories, kept)
    return figure


def _rows(photographs: Shards) -> int:
    return min(SHEET_ROWS, math.ceil(len(photographs) / SHEET_COLUMNS))


def _contact_sheet(axes: Axes, photographs: Shards, split: str) -> None:
    rows = _rows(photographs)
    shown = min(len(photographs), rows * SHEET_COLUMNS)
    side = TILE + GAP
    sheet = Image.new("RGB", (SHEET_COLUMNS * side - GAP, rows * side - GAP), "white")
    for number, photograph in enumerate(islice(photographs, shown)):
        row, column = divmod(number, SHEET_COLUMNS)
        tile = Image.fromarray(photograph).resize((TILE, TILE), Image.Resampling.LANCZOS)
        sheet.paste(tile, (column * side, row * side))
    axes.imshow(np.asarray(sheet))
    title = f"{split}: {shown} of {len(photographs)} photographs"
    axes.set_title(title, color=COLORS[split], loc="left")
    axes.set_axis_off()
    axes.set_anchor("NW")


def _chroma_histogram(axes: Axes, kept: pd.DataFrame) -> None:
    edges = np.linspace(0, max(float(kept["chroma"].max()), 1.0), BINS + 1).tolist()
    for split in SPLITS:
        chroma = kept.loc[kept["split"] == split, "chroma"]
        label = f"{split}, mean {chroma.mean():.1f}"
        weights = np.full(len(chroma), 100 / len(chroma))
        axes.hist(
            chroma,
            bins=edges,
            weights=weights,
            histtype="step",
            color=COLORS[split],
            label=label,
            linewidth=1.5,
        )
    axes.set(title="Mean chroma", xlabel="CIELAB units", ylabel="% of the split's photographs")
    _legend_below(axes)


def _sizes(axes: Axes, index: pd.DataFrame) -> None:
    known = index[index["width"] > 0]
    reasons = index.loc[index["reason"] != "", "reason"].value_counts().sort_index()
    counts = [f"  {count} {reason}" for reason, count in reasons.items()]
    left_out = "\n".join(["left out:", *(counts or ["  none"])])
    for split, color, label, side, order in (
        # The upper dots are smaller, so that overlapping ones can all be seen.
        (TRAIN, COLORS[TRAIN], TRAIN, 5.5, 2),
        (VAL, COLORS[VAL], VAL, 4, 3),
        (TEST, COLORS[TEST], TEST, 2.5, 4),
        ("", REFERENCE_COLOR, left_out, 3, 1),
    ):
        # Once each: even a million photographs often have only a few sizes.
        some = known.loc[known["split"] == split, ["width", "height"]].drop_duplicates()
        axes.scatter(
            some["width"], some["height"], s=side**2, color=color, label=label, zorder=order
        )
    low, high = known[["width", "height"]].min().min(), known[["width", "height"]].max().max()
    axes.plot([low, high], [low, high], ":", color=REFERENCE_COLOR, linewidth=1)
    shape = {
        "landscape": int((known["width"] > known["height"]).sum()),
        "square": int((known["width"] == known["height"]).sum()),
        "portrait": int((known["width"] < known["height"]).sum()),
    }
    title = ", ".join(f"{count} {name}" for name, count in shape.items())
    axes.set(title=title, xlabel="width, px", ylabel="height, px")
    if high >= LOGARITHMIC_FROM * low:
        axes.set(xscale="log", yscale="log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 40 * low else (1, 3)))
            axis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
            axis.set_minor_formatter(NullFormatter())
    _legend_below(axes)


def _categories(axes: Axes, kept: pd.DataFrame) -> None:
    counts = pd.crosstab(kept["category"], kept["split"]).reindex(columns=SPLITS, fill_value=0)
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    shown = counts[:MOST_CATEGORIES]
    places = np.arange(len(shown))
    left = np.zeros(len(shown))
    for split in SPLITS:
        axes.barh(places, shown[split], left=left, color=COLORS[split])
        left += shown[split].to_numpy()
    title = f"{len(counts)} categories" if len(counts) > 1 else "1 category"
    if len(shown) < len(counts):
        title = f"The largest {len(shown)} of {title}"
    axes.set(title=title, xlabel="photographs")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    size = 8 if len(shown) <= 12 else 7 if len(shown) <= 25 else 6  # points
    names = [_short(str(name)) for name in shown.index]
    axes.set_yticks(places, names, fontsize=size, parse_math=False)
    # From the top down; a few bars are no thicker than eight would be.
    axes.set_ylim(max(len(shown), 8) - 0.4, -0.6)


def _short(name: str) -> str:
    if not name:
        return "(none)"
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _legend_below(axes: Axes) -> None:
    # Never over the data, wherever they are.
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.12),
        ncols=4,
        fontsize="small",
        frameon=False,
        handlelength=1,
        handletextpad=0.4,
        columnspacing=1,
    )

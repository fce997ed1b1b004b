"""Pictures to look at: panels grey | predicted | true, and ranked sheets of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from colorizer.color.lab_torch import bytes_from_lab, lab_from_bytes
from colorizer.common.files import whole_file

Photograph = npt.NDArray[np.uint8]  # (H, W, 3) sRGB

TILE = 256  # px, side of a picture in a panel
GAP = 8
CAPTION = 24
INK, PAPER = "#1c1c1c", "white"


@dataclass(frozen=True)
class Coloring:
    """A photograph coloured by the network: both pictures (H, W, 3) uint8, PSNR in dB."""

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
    """Draw panels in a grid, each with its photograph's name above it."""
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
    """Write a picture in the format that its suffix names, whole or not at all."""
    with whole_file(path) as partial:
        picture.save(partial)


def panel_names(files: Sequence[str]) -> list[str]:
    """Return a file name for the panel of each photograph, the same in every experiment.

    A name depends only on the photograph's own path, and no two paths share one.

    Parameters
    ----------
    files : sequence of str
        Paths below data/raw, with forward slashes.
    """
    return [_panel_name(file) for file in files]


def _panel_name(file: str) -> str:
    path = PurePosixPath(file)
    if path.suffixes == [".jpg"]:  # the usual suffix goes; a.png beside a.jpg keeps its own
        path = path.with_suffix("")
    name = "--".join(path.parts)
    if name.split("--") != list(path.parts):  # a--b/c would be mistaken for a/b/c
        name += "-" + hashlib.sha256(file.encode()).hexdigest()[:8]
    return f"{name}.png"


def _with_title(picture: Image.Image, title: str) -> Image.Image:
    canvas = Image.new("RGB", (picture.width, picture.height + CAPTION), PAPER)
    font = ImageFont.load_default(size=13)
    ImageDraw.Draw(canvas).text((0, CAPTION / 2), title, INK, font, anchor="lm")
    canvas.paste(picture, (0, CAPTION))
    return canvas

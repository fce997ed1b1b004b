"""Evaluate what users get: whole photographs, coloured and compared at their own size."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from tqdm import tqdm

from colorizer.cli.evaluate_folder import (
    FolderEvaluation,
    describe_photographs,
    list_photographs,
    require_any,
)
from colorizer.color.icc import ColorSpace
from colorizer.common.errors import UserError
from colorizer.common.pool import workers
from colorizer.evaluation.baselines import GREY, paint_uniformly
from colorizer.evaluation.metrics import METRICS, Photograph
from colorizer.evaluation.strip_metrics import WINDOW, measure_in_strips
from colorizer.images.convert import to_rgb
from colorizer.images.decode import UnreadableImageError
from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.read import read_photo
from colorizer.prepare.driver import build_index, examine_all
from colorizer.prepare.params import PrepareParams
from colorizer.prepare.storage import open_workspace
from colorizer.prepare.worker import UNREADABLE


def evaluate_at_own_size(
    folder: Path, rules: PrepareParams, colorist: PhotoColorist
) -> FolderEvaluation:
    """Colour all photographs of a folder as ``colorizer photo`` does, and measure them.

    Each is compared with the original, pixel by pixel in 8-bit sRGB, with transparency as white.
    One photograph at a time is in memory, in the order of their content hashes.

    Parameters
    ----------
    folder : Path
        Photographs; the name of each one's folder is its category.
    rules : PrepareParams
        Which photographs to measure: the same as
        :func:`colorizer.cli.evaluate_folder.evaluate_folder` would with these rules. Mean chroma
        is that of the square that it would make; squares serve no other purpose here.
    colorist : PhotoColorist
        The network, and how vividly it colours.

    Returns
    -------
    FolderEvaluation
        Without a common size. Photographs that can be made into a square but not read whole,
        such as those with more than :data:`colorizer.photo.read.MAX_MEGAPIXELS`, are left out
        as unreadable.

    Raises
    ------
    UserError
        If there are no photographs, none passes the rules and can be read, or the rules admit
        photographs that are too small for SSIM.
    """
    if rules.min_side < WINDOW:
        raise UserError(
            f"prepare.min_side must be at least {WINDOW} to measure photographs at their own "
            f"size, got {rules.min_side}: SSIM compares windows of {WINDOW}x{WINDOW} pixels"
        )
    index = _judged(folder, rules)
    require_any(index, folder)
    wanted = index.loc[index["reason"] == ""].sort_values(["sha256", "path"])["path"]
    measured, figures, baseline = [], [], []
    for row, path in tqdm(wanted.items(), "measure", len(wanted), unit="photograph"):
        try:
            true, colored = _both(folder / str(path), colorist)
        except UnreadableImageError as error:
            index.loc[row, ["reason", "detail"]] = UNREADABLE, str(error)
            continue
        measured.append(row)
        figures.append(measure_in_strips(colored, true))
        baseline.append(measure_in_strips(_without_chroma(true), true))
    require_any(index, folder)
    photographs = describe_photographs(index.loc[measured])
    per_image, grey = (
        photographs.join(pd.DataFrame(rows, columns=list(METRICS))) for rows in (figures, baseline)
    )
    left_out = index.loc[index["reason"] != "", ["path", "reason", "detail"]]
    return FolderEvaluation(per_image, grey, left_out, size=None)


def _judged(folder: Path, rules: PrepareParams) -> pd.DataFrame:
    """Return the index of all photographs, with a ``reason`` for those the rules leave out."""
    manifest = list_photographs(folder)
    with (
        tempfile.TemporaryDirectory(prefix="colorizer-") as temporary,
        workers("", "") as pool,
        open_workspace("", folder, manifest, Path(temporary)) as workspace,
    ):
        return build_index(manifest, examine_all(pool, workspace, rules))


def _both(path: Path, colorist: PhotoColorist) -> tuple[Photograph, Photograph]:
    """Return a photograph's original and coloured pixels, each (H, W, 3) uint8 sRGB."""
    photo = read_photo(path)
    colored = to_rgb(colorist.picture(photo))
    if not photo.space.writes_srgb:
        colored = photo.space.to_srgb(colored)
    return _srgb(photo.image, photo.space), np.asarray(colored)


def _srgb(image: Image.Image, space: ColorSpace) -> Photograph:
    is_opaque = not image.has_transparency_data
    return np.asarray(
        space.to_srgb(image if image.mode == space.mode and is_opaque else to_rgb(image))
    )


def _without_chroma(photograph: Photograph) -> Photograph:
    # Each row counts as a photograph, so that little is in CIELAB at a time.
    return np.concatenate(list(paint_uniformly(photograph[:, None], GREY)))

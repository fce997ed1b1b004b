#!/usr/bin/env python3
"""Remake the documents' pictures, with the general network and the embedded sample.

The network was not trained on any of these photographs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageOps

from colorizer.color.lab_torch import lab_from_bytes
from colorizer.common.errors import UserError
from colorizer.data.aging import STEPS, age, step_alone
from colorizer.networks.files import GENERAL
from colorizer.photo.colorist import PhotoColorist
from colorizer.photo.hints import parse_hint
from colorizer.photo.read import read_photo
from colorizer.predictors.load import load_predictor

SAMPLE = Path("data/sample/scenes")
IMAGES = Path("docs/images")
BEFORE_AFTER = (
    "forest-and-water/lake.jpg",
    "town-and-buildings/castle-maintenon.jpg",
    "animals-in-nature/1-tortoiseshell.jpg",
    "garden-and-park/playing-field.jpg",
)
# Some right, some wrong.
PANELS = (
    "garden-and-park/garden-rock.jpg",
    "landscape/picosdeeuropa_by_aitzol_berasategi.jpg",
    "town-and-buildings/city-with-water2.jpg",
    "animals-in-nature/friends_by_aitzol_berasategi.jpg",
    "garden-and-park/pool.jpg",
    "plants-close-up/flower.jpg",
)
AGED = BEFORE_AFTER
# Places are shares of width and height, 0 to 1.
HINTS: dict[str, tuple[tuple[float, float, str], ...]] = {
    "garden-and-park/pool.jpg": ((0.5, 0.6, "#2e9fd6"),),
    "plants-close-up/flower.jpg": ((0.5, 0.52, "#f0955a"),),
    "landscape/hay_field.jpg": ((0.5, 0.2, "#2fb0e0"), (0.5, 0.85, "#e0b030")),
    "town-and-buildings/brick-wall-and-stairs.jpg": ((0.4, 0.3, "#a85c50"),),
    "town-and-buildings/basketball-court1-a.jpg": ((0.5, 0.72, "#4f86b8"), (0.5, 0.9, "#b8483c")),
}
AGED_SIDE = 160
SIDE, GAP, LABEL, QUALITY = 256, 4, 150, 90
SEED = 5


def main() -> None:
    """Write docs/images/before_after.jpg, panels.jpg, hints.jpg and aging.jpg."""
    try:
        network, saturation = load_predictor(GENERAL, {})
        colorist = PhotoColorist(network, saturation, QUALITY, side_by_side=False)
        before_after = [_both(colorist, name) for name in BEFORE_AFTER]
        panels = [(*_both(colorist, name), _true(name)) for name in PANELS]
        hinted = [_hinted(colorist, name, hints) for name, hints in HINTS.items()]
    except UserError as error:
        sys.exit(f"error: {error}")
    _save("before_after.jpg", list(zip(*before_after, strict=True)))
    _save("panels.jpg", list(zip(*panels, strict=True)))
    _save("hints.jpg", list(zip(*hinted, strict=True)))
    _save_aging()


def _true(name: str) -> Image.Image:
    return ImageOps.fit(Image.open(SAMPLE / name).convert("RGB"), (SIDE, SIDE))


def _both(colorist: PhotoColorist, name: str) -> tuple[Image.Image, Image.Image]:
    """Return a photograph without its colours and coloured, both as squares."""
    colored = colorist.picture(read_photo(SAMPLE / name)).convert("RGB")
    return _grey(_true(name)), ImageOps.fit(colored, (SIDE, SIDE))


def _hinted(
    colorist: PhotoColorist, name: str, hints: Sequence[tuple[float, float, str]]
) -> tuple[Image.Image, Image.Image]:
    """Return a photograph coloured without and with hints, whose places are marked."""
    photo = read_photo(SAMPLE / name)
    width, height = photo.image.size
    known = [parse_hint(f"{int(x * width)},{int(y * height)},{color}") for x, y, color in hints]
    with TemporaryDirectory() as folder:
        target = Path(folder, "hinted.png")
        colorist.colorize(SAMPLE / name, target, "png", known)
        with Image.open(target) as image:
            colored = image.convert("RGB")
    draw = ImageDraw.Draw(colored)
    for x, y, color in hints:
        draw.circle((x * width, y * height), height / 40, fill=color, outline="white")
    plain = colorist.picture(photo).convert("RGB")
    return ImageOps.fit(plain, (SIDE, SIDE)), ImageOps.fit(colored, (SIDE, SIDE))


def _grey(photograph: Image.Image) -> Image.Image:
    lightness = lab_from_bytes(np.asarray(photograph)[None])[0, 0].numpy()
    return _shown(lightness)


def _shown(lightness: np.ndarray) -> Image.Image:
    return Image.fromarray((lightness * 2.55).round().clip(0, 255).astype(np.uint8)).convert("RGB")


def _save_aging() -> None:
    """Save a sheet of what each step of aging does to some photographs, a row per step."""
    size = (AGED_SIDE, AGED_SIDE)
    photographs = np.stack([np.asarray(_true(name).resize(size)) for name in AGED])
    lab = lab_from_bytes(photographs)
    seeds = torch.arange(SEED, SEED + len(AGED))
    rows, names = [[_shown(one[0].numpy()) for one in lab]], ["as it was"]
    for step in ("spectral_response", *STEPS, "paper_border"):
        rows.append([_shown(one[0].numpy()) for one in age(lab, step_alone(step), seeds)])
        names.append(step)
    _save("aging.jpg", rows, names)


def _save(
    name: str, rows: Sequence[Sequence[Image.Image]], labels: Sequence[str] | None = None
) -> None:
    left, side = LABEL if labels else 0, rows[0][0].width
    width = left + len(rows[0]) * (side + GAP) - GAP
    sheet = Image.new("RGB", (width, len(rows) * (side + GAP) - GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for number, row in enumerate(rows):
        top = number * (side + GAP)
        for column, picture in enumerate(row):
            sheet.paste(picture, (left + column * (side + GAP), top))
        if labels:
            draw.text((4, top + 4), labels[number].replace("_", "\n"), fill="black", font_size=20)
    IMAGES.mkdir(parents=True, exist_ok=True)
    sheet.save(IMAGES / name, quality=QUALITY)
    print(IMAGES / name)


if __name__ == "__main__":
    main()

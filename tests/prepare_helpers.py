"""A fetched folder of good and bad photographs, and the rules to prepare it by."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image, ImageOps

from colorizer.common.params import Params
from colorizer.data.manifest import write_manifest
from colorizer.prepare.params import PrepareParams
from tests.data_helpers import colorful, encoded, save_photographs

GOOD = 40
BAD = {
    "bad/broken.jpg": (encoded(colorful(1), "JPEG")[:-99], "unreadable", (0, 0)),
    "bad/text.png": (b"no photograph", "unreadable", (0, 0)),
    "bad/vertical.jpg": (encoded(colorful(1, 32, 48), "JPEG"), "vertical", (32, 48)),
    "bad/tiny.bmp": (encoded(colorful(1, 48, 31), "BMP"), "too small", (48, 31)),
    "bad/huge.png": (encoded(Image.new("1", (2000, 1001)), "PNG"), "too large", (2000, 1001)),
    "bad/grey.gif": (encoded(colorful(1).convert("L"), "GIF"), "near-colourless", (48, 32)),
}
COPIES = {"copies/same.jpg": "hills/0.jpg", "copies/mirrored.jpg": "towns/1.jpg"}


def make_raw(folder: Path) -> Path:
    """Make a fetched folder: GOOD photographs, the BAD ones, and COPIES of two."""
    save_photographs(folder, GOOD)
    (folder / "bad").mkdir()
    for name, (content, _, _) in BAD.items():
        (folder / name).write_bytes(content)
    (folder / "copies").mkdir()
    shutil.copyfile(folder / "hills/0.jpg", folder / "copies/same.jpg")
    with Image.open(folder / "towns/1.jpg") as image:
        ImageOps.mirror(image).save(folder / "copies/mirrored.jpg")
    write_manifest(folder)
    return folder


def small_rules(params: Params) -> PrepareParams:
    """Return the shipped rules, but for small squares and splits that few photographs fill."""
    shipped = PrepareParams.parse(params.prepare)
    return shipped.replace(size=32, max_megapixels=2, val=0.2, test=0.3)

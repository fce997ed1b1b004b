"""Photographs to try the page with, from the embedded sample if it is available."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from colorizer.web.previews import SRGB, THUMBNAIL, data_url, grey, small

SAMPLE = Path("data/sample")
CREDITS = "ATTRIBUTION.csv"
CHOSEN = (
    "scenes/landscape/picosdeeuropa_by_aitzol_berasategi.jpg",
    "scenes/sea-and-sky/boardwalk.jpg",
    "scenes/town-and-buildings/china.jpg",
    "scenes/landscape/sunset_by_aitzol_berasategi.jpg",
    "scenes/landscape/train-tracks1.jpg",
)
QUALITY = 95


@dataclass(frozen=True)
class Example:
    """A colour photograph that is offered in grey.

    Attributes
    ----------
    path : Path
        The photograph.
    credit : str
        Its author and licence.
    thumbnail : str
        The address of a small grey JPEG.
    """

    path: Path
    credit: str
    thumbnail: str

    def for_page(self) -> dict[str, str]:
        """Return what the page shows of it."""
        return {"thumbnail": self.thumbnail, "credit": self.credit}

    def write_grey(self, target: Path) -> None:
        """Write the photograph as a grey JPEG, as visitors get it."""
        with Image.open(self.path) as image:
            grey(image.convert("RGB")).save(target, "JPEG", quality=QUALITY)


def find_examples(sample: Path = SAMPLE) -> list[Example]:
    """Return the available examples; none without the sample."""
    table = sample / CREDITS
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        credits_ = {
            row["file"]: f"{row['credit']} ({row['licence']})" for row in csv.DictReader(file)
        }
    found = []
    for name in CHOSEN:
        if name in credits_ and (sample / name).is_file():
            with Image.open(sample / name) as image:
                thumbnail = data_url(grey(small(image, SRGB, THUMBNAIL)))
            found.append(Example(sample / name, credits_[name], thumbnail))
    return found

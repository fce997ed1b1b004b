"""What happens to a photograph after it is taken: prints, wear, reproduction and files.

As in :mod:`colorizer.data.old_film`, lightness is (H, W) float32, L in [0, 100], and lengths are
shares of the shorter side.
"""

from __future__ import annotations

import io
import math

import numpy as np
import numpy.typing as npt
from PIL import Image

from colorizer.data.old_film import Lightness


def scratches(lightness: Lightness, random: np.random.Generator) -> Lightness:
    """Return lightness with scratches and dust.

    Scratches in the emulsion are thin, steep lines, along the run of the film, light or dark
    depending on whether they are on the print or the negative; dust makes specks (Kokaram 1998,
    "Motion Picture Restoration", on line scratches, dirt and sparkle).
    """
    height, width = lightness.shape
    shorter = min(height, width)
    worn = lightness.copy()
    y, x = np.mgrid[:height, :width].astype(np.float32)
    for _ in range(random.integers(0, 5)):
        lean, start = random.normal(0, 0.15), random.uniform(0, width)
        distance = np.abs(x - start - lean * y) / math.hypot(1, lean)
        top, bottom = np.sort(random.uniform(-0.3, 1.3, size=2)) * height
        half = max(0.5, random.uniform(0.001, 0.006) * shorter)
        cover = (half + 0.5 - distance).clip(0, 1) * ((y >= top) & (y <= bottom))
        worn += cover * _mark(random)
    for _ in range(random.integers(0, 25)):
        radius = max(0.5, random.uniform(0.002, 0.015) * shorter)
        distance = np.hypot(x - random.uniform(0, width), y - random.uniform(0, height))
        worn += (radius + 0.5 - distance).clip(0, 1) * _mark(random)
    return worn.clip(0, 100)


def halftone(lightness: Lightness, random: np.random.Generator) -> Lightness:
    """Return lightness as a printing screen renders it, more or less smoothed by the scanner.

    A clustered-dot screen at an angle (Ulichney 1987, "Digital Halftoning"), with 25 to 60 dots
    along the shorter side.
    """
    height, width = lightness.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = random.uniform(0, math.pi / 2)
    turn = 2 * math.pi * random.uniform(25, 60) / min(height, width)
    across, along = (
        x * math.cos(angle) + y * math.sin(angle),
        y * math.cos(angle) - x * math.sin(angle),
    )
    screen = np.cos(turn * across) * np.cos(turn * along)
    strength = random.uniform(5, 25)
    # Neither paper nor full ink has dots.
    share = lightness / 100
    printed: Lightness = lightness + np.float32(strength * 4) * share * (1 - share) * screen
    return printed.clip(0, 100)


def compression(lightness: Lightness, random: np.random.Generator) -> Lightness:
    """Return lightness as a JPEG file of quality 10 to 70 preserves it."""
    grey = Image.fromarray((lightness * 2.55).round().astype(np.uint8))
    file = io.BytesIO()
    grey.save(file, "JPEG", quality=int(random.integers(10, 71)))
    return np.asarray(Image.open(file), dtype=np.float32) / np.float32(2.55)


def paper_border(
    lightness: Lightness, random: np.random.Generator
) -> tuple[Lightness, npt.NDArray[np.bool_]]:
    """Return lightness inside a paper border, and the mask of that border, (H, W) bool.

    The border is up to 6 % of the shorter side wide on each side; most are light, some black.
    """
    height, width = lightness.shape
    left, top, right, bottom = (
        (random.uniform(0, 0.06, size=4) * min(height, width)).round().astype(int)
    )
    paper = np.ones(lightness.shape, dtype=bool)
    paper[top : height - bottom, left : width - right] = False
    tone = random.uniform(2, 15) if random.random() < 0.2 else random.uniform(75, 99)
    bordered: Lightness = np.where(paper, np.float32(tone), lightness)
    return bordered, paper


def _mark(random: np.random.Generator) -> float:
    """Draw how much a scratch or speck changes L: by 15 to 70, up or down."""
    return float(random.uniform(15, 70) * random.choice((-1, 1)))

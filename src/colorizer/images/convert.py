"""Images of any Pillow mode as 8-bit RGB."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from PIL import Image

# Pixels converted at once: fewer cost time, more cost memory.
STRIP_PIXELS = 1 << 20


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert an image of any Pillow mode to 8-bit RGB; transparency is laid on white.

    Raises
    ------
    ValueError
        For 32-bit floating point, which has no fixed range.
    """
    if image.mode == "F":
        raise ValueError("32-bit floating point pixels have no fixed range; save as 8 or 16 bit")
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if not image.mode.startswith("I"):
        return _by_strips(image, _laid_on_white)
    # I;16 and its variants, and I where Pillow has widened them.
    depth = 65535 if image.mode != "I" or highest_value(image) > 255 else 255
    return _by_strips(image, lambda strip: _narrowed(strip, depth))


def _by_strips(image: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """Convert to RGB without second and third copies of the whole image in memory."""
    width, height = image.size
    converted = Image.new("RGB", image.size)
    rows = max(1, STRIP_PIXELS // width)
    for top in range(0, height, rows):
        box = (0, top, width, min(top + rows, height))
        converted.paste(convert(image.crop(box)), box)
    return converted


def _laid_on_white(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image)
    return image.convert("RGB")


def _narrowed(image: Image.Image, depth: int) -> Image.Image:
    wide = np.asarray(image).astype(np.int64).clip(0, depth)
    return Image.fromarray((wide * 255 / depth).round().astype(np.uint8)).convert("RGB")


def highest_value(image: Image.Image) -> float:
    """Return the largest value of a single-channel image."""
    _, highest_value = cast(tuple[float, float], image.getextrema())
    return highest_value

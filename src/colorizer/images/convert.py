"""Images of any Pillow mode as 8-bit RGB."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

WIDE = "I;16"  # the mode of wide greys, as colorizer.images.opening.level_greys gives them
# Pixels converted at once: fewer cost time, more cost memory.
STRIP_PIXELS = 1 << 20


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert an image to 8-bit RGB; transparency is laid on white.

    Parameters
    ----------
    image : Image
        In any Pillow mode; of the modes of wide greys, :data:`WIDE`.

    Raises
    ------
    ValueError
        For 32-bit floating point, which has no fixed range, and for other wide greys.
    """
    if image.mode == "F":
        raise ValueError("32-bit floating point pixels have no fixed range; save as 8 or 16 bit")
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode.startswith("I") and image.mode != WIDE:
        raise ValueError(f"wide greys must have mode {WIDE}, got {image.mode}")
    if image.mode == WIDE:
        return _by_strips(image, _narrowed)
    return _by_strips(image, _laid_on_white)


def alpha_of(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Return how opaque each pixel of an image with transparency is, (H, W) uint8."""
    if image.mode == WIDE:  # one grey is transparent
        return np.where(np.asarray(image) == image.info["transparency"], 0, 255).astype(np.uint8)
    return np.asarray(image.convert("RGBA").getchannel("A"))


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


def _narrowed(image: Image.Image) -> Image.Image:
    narrow = (np.asarray(image).astype(np.int64) * 255 / 65535).round().astype(np.uint8)
    if image.has_transparency_data:
        narrow[alpha_of(image) == 0] = 255
    return Image.fromarray(narrow).convert("RGB")

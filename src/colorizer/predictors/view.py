"""What the network sees of a photograph: about the same number of pixels, whatever its size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from colorizer.color.icc import ColorSpace
from colorizer.color.lab_numpy import lab_from_bytes
from colorizer.images.convert import to_rgb

# A panorama costs at most as much as this many squares; longer ones are seen smaller.
MAX_ASPECT = 8
# In pixels: networks halve a picture several times, and something must be left of it.
SMALLEST = 32
# Pixels are averaged in blocks down to at least this many times the final size, then resized: with
# a smaller margin, colours would depend on the photograph's size.
MARGIN = 4
# The Pillow modes that it can average.
_AVERAGED = ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr")


def view_size(size: tuple[int, int], side: int, multiple: int) -> tuple[int, int]:
    """Return the width and height in pixels at which the network sees a photograph.

    Parameters
    ----------
    size : tuple of int
        The photograph's width and height in pixels.
    side : int
        The shorter side in pixels, unless the other would be more than :data:`MAX_ASPECT` times
        as long.
    multiple : int
        Both sides are multiples of this; the aspect is kept as closely as that allows.
    """
    shorter, longer = min(size), max(size)
    scale = min(side / shorter, MAX_ASPECT * side / longer)
    least = min(side, -(-SMALLEST // multiple) * multiple)
    width, height = (max(least, round(length * scale / multiple) * multiple) for length in size)
    return width, height


def nearest_side(side: float, multiple: int) -> int:
    """Return the multiple of ``multiple`` nearest to ``side``, in pixels, at least one."""
    return max(multiple, round(side / multiple) * multiple)


def read_view(
    image: Image.Image, space: ColorSpace, size: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Return a photograph's L at another size, as :func:`resize_srgb` resizes it.

    Parameters
    ----------
    image, space, size
        As in :func:`resize_srgb`.

    Returns
    -------
    ndarray
        (1, 1, H, W) float32 in [0, 100].
    """
    return lab_from_bytes(np.asarray(resize_srgb(image, space, size))[None])[:, :1]


def resize_srgb(image: Image.Image, space: ColorSpace, size: tuple[int, int]) -> Image.Image:
    """Resize a photograph with antialiasing; transparent areas become white.

    Parameters
    ----------
    image : Image
        In any mode except 32-bit floating point.
    space : ColorSpace
        What its pixels mean.
    size : tuple of int
        Width and height in pixels.

    Returns
    -------
    Image
        In sRGB, mode RGB.
    """
    if image.mode not in _AVERAGED or (image.mode == "RGB" and image.has_transparency_data):
        image = to_rgb(image)
    factors = [
        max(1, own // (MARGIN * wanted)) for own, wanted in zip(image.size, size, strict=True)
    ]
    small = image.reduce((factors[0], factors[1]))
    if small.mode != space.mode:
        small = to_rgb(small)
    # The last column and row may average fewer pixels: treating them as whole would squeeze the
    # photograph.
    box = (0, 0, image.width / factors[0], image.height / factors[1])
    return space.to_srgb(small).resize(size, Image.Resampling.LANCZOS, box=box)

"""Small pictures for the page."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from colorizer.color.icc import ColorSpace
from colorizer.color.lightness_tables import BYTE, grey_lightness, rgb_lightness
from colorizer.predictors.view import resize_srgb

# Longer sides in pixels; the page's engine keeps as much.
PREVIEW, THUMBNAIL = 2048, 160
QUALITY = 92
SRGB = ColorSpace()


def small(image: Image.Image, space: ColorSpace, longest: int) -> Image.Image:
    """Return a photograph whose longer side has at most ``longest`` pixels.

    Parameters
    ----------
    image : Image
        Of any mode except 32-bit floating point.
    space : ColorSpace
        What its pixels mean.
    longest : int
        In pixels, at least 1.

    Returns
    -------
    Image
        In sRGB, mode RGB; transparency becomes white.
    """
    scale = min(1.0, longest / max(image.size))
    width, height = (max(1, round(side * scale)) for side in image.size)
    return resize_srgb(image, space, (width, height))


def grey(image: Image.Image) -> Image.Image:
    """Return the lightness of an sRGB picture, mode RGB, as greys, mode L."""
    lightness = rgb_lightness(np.asarray(image))
    greys = np.interp(lightness, grey_lightness(BYTE), np.arange(BYTE + 1))
    return Image.fromarray(greys.round().astype(np.uint8))


def data_url(image: Image.Image) -> str:
    """Return a picture as a JPEG within a data URL, so that no file is written."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, subsampling="4:4:4")
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")

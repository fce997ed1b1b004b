"""Small pictures for the page."""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from colorizer.color.icc import ColorSpace
from colorizer.color.lightness_tables import BYTE
from colorizer.photo.full_size import colored_strips
from colorizer.predictors.view import resize_srgb

# Longer sides in pixels.
PREVIEW, THUMBNAIL = 1024, 160
QUALITY = 88
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
    """Return the lightness of a small sRGB picture as greys, mode L."""
    return colored(image, np.zeros((2, 1, 1), np.float32)).getchannel(0)


def colored(image: Image.Image, ab: npt.NDArray[np.float32]) -> Image.Image:
    """Return a small sRGB picture, mode RGB, with its own lightness and new chroma.

    Parameters
    ----------
    image : Image
        Mode L or RGB.
    ab : ndarray
        (2, h, w) float32, a and b in CIELAB units, for the whole picture at any size.
    """
    return Image.fromarray(np.concatenate(list(colored_strips(image, SRGB, ab, BYTE))))


def data_url(image: Image.Image) -> str:
    """Return a picture as a JPEG within a data URL, so that no file is written."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, subsampling="4:4:4")
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")

"""How video codes lightness and colour: luma (Y') and two channels of chroma, Cb and Cr.

Luma is kept, never computed: each pixel gets the chroma that yields the wanted colour at its luma.
So a coloured clip, shown without colour, is the original clip. (CIELAB lightness then differs a
little from the grey clip's, by 0.6 on average at a chroma of 20 with BT.709, as luma is not quite
lightness.)

Formulas: ITU-R BT.601-7 and BT.709-6. Luma is read with sRGB's gamma, as computers show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from colorizer.color.gamut import fitted_linear_rgb
from colorizer.color.lightness_tables import WORD, encode, grey_lightness

Floats = npt.NDArray[np.float32]
Samples = npt.NDArray[np.unsignedinteger[Any]]  # uint8, or uint16 for more than 8 bits
# The data computed at once fit into a core's cache.
BAND_PIXELS = 1 << 15


@dataclass(frozen=True)
class Coding:
    """What a clip's samples mean.

    Attributes
    ----------
    bits : int
        Per sample, 8 to 16.
    is_full_range : bool
        Whether black is 0 and white the highest value; else they are 16 and 235 for 8 bits.
    red, blue : float
        Shares of R' and B' in luma, 0 to 1; G' has the rest.
    """

    bits: int
    is_full_range: bool
    red: float
    blue: float

    @property
    def black(self) -> int:
        """The sample value of black."""
        return 0 if self.is_full_range else 16 << (self.bits - 8)

    @property
    def luma_span(self) -> int:
        """The range from black to white, in sample values."""
        return (1 << self.bits) - 1 if self.is_full_range else 219 << (self.bits - 8)

    @property
    def chroma_span(self) -> int:
        """The range from the lowest to the highest Cb or Cr, in sample values."""
        return (1 << self.bits) - 1 if self.is_full_range else 224 << (self.bits - 8)

    @property
    def dtype(self) -> type[np.uint8 | np.uint16]:
        """The type that holds a sample."""
        return np.uint8 if self.bits == 8 else np.uint16


def greys_of(luma: Samples, coding: Coding) -> npt.NDArray[np.uint8]:
    """Return luma (H, W) as 8-bit sRGB greys (H, W)."""
    samples = np.arange(1 << coding.bits, dtype=np.float32)
    greys = (samples - coding.black) * (255 / coding.luma_span)
    table = greys.clip(0, 255).round().astype(np.uint8)
    return table[luma]


def chroma_of(luma: Samples, ab: Floats, coding: Coding, is_halved: bool) -> Samples:
    """Find the chroma that gives luma its colours.

    Where a colour does not exist at a pixel's luma, chroma gives way.

    Parameters
    ----------
    luma : ndarray
        (H, W) uint8 or uint16.
    ab : ndarray
        (2, h, w) float32, a and b in CIELAB units, for the whole frame at any size.
    coding : Coding
        The coding of ``luma`` and the result.
    is_halved : bool
        Whether chroma has half the height and width (4:2:0), rounded up.

    Returns
    -------
    ndarray
        Cb and Cr, (2, H, W) or half that height and width, with the type of ``luma``.
    """
    light = _halved(luma) if is_halved else luma.astype(np.float32)
    light = ((light - coding.black) / np.float32(coding.luma_span)).clip(0, 1)
    ab = _resized(ab, light.shape)
    chroma = np.empty(ab.shape, coding.dtype)
    rows = max(1, BAND_PIXELS // light.shape[1])
    for top in range(0, len(light), rows):
        band = slice(top, top + rows)
        chroma[:, band] = _coded(light[band], ab[:, band], coding)
    return chroma


def _coded(light: Floats, ab: Floats, coding: Coding) -> Samples:
    lightness = grey_lightness(WORD)[(light * WORD + np.float32(0.5)).astype(np.intp)]
    rgb = encode(fitted_linear_rgb(lightness, ab), WORD).astype(np.float32)
    rgb *= np.float32(1 / WORD)
    own = coding.red * rgb[0] + coding.blue * rgb[2] + (1 - coding.red - coding.blue) * rgb[1]
    # How far each channel is above or below luma.
    rgb -= own
    highest, lowest = rgb.max(axis=0), rgb.min(axis=0)
    share = np.minimum(
        (1 - light) / np.maximum(highest, 1 - light + 1e-6),
        light / np.maximum(-lowest, light + 1e-6),
    )
    cb = rgb[2] * share * np.float32(0.5 / (1 - coding.blue))
    cr = rgb[0] * share * np.float32(0.5 / (1 - coding.red))
    middle = 1 << (coding.bits - 1)
    coded = (np.stack([cb, cr]) * coding.chroma_span + middle).round()
    samples: Samples = coded.clip(0, (1 << coding.bits) - 1).astype(coding.dtype)
    return samples


def _halved(luma: Samples) -> Floats:
    """Return the means of 2 x 2 samples; an odd last row or column counts twice."""
    height, width = luma.shape
    even = np.pad(luma, ((0, height % 2), (0, width % 2)), mode="edge").astype(np.float32)
    rows = even[::2] + even[1::2]
    return (rows[:, ::2] + rows[:, 1::2]) * np.float32(0.25)


def _resized(ab: Floats, shape: tuple[int, ...]) -> Floats:
    resized = F.interpolate(
        torch.from_numpy(ab)[None], size=shape, mode="bilinear", antialias=ab.shape[1] > shape[0]
    )
    array: Floats = resized[0].numpy()
    return array

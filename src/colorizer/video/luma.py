"""How video codes lightness and colour: luma (Y') and two channels of chroma, Cb and Cr.

Luma is never computed here, but kept: chroma is found that gives each pixel the colour asked for
at the luma that it has. So a coloured clip, shown without colour, is the clip that it was made of.
(CIELAB lightness then differs a little from that of the grey clip, by 0.6 on the average at a
chroma of 20 with BT.709, for luma is not quite lightness.)

Formulas: ITU-R BT.601-7 and BT.709-6. Luma is taken as sRGB's gamma has it, as computers show it.
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
Samples = npt.NDArray[np.unsignedinteger[Any]]  # uint8, or uint16 of more than 8 bits
# What is computed at once fits into a core's cache.
BAND_PIXELS = 1 << 15


@dataclass(frozen=True)
class Coding:
    """What the samples of a clip mean.

    Attributes
    ----------
    bits : int
        Of a sample, 8 to 16.
    is_full_range : bool
        Whether black is 0 and white the highest number; else they are 16 and 235, of 8 bits.
    red, blue : float
        Shares of R' and B' in luma; that of G' is the rest.
    """

    bits: int
    is_full_range: bool
    red: float
    blue: float

    @property
    def black(self) -> int:
        """The sample of black."""
        return 0 if self.is_full_range else 16 << (self.bits - 8)

    @property
    def luma_span(self) -> int:
        """From black to white, in samples."""
        return (1 << self.bits) - 1 if self.is_full_range else 219 << (self.bits - 8)

    @property
    def chroma_span(self) -> int:
        """From the lowest to the highest Cb or Cr, in samples."""
        return (1 << self.bits) - 1 if self.is_full_range else 224 << (self.bits - 8)

    @property
    def dtype(self) -> type[np.uint8 | np.uint16]:
        """What holds a sample."""
        return np.uint8 if self.bits == 8 else np.uint16


def greys_of(luma: Samples, coding: Coding) -> npt.NDArray[np.uint8]:
    """Return luma (H, W) as greys of sRGB, of 8 bits."""
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
        (2, h, w) float32, a and b in CIELAB units, of the whole frame in any size.
    coding : Coding
        Of ``luma`` and the result.
    is_halved : bool
        Whether chroma has half the height and width (4:2:0), rounded up.

    Returns
    -------
    ndarray
        (2, H, W), or half of that, of the type of ``luma``: Cb and Cr.
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
    # What each channel has more, or less, than luma.
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
    """Return the means of squares of four samples; an odd row or column counts twice."""
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

"""Colour at a photograph's full size, in strips, so that memory hardly grows with its size."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from colorizer.color.gamut import fitted_linear_rgb
from colorizer.color.guided_filter import fit_guide
from colorizer.color.icc import ColorSpace
from colorizer.color.lightness_tables import (
    BYTE,
    WORD,
    Pixels,
    encode,
    grey_lightness,
    rgb_lightness,
)
from colorizer.common.cores import usable_cores
from colorizer.images.convert import WIDE, alpha_of
from colorizer.predictors.view import read_view

T = TypeVar("T")
U = TypeVar("U")

Floats = npt.NDArray[np.float32]
# The data computed at once fit into a core's cache.
STRIP_PIXELS = 1 << 16
# Finished strips that may wait for each thread, so that none idles.
AHEAD = 2


def colored_strips(
    image: Image.Image, space: ColorSpace, ab: Floats, white: int, side_by_side: bool = False
) -> Generator[Pixels]:
    """Combine a photograph's lightness with predicted chroma, on all cores.

    Parameters
    ----------
    image : Image
        Of any mode except 32-bit floating point. Its tint is dropped.
    space : ColorSpace
        What its pixels mean.
    ab : ndarray
        (2, h, w) float32, a and b in CIELAB units, for the whole photograph at any size.
    white : int
        255 for 8-bit strips, 65535 for 16-bit ones; with 16 bits, ``space`` must write sRGB.
    side_by_side : bool
        Put the original, tint and all, to the left of the coloured photograph.

    Yields
    ------
    ndarray
        (rows, W, C) uint8 or uint16, from top to bottom, in the colour space that ``space``
        writes. W is the photograph's width, or twice that; C is 3, or 4 with alpha.
    """
    width, height = image.size
    lightness_of, chroma = _lightness_reader(image, space), _EnlargedChroma(ab, image, space)
    rows = max(1, STRIP_PIXELS // width)

    def color(top: int) -> Pixels:
        bottom = min(height, top + rows)
        strip = image.crop((0, top, width, bottom))
        lightness = lightness_of(strip)
        pixels = _encoded(lightness, chroma.rows(top, bottom, lightness), space, white)
        if side_by_side:
            pixels = np.hstack([_before(strip, lightness, space, white), pixels])
        if image.has_transparency_data:
            alpha = alpha_of(strip)
            pixels = np.dstack([pixels, np.tile(alpha, 1 + side_by_side)])
        return pixels

    image.load()
    with ThreadPoolExecutor(usable_cores()) as pool:
        yield from _in_order(pool, color, range(0, height, rows), AHEAD * usable_cores())


def _lightness_reader(image: Image.Image, space: ColorSpace) -> Callable[[Image.Image], Floats]:
    """Return a function from a strip of the photograph to L, (H, W) float32 in [0, 100]."""
    if image.mode == WIDE:
        wide = _grey_table(space, WORD)
        return lambda strip: wide[np.asarray(strip)]
    if image.mode in ("1", "L", "LA"):
        table = _grey_table(space, BYTE)
        return lambda strip: table[np.asarray(strip.convert("L"))]
    return lambda strip: rgb_lightness(np.asarray(space.to_srgb(_opaque(strip))))


def _grey_table(space: ColorSpace, white: int) -> Floats:
    """Return L in [0, 100] of the greys 0 ... ``white``."""
    if not space.mode:
        return grey_lightness(white)
    ramp = Image.fromarray(np.arange(BYTE + 1, dtype=np.uint8)[None])
    known = rgb_lightness(np.asarray(space.to_srgb(ramp)))[0]
    # A profile is applied to bytes: between two neighbours, its curve is as good as straight.
    greys = np.linspace(0, BYTE, white + 1)
    table: Floats = np.interp(greys, np.arange(BYTE + 1), known).astype(np.float32)
    return table


def _opaque(strip: Image.Image) -> Image.Image:
    return strip if strip.mode in ("RGB", "CMYK") else strip.convert("RGB")


def _before(strip: Image.Image, lightness: Floats, space: ColorSpace, white: int) -> Pixels:
    if strip.mode in (WIDE, "1", "L", "LA"):
        return _encoded(lightness, np.zeros((2, *lightness.shape), np.float32), space, white)
    return np.asarray(space.from_srgb(space.to_srgb(_opaque(strip))))


def _encoded(lightness: Floats, ab: Floats, space: ColorSpace, white: int) -> Pixels:
    rgb = np.ascontiguousarray(np.moveaxis(encode(fitted_linear_rgb(lightness, ab), white), 0, -1))
    if white == BYTE and not space.writes_srgb:
        rgb = np.asarray(space.from_srgb(Image.fromarray(rgb)))
    return rgb


class _EnlargedChroma:
    """Chroma (2, h, w) enlarged to a photograph's size, with sharpened edges, rows on demand.

    What is enlarged, bilinearly, is how chroma depends on lightness; see
    :mod:`colorizer.color.guided_filter`.
    """

    def __init__(self, ab: Floats, image: Image.Image, space: ColorSpace) -> None:
        width, self._height = image.size
        size = (min(ab.shape[2], width), min(ab.shape[1], self._height))
        if ab.shape[1:] != size[::-1]:
            planes = [Image.fromarray(plane) for plane in ab]
            ab = np.stack(
                [np.asarray(plane.resize(size, Image.Resampling.BILINEAR)) for plane in planes]
            )
        self._guide = np.concatenate(fit_guide(ab, read_view(image, space, size)[0]))
        self._left, self._right, self._share = _between(np.arange(width), size[0], width)

    def rows(self, top: int, bottom: int, lightness: Floats) -> Floats:
        """Return chroma (2, bottom - top, width) for the lightness of these rows."""
        upper, lower, share = _between(np.arange(top, bottom), self._guide.shape[1], self._height)
        few = self._guide[:, upper]
        few += share[:, None] * (self._guide[:, lower] - few)
        wide = np.take(few, self._left, axis=2)
        step = np.take(few, self._right, axis=2)
        step -= wide
        step *= self._share
        wide += step
        ab, offset = wide[:2], wide[2:]  # ab is still the slope; in place, to save memory
        ab *= lightness
        ab += offset
        return ab


def _between(
    numbers: npt.NDArray[np.intp], count: int, total: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]:
    """Return which two of ``count`` samples each of ``total`` is between, and how far along."""
    places = ((numbers + 0.5) * count / total - 0.5).clip(0, count - 1)
    first = places.astype(np.intp)
    return first, np.minimum(first + 1, count - 1), (places - first).astype(np.float32)


def _in_order(
    pool: ThreadPoolExecutor, function: Callable[[T], U], items: Iterable[T], ahead: int
) -> Iterator[U]:
    """Yield the results in order, with at most ``ahead`` waiting."""
    waiting: deque[Future[U]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()

"""Numbers to which the page's engine is held: what the Python modules make of small inputs.

    python -m tests.web.engine_fixtures

writes them anew, for tests/web/engine/*.test.js.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from colorizer.color.gamut import fitted_linear_rgb, linear_rgb
from colorizer.color.guided_filter import fit_guide
from colorizer.color.icc import ColorSpace
from colorizer.color.lab_numpy import lab_from_bytes
from colorizer.color.lightness_tables import BYTE, encode, rgb_lightness
from colorizer.inference.reach import decode_within_reach
from colorizer.inference.suggestions import difference, suggest_colors
from colorizer.inference.types import Chroma, Hint, LikelyColors
from colorizer.inference.variants import propose_variants
from colorizer.photo.full_size import colored_strips
from colorizer.photo.hints import ab_of, rgb_of
from colorizer.predictors.view import read_view, view_size

Floats = npt.NDArray[np.float32]

FILE = Path(__file__).with_name("engine") / "fixtures.json"
SRGB = ColorSpace()
COLORS = [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255), (1, 2, 3), (200, 85, 61)]
LINEAR = [-0.2, 0.0, 0.0001, 0.003, 0.0031308, 0.02, 0.2140411, 0.5, 0.99999, 1.0, 1.5]
# L, a and b: greys, colours that sRGB has, and others.
LAB = [
    *((0, 0, 0), (100, 0, 0), (50, 10, -20), (0, 60, 60), (100, 60, 60), (50, 120, -120)),
    *((5, -100, 20), (8, 3, 3), (97, 0, 90), (32.3, 79.2, -107.9)),
]
# a and b: likely colours, some of them alike, and one that sRGB never shows.
AB = [(0, 0), (10, 0), (60, 40), (50, 40), (-50, 50), (10, -60), (0, 70), (100, -90)]
SIZES = [(1, 1), (300, 200), (200, 300), (4000, 3000), (1600, 200), (16000, 200), (10, 9000)]


def fixtures() -> dict[str, Any]:
    """Compute all of them."""
    return {
        "colors": [_color(rgb) for rgb in COLORS],
        "encode": [[value, int(encode(_floats([value]), BYTE)[0])] for value in LINEAR],
        "gamut": [_fitted(lab) for lab in LAB],
        "reduce": [_reduced(*case) for case in (((13, 9), 4, 3), ((8, 6), 2, 2), ((5, 1), 7, 1))],
        "resize_rgb": [
            _resized((11, 7), (4, 5), (11, 7)),
            _resized((11, 7), (5, 3), (10.4, 6.75)),
            _resized((3, 2), (9, 8), (3, 2)),
            _resized((1, 1), (4, 4), (1, 1)),
            _resized((6, 5), (6, 3), (6, 5)),
        ],
        "resize_plane": [_resized_plane((9, 7), (4, 5)), _resized_plane((8, 8), (1, 1))],
        "view_size": [[size, view_size(size, 192, 32)] for size in SIZES],
        "read_view": [
            _view(_photograph((1, 1)), (4, 4)),
            _view(_photograph((3, 5)), (8, 4)),
            _view(_photograph((37, 29)), (4, 3)),
            _view(_photograph((37, 29), opaque=False), (4, 3)),
            _view(_photograph((64, 8)), (16, 2)),
        ],
        "guide": _guide((11, 10)),
        "full_size": [
            _painted(_plain((1, 1), 255), (8, 8), 40),
            _painted(_plain((1, 1), 0), (8, 8), 40),
            _painted(_photograph((5, 3)), (8, 8), 40),
            _painted(_photograph((9, 20)), (12, 12), 40),
            _painted(_photograph((29, 20)), (8, 6), 25),
            _painted(_photograph((29, 20)), (8, 6), 110),
            _painted(_photograph((29, 20), opaque=False), (8, 6), 40),
            _painted(_photograph((64, 8)), (16, 2), 40),
        ],
        "hex": [[ab, lightness, _hex(ab, lightness)] for ab in AB for lightness in (3, 50, 98)],
        "difference": [[one, other, _difference(one, other)] for one in AB for other in AB],
        "suggestions": _suggestions(),
        "reach": _reach(),
        "variants": _variants((40, 24)),
    }


def _color(rgb: tuple[int, int, int]) -> dict[str, Any]:
    pixel = np.array([[rgb]], np.uint8)
    return {
        "rgb": rgb,
        "hex": "#{:02x}{:02x}{:02x}".format(*rgb),
        "lab": _listed(lab_from_bytes(pixel)),
        "lightness": _listed(rgb_lightness(pixel))[0],
        "ab": _listed(_floats(ab_of(rgb))),
    }


def _fitted(lab: tuple[float, float, float]) -> dict[str, Any]:
    lightness, ab = _floats(lab[:1]), _floats(lab[1:])[:, None]
    return {
        "lab": lab,
        "linear": _listed(linear_rgb(lightness, ab)),
        "bytes": _listed(encode(fitted_linear_rgb(lightness, ab), BYTE)),
    }


def _reduced(size: tuple[int, int], across: int, down: int) -> dict[str, Any]:
    image = _photograph(size, opaque=False)
    return {
        **_told(image),
        "across": across,
        "down": down,
        "result": _packed(np.asarray(image.reduce((across, down)))),
    }


def _resized(
    size: tuple[int, int], new: tuple[int, int], box: tuple[float, float]
) -> dict[str, Any]:
    image = _photograph(size).convert("RGB")
    resized = image.resize(new, Image.Resampling.LANCZOS, box=(0, 0, *box))
    return {**_told(image), "new": new, "box": box, "result": _packed(np.asarray(resized))}


def _resized_plane(size: tuple[int, int], new: tuple[int, int]) -> dict[str, Any]:
    plane, _ = _chroma(size, 40)
    resized = Image.fromarray(plane).resize(new, Image.Resampling.BILINEAR)
    return {
        "size": size,
        "plane": _listed(plane),
        "new": new,
        "result": _listed(np.asarray(resized)),
    }


def _view(image: Image.Image, size: tuple[int, int]) -> dict[str, Any]:
    return {**_told(image), "view": size, "result": _listed(read_view(image, SRGB, size))}


def _guide(size: tuple[int, int]) -> dict[str, Any]:
    ab, lightness = _chroma(size, 30), read_view(_photograph(size), SRGB, size)[0]
    slope, offset = fit_guide(ab, lightness)
    return {
        "size": size,
        "ab": _listed(ab),
        "lightness": _listed(lightness),
        "slope": _listed(slope),
        "offset": _listed(offset),
    }


def _painted(image: Image.Image, size: tuple[int, int], most: float) -> dict[str, Any]:
    own, given, strength = _chroma(size, most), _chroma(size, 5)[::-1], 1.25
    strips = colored_strips(image, SRGB, Chroma(own, given).at(strength), BYTE)
    return {
        **_told(image),
        "chroma": size,
        "own": _listed(own),
        "given": _listed(given),
        "strength": strength,
        "result": _packed(np.vstack(list(strips))),
    }


def _hex(ab: tuple[float, float], lightness: float) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb_of(ab, lightness))


def _difference(one: tuple[float, float], other: tuple[float, float]) -> float:
    return _listed(difference(_floats(one), _floats(other)))[0]


def _suggestions() -> dict[str, Any]:
    likely = _likely(3)
    colors, shares = suggest_colors(likely)
    return {**_classes(likely), "colors": _listed(colors), "result": _listed(shares)}


def _reach() -> dict[str, Any]:
    photograph = Blots((24, 12), _likely(1))
    hints = [Hint(0.2, 0.5, (50, 0), 0.4), Hint(0.7, 0.3, (0, 40), 1.0), Hint(0.9, 0.9, (9, 9))]
    chroma = decode_within_reach(photograph.decode, hints)
    return {
        "size": photograph.size,
        "own": _listed(photograph.own),
        "hints": [asdict(hint) for hint in hints],
        "result": {"own": _listed(chroma.own), "given": _listed(chroma.given)},
    }


def _variants(size: tuple[int, int]) -> dict[str, Any]:
    photograph = Blots(size, _likely(size[0] * size[1] // 64))
    known = [Hint(0.1, 0.2, (30, -5))]
    variants = propose_variants(photograph, 4, known)
    return {
        "size": size,
        "own": _listed(photograph.own),
        **_classes(photograph.likely),
        "known": [asdict(hint) for hint in known],
        "result": [[asdict(hint) for hint in hints] for hints in variants],
    }


@dataclass(frozen=True)
class Blots:
    """An encoded photograph in which a hint colours what is near it; the last one wins."""

    size: tuple[int, int]
    likely: LikelyColors

    @property
    def own(self) -> Floats:
        """What is predicted without hints, (2, H, W)."""
        return _chroma(self.size, 20)

    def decode(self, hints: Sequence[Hint]) -> Chroma[Floats]:
        """Predict with hints."""
        own, (width, height) = self.own, self.size
        given = np.zeros_like(own)
        down, across = np.mgrid[:height, :width]
        for hint in hints:
            x, y = hint.x * width, hint.y * height
            near = np.maximum(abs(across + 0.5 - x), abs(down + 0.5 - y)) < 6
            own[:, near], given[:, near] = 0, _floats(hint.ab)[:, None]
        return Chroma(own, given)

    def likely_colors(self, places: Floats) -> LikelyColors:
        """Say what is likely at as many places as there are."""
        assert len(places) == len(self.likely.shares)
        return self.likely


def _likely(places: int) -> LikelyColors:
    """Return likelihoods in which some colours stand out, others at other places."""
    heights = np.random.default_rng(places).gamma(0.3, size=(places, len(AB)))
    shares = (heights / heights.sum(axis=1, keepdims=True)).round(4)
    return LikelyColors(_floats(AB), shares.astype(np.float32))


def _classes(likely: LikelyColors) -> dict[str, Any]:
    return {"ab": _listed(likely.ab), "shares": _listed(likely.shares)}


def _plain(size: tuple[int, int], grey: int) -> Image.Image:
    return Image.new("RGBA", size, (grey, grey, grey, 255))


def _photograph(size: tuple[int, int], opaque: bool = True) -> Image.Image:
    """Return something with a slope, an edge and grain."""
    width, height = size
    random = np.random.default_rng(width * height)
    down, across = np.mgrid[:height, :width]
    grey = 30 + 150 * across / width + 60 * (down > height / 2)
    noise = random.integers(-25, 26, (height, width, 4))
    pixels = (grey[..., None] + noise).clip(0, 255).astype(np.uint8)
    pixels[..., 3] = 255 if opaque else random.integers(0, 256, (height, width))
    return Image.fromarray(pixels)


def _chroma(size: tuple[int, int], most: float) -> Floats:
    """Return (2, H, W) of waves as high as ``most``."""
    width, height = size
    down, across = np.mgrid[:height, :width] / (max(size) / 6)
    # With few digits, so that JSON holds these very numbers.
    return _floats([np.sin(across + down) * most, np.cos(across - 2 * down) * most]).round(2)


def _floats(values: npt.ArrayLike) -> Floats:
    return np.array(values, np.float32)


def _told(image: Image.Image) -> dict[str, Any]:
    return {"size": image.size, "pixels": _packed(np.asarray(image))}


def _packed(pixels: npt.NDArray[np.uint8]) -> str:
    return base64.b64encode(pixels.tobytes()).decode()


def _listed(values: npt.NDArray[Any]) -> list[float]:
    return [round(value, 4) for value in values.flatten().tolist()]


def main() -> None:
    """Write the file."""
    FILE.write_text(json.dumps(fixtures(), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()

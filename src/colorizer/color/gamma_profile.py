"""ICC profiles for pictures that name a gamma and primaries instead of a profile, as PNGs may."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Chromaticities = Sequence[float]  # x and y of white, red, green and blue: a PNG's cHRM
# Of ITU-R BT.709, which sRGB has: white D65, red, green, blue.
SRGB_CHROMATICITIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
D50 = (0.9642, 1.0, 0.8249)  # the white of ICC's profile connection space
# The cone response of Bradford's chromatic adaptation (ICC.1:2022, annex E).
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_VERSION, _HEADER_BYTES = 0x04300000, 128


def gamma_profile(
    exponent: float, chromaticities: Chromaticities = SRGB_CHROMATICITIES, *, is_grey: bool
) -> bytes:
    """Return an ICC profile (ICC.1:2022) for samples that are a power of the light.

    Parameters
    ----------
    exponent : float
        A sample in [0, 1] to this power is linear light; 1 over the value of a PNG's gAMA.
    chromaticities : sequence of float
        x and y of white, red, green and blue; greys have none.
    is_grey : bool
        Whether the profile is for greys rather than for RGB.

    Raises
    ------
    ValueError
        If the numbers describe no colours.
    """
    if not 0.1 <= exponent <= 10:
        raise ValueError(f"a gamma of 1/{exponent:g} is out of range")
    curve = _typed(b"para", struct.pack(">HH", 0, 0) + _fixed(exponent))
    tags = {
        b"desc": _text(f"Gamma {exponent:.3g}"),
        b"cprt": _text("No copyright"),
        b"wtpt": _xyz(D50),
    }
    if is_grey:
        return _profile(b"GRAY", {**tags, b"kTRC": curve})
    for color, column in zip("rgb", _primaries(chromaticities).T, strict=True):
        tags[f"{color}XYZ".encode()] = _xyz(column)
        tags[f"{color}TRC".encode()] = curve
    return _profile(b"RGB ", tags)


def _primaries(chromaticities: Chromaticities) -> npt.NDArray[np.float64]:
    """Return XYZ of red, green and blue as columns, adapted to D50."""
    pairs = np.asarray(chromaticities, dtype=np.float64).reshape(4, 2)
    if not ((pairs > 0).all() and (pairs < 1).all() and (pairs.sum(axis=1) <= 1).all()):
        raise ValueError("chromaticities must be in (0, 1)")
    white, *colors = (np.array([x, y, 1 - x - y]) / y for x, y in pairs)
    columns = np.stack(colors, axis=1)
    try:
        columns = columns * np.linalg.solve(columns, white)
    except np.linalg.LinAlgError as error:
        raise ValueError("the primaries lie on a line") from error
    gain = (_BRADFORD @ D50) / (_BRADFORD @ white)
    adapted: npt.NDArray[np.float64] = np.linalg.solve(
        _BRADFORD, gain[:, None] * (_BRADFORD @ columns)
    )
    return adapted


def _profile(space: bytes, tags: Mapping[bytes, bytes]) -> bytes:
    place = _HEADER_BYTES + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, place + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    header = struct.pack(
        ">I4xI4s4s4s12x4s28x12s",
        _HEADER_BYTES + len(table) + len(data),
        _VERSION,
        b"mntr",
        space,
        b"XYZ ",
        b"acsp",
        b"".join(map(_fixed, D50)),
    )
    return header.ljust(_HEADER_BYTES, b"\0") + table + data


def _typed(kind: bytes, content: bytes) -> bytes:
    return kind + bytes(4) + content


def _xyz(values: Sequence[float] | npt.NDArray[np.float64]) -> bytes:
    return _typed(b"XYZ ", b"".join(map(_fixed, values)))


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return _typed(b"mluc", struct.pack(">II4sII", 1, 12, b"enUS", len(encoded), 28) + encoded)


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))
